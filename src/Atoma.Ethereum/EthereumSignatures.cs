using Atoma.Ethereum.Secp256k1;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum;

/// <summary>Recovers signers of digests. Stateless.</summary>
public sealed class EthereumSignatures : ISignatureScheme
{
    private readonly ISecp256k1 _curve;

    public EthereumSignatures()
        : this(Curves.Best)
    {
    }

    internal EthereumSignatures(ISecp256k1 curve) => _curve = curve;

    /// <summary>Whether libsecp256k1 does the arithmetic in this process (else BouncyCastle). For start-up logs.</summary>
    public static bool IsNative => Curves.Native is not null;

    public NodeId? Recover(Hash32 digest, ReadOnlySpan<byte> signature)
    {
        if (!SignatureRules.IsWellFormed(signature))
            return null;
        Span<byte> publicKey = stackalloc byte[SignatureRules.PublicKeySize];
        return _curve.TryRecover(digest, signature, publicKey) ? NodeId.FromPublicKey(publicKey) : null;
    }
}
