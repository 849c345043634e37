namespace Atoma.Ethereum.Chain;

/// <summary>No endpoint gave an answer that can be used, after bounded retries. Nothing is known of what became of the call.</summary>
public sealed class ChainUnavailableException : Exception
{
    public ChainUnavailableException()
    {
    }

    public ChainUnavailableException(string message)
        : base(message)
    {
    }

    public ChainUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The endpoint answered with an error that is not a revert.</summary>
public sealed class ChainRejectedException : Exception
{
    public ChainRejectedException()
    {
    }

    public ChainRejectedException(string message)
        : base(message)
    {
    }

    public ChainRejectedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>JSON-RPC error code.</summary>
    public int Code { get; init; }
}

/// <summary>A contract reverted.</summary>
public sealed class ChainRevertedException : Exception
{
    public ChainRevertedException()
    {
    }

    public ChainRevertedException(string message)
        : base(message)
    {
    }

    public ChainRevertedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Selector and arguments of the error; empty when the contract gave none.</summary>
    public byte[] RevertData { get; init; } = [];
}

/// <summary>
/// Endpoints contradict each other, and went on doing so. At least one of them lies or is broken: nothing may be settled on what
/// either says.
/// </summary>
public sealed class ChainDisagreementException : Exception
{
    public ChainDisagreementException()
    {
    }

    public ChainDisagreementException(string message)
        : base(message)
    {
    }

    public ChainDisagreementException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What each endpoint answered, by its name.</summary>
    public IReadOnlyDictionary<string, string> Answers { get; init; } = new Dictionary<string, string>();
}
