namespace Atoma.Ethereum.JsonRpc;

/// <summary>Bounds of the exchange with one endpoint.</summary>
public static class JsonRpcLimits
{
    /// <summary>Logs of <see cref="Chain.ChainLimits.LogBlocksMax"/> full blocks fit; a hostile endpoint cannot fill the memory.</summary>
    public const int ResponseMaxBytes = 32 * 1024 * 1024;

    /// <summary>Calls in one HTTP request; public endpoints take 100 or more.</summary>
    public const int BatchMax = 64;

    /// <summary>Nesting of an answer; receipts need 4.</summary>
    public const int DepthMax = 16;

    /// <summary>Connections at a time, so that a burst of ours is no attack.</summary>
    public const int ConnectionsMax = 16;

    /// <summary>An endpoint's error message is cut here.</summary>
    public const int MessageMaxChars = 512;

    /// <summary>First pause before a repeated attempt; it doubles up to <see cref="BackoffMax"/>.</summary>
    public static readonly TimeSpan BackoffMin = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause: rate limits are counted by the second.</summary>
    public static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(2);
}
