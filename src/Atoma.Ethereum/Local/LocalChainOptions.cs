namespace Atoma.Ethereum.Local;

/// <summary>How a chain of one's own is started.</summary>
public sealed class LocalChainOptions
{
    /// <summary>anvil's platform binary itself, not a wrapper: what is started must be what is ended.</summary>
    public required string BinaryPath { get; init; }

    /// <summary>Default 31337, the number that development tools agree on.</summary>
    public ulong ChainId { get; init; } = 31_337;

    /// <summary>Seconds between blocks; null mines a block for each transaction at once.</summary>
    public int? BlockTimeSeconds { get; init; }

    /// <summary>Where the chain is kept from one run to the next; null forgets it.</summary>
    public string? StatePath { get; init; }

    /// <summary>For its first answer. Default 15 s: it takes 0.2 s, and machines are slow when much is started at once.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
