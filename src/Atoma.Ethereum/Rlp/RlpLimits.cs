namespace Atoma.Ethereum.Rlp;

/// <summary>Bounds of what is decoded; what we encode ourselves is always inside them.</summary>
public static class RlpLimits
{
    /// <summary>Twice the largest transaction that public nodes take (128 KiB).</summary>
    public const int LengthMaxBytes = 256 * 1024;

    /// <summary>Lists inside lists. A transaction with an access list has 4.</summary>
    public const int DepthMax = 16;

    /// <summary>Strings and lists in all: each costs some 60 bytes of memory, however short its encoding.</summary>
    public const int ItemsMax = 16_384;
}
