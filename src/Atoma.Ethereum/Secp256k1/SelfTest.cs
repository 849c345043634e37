using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Secp256k1;

/// <summary>
/// Known answer that a native library must give before it is trusted with keys: key 1, SHA-256("Satoshi Nakamoto"), a widely
/// published RFC 6979 vector of secp256k1.
/// </summary>
internal static class SelfTest
{
    private const string Expected =
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8" +
        "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5";

    public static bool Passes(ISecp256k1 curve)
    {
        Span<byte> key = stackalloc byte[SignatureRules.KeySize];
        key.Clear();
        key[^1] = 1;
        var digest = Hash32.Sha256("Satoshi Nakamoto"u8);
        Span<byte> signature = stackalloc byte[ISignatureScheme.SignatureSize];
        Span<byte> publicKey = stackalloc byte[SignatureRules.PublicKeySize];
        Span<byte> recovered = stackalloc byte[SignatureRules.PublicKeySize];

        curve.Sign(key, digest, signature);
        curve.PublicKey(key, publicKey);
        return Convert.ToHexStringLower(signature[..64]) == Expected
            && curve.TryRecover(digest, signature, recovered)
            && recovered.SequenceEqual(publicKey);
    }
}
