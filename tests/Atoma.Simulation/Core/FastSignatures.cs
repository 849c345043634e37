using Atoma.Protocol.Common;

namespace Atoma.Simulation.Core;

/// <summary>
/// Signatures for speed: H(secret of the address ‖ digest) with the address beside it. The protocol asks a scheme only two things:
/// who signed this digest, and that nobody without the key can make it say so. Both hold here: the secret is a keyed hash that
/// strategies are never given. What differs, the mathematics of secp256k1, has its own tests; --real-signatures runs with it.
/// </summary>
internal sealed class FastSignatures : ISignatureScheme
{
    public NodeId? Recover(Hash32 digest, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != ISignatureScheme.SignatureSize)
            return null;
        var node = new NodeId(signature.Slice(Hash32.Size, NodeId.Size));
        return new Hash32(signature[..Hash32.Size]) == Seal(node, digest) ? node : null;
    }

    public static ISigner Signer(Hash32 seed) => new FastSigner(new NodeId(seed.ToArray().AsSpan(0, NodeId.Size)));

    private static Hash32 Seal(NodeId node, Hash32 digest)
    {
        Span<byte> data = stackalloc byte[NodeId.Size + Hash32.Size + 8];
        data.Fill(0x5E);
        node.CopyTo(data);
        digest.CopyTo(data[NodeId.Size..]);
        return Hash32.Sha256(data);
    }

    private sealed class FastSigner(NodeId id) : ISigner
    {
        public NodeId Id => id;

        public byte[] Sign(Hash32 digest)
        {
            var signature = new byte[ISignatureScheme.SignatureSize];
            Seal(id, digest).CopyTo(signature);
            id.CopyTo(signature.AsSpan(Hash32.Size));
            return signature;
        }
    }
}
