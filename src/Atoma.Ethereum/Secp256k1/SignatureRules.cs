using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Secp256k1;

/// <summary>Which keys and signatures count, before any curve arithmetic. Source: SEC 2 (curve order n), EIP-2 (low s).</summary>
internal static class SignatureRules
{
    public const int KeySize = 32;
    public const int PublicKeySize = 65;

    private static readonly Hash32 Order = Hash32.Parse("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    private static readonly Hash32 HalfOrder = Hash32.Parse("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

    public static bool IsValidKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
            return false;
        var scalar = new Hash32(key);
        return !scalar.IsZero && scalar < Order;
    }

    public static bool IsWellFormed(ReadOnlySpan<byte> signature)
    {
        if (signature.Length != ISignatureScheme.SignatureSize)
            return false;
        if (signature[64] is not (27 or 28))
            return false;
        var r = new Hash32(signature[..32]);
        if (r.IsZero || r >= Order)
            return false;
        var s = new Hash32(signature[32..64]);
        return !s.IsZero && s <= HalfOrder;
    }
}
