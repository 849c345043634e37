namespace Atoma.Ethereum.Secp256k1;

/// <summary>Picks the implementation, once per process: libsecp256k1 where it is installed, else, and in a browser, BouncyCastle.</summary>
internal static class Curves
{
    private static readonly Lazy<LibSecp256k1?> LazyNative = new(static () => OperatingSystem.IsBrowser() ? null : LibSecp256k1.TryLoad());

    public static ISecp256k1 Managed { get; } = new BouncyCastleSecp256k1();

    /// <summary>Null when the library cannot be used here.</summary>
    public static ISecp256k1? Native => LazyNative.Value;

    public static ISecp256k1 Best => Native ?? Managed;
}
