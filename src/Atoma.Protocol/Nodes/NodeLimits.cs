namespace Atoma.Protocol.Nodes;

/// <summary>Bounds of what a node may send.</summary>
public static class NodeLimits
{
    /// <summary>Version of the messages below. A node with another one is refused with both numbers.</summary>
    public const int ProtocolVersion = 6;

    /// <summary>Tokens in one progress message: enough for 50 ms of the fastest small model.</summary>
    public const int ProgressTokens = 512;

    /// <summary>Bytes of one message: a full transcript of the longest prompt and output, with room.</summary>
    public const int MessageBytes = 4 * 1024 * 1024;

    /// <summary>Characters of a traceparent: 55.</summary>
    public const int TraceLength = 64;

    /// <summary>Characters of a reason or a country.</summary>
    public const int TextLength = 256;

    /// <summary>Characters of an offered price times 1,000 tokens: one million units.</summary>
    public const long PriceMax = 1_000_000_000_000;

    /// <summary>Concurrent sequences a node may offer.</summary>
    public const int SlotsMax = 1024;

    /// <summary>Models that one node may offer: each is loaded and proven before it joins.</summary>
    public const int SubscriptionsMax = 32;

    /// <summary>Seconds that a registration's timestamp may differ from our clock.</summary>
    public const int RegistrationSkewSeconds = 300;
}
