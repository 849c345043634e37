namespace Atoma.Ethereum.JsonRpc;

/// <summary>Where an endpoint is, and how patient we are with it.</summary>
public sealed class JsonRpcOptions
{
    /// <summary>http or https. Often holds a secret in its path, so it is never shown; its host is.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>For one attempt, answer included. Default 10 s; 100 ms to 2 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Attempts in all, before the endpoint counts as unavailable. Default 4; 1 to 10.</summary>
    public int AttemptsMax { get; init; } = 4;

    /// <exception cref="ArgumentException">Names everything that is wrong.</exception>
    internal void Validate()
    {
        var errors = new List<string>();
        if (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https"))
            errors.Add("Endpoint must be an http or https address");
        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(2))
            errors.Add($"Timeout must be 100 ms to 2 minutes, not {Timeout}");
        if (AttemptsMax is < 1 or > 10)
            errors.Add($"AttemptsMax must be 1 to 10, not {AttemptsMax}");
        if (errors.Count > 0)
            throw new ArgumentException($"JSON-RPC options: {string.Join("; ", errors)}.");
    }
}
