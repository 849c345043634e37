namespace Atoma.Ethereum.Watching;

/// <summary>
/// A block that counted as final, and was worked off, is not on the chain any more. What was booked from it may be wrong: nothing
/// more is read until a person has looked. The message names the block.
/// </summary>
public sealed class FinalBlockGoneException : Exception
{
    public FinalBlockGoneException()
    {
    }

    public FinalBlockGoneException(string message)
        : base(message)
    {
    }

    public FinalBlockGoneException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The endpoint is of another chain than the books, or the contracts are not those that the books know. The message says which.</summary>
public sealed class WrongChainException : Exception
{
    public WrongChainException()
    {
    }

    public WrongChainException(string message)
        : base(message)
    {
    }

    public WrongChainException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
