namespace Atoma.Ethereum.Keys;

/// <summary>
/// Bounds of a keystore file. Its author chooses how much memory and time it takes to open, so a file from elsewhere must not be
/// able to ask for all there is.
/// </summary>
public static class KeystoreLimits
{
    /// <summary>The whole file; real ones have 500 bytes, or 1,500 with what wallets add.</summary>
    public const int LengthMaxBytes = 8 * 1024;

    /// <summary>JSON objects inside each other; the format has 3.</summary>
    public const int DepthMax = 8;

    /// <summary>128 · n · r: what geth's standard files take, the most in use.</summary>
    public const int ScryptMemoryMaxBytes = 256 * 1024 * 1024;

    /// <summary>n · r · p: twice geth's standard files, some seconds.</summary>
    public const long ScryptWorkMax = 1L << 22;

    /// <summary>Iterations of PBKDF2: 16 times the format's own example, some seconds.</summary>
    public const int Pbkdf2IterationsMax = 1 << 22;

    /// <summary>Bytes of salt; 32 are used.</summary>
    public const int SaltMaxBytes = 256;
}
