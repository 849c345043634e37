namespace Atoma.Protocol.Settlement;

/// <summary>Bounds of what the outbox stores.</summary>
public static class OutboxLimits
{
    /// <summary>A word for the kind, an address or a hash, and a number.</summary>
    public const int KeyLengthMax = 128;

    /// <summary>Nodes take no transaction above 128 KiB; the rest is for its other fields. Enough for 1,000 vouchers of 116 bytes.</summary>
    public const int DataLengthMax = 124 * 1024;

    /// <summary>A signed transaction: what nodes take.</summary>
    public const int RawLengthMax = 128 * 1024;

    /// <summary>Signed forms of one row: fees that grow by an eighth each time are 1,600 times the first after that many.</summary>
    public const int AttemptsMax = 64;

    /// <summary>A decoded error with its arguments.</summary>
    public const int ReasonLengthMax = 512;

    /// <summary>Most gas of one transaction: EIP-7825's cap.</summary>
    public const long GasLimitMax = 1L << 24;
}
