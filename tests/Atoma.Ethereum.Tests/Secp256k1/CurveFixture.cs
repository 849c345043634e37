using Atoma.Ethereum.Secp256k1;

namespace Atoma.Ethereum.Tests.Secp256k1;

/// <summary>Every curve implementation that can be used on this machine, by name, for theories.</summary>
internal static class CurveFixture
{
    public static TheoryData<string> Names { get; } = Curves.Native is null ? ["managed"] : ["managed", "native"];

    public static ISecp256k1 Get(string name) => name == "native" ? Curves.Native! : Curves.Managed;
}

/// <summary>Runs where libsecp256k1 is installed.</summary>
public sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute()
    {
        if (Curves.Native is null)
            Skip = "libsecp256k1 is not installed here (Debian: libsecp256k1-1).";
    }
}
