using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Atoma.Protocol.Common;

namespace Atoma.Simulation.Core;

/// <summary>
/// Signatures for speed: H(secret of the address ‖ digest) with the address beside it. The protocol asks a scheme only two things:
/// who signed this digest, and that nobody without the key can make it say so. Both hold here: the secret is a keyed hash that
/// strategies are never given. What differs, the mathematics of secp256k1, has its own tests; --real-signatures runs with it.
/// </summary>
internal sealed class FastSignatures : ISignatureScheme
{
    private static readonly ulong[] Secrets = [0x5EA1_0000_0000_0001, 0x5EA1_0000_0000_0002, 0x5EA1_0000_0000_0003, 0x5EA1_0000_0000_0004];

    public NodeId? Recover(Hash32 digest, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != ISignatureScheme.SignatureSize)
            return null;
        var node = new NodeId(signature.Slice(Hash32.Size, NodeId.Size));
        Span<byte> seal = stackalloc byte[Hash32.Size];
        Seal(node, digest, seal);
        return signature[..Hash32.Size].SequenceEqual(seal) ? node : null;
    }

    public static ISigner Signer(Hash32 seed) => new FastSigner(new NodeId(seed.ToArray().AsSpan(0, NodeId.Size)));

    /// <summary>Four lanes over address and digest, each started from a secret of its own.</summary>
    private static void Seal(NodeId node, Hash32 digest, Span<byte> seal)
    {
        Span<byte> data = stackalloc byte[NodeId.Size + 4 + Hash32.Size];
        data.Clear();
        node.CopyTo(data);
        digest.CopyTo(data[(NodeId.Size + 4)..]);
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        for (var lane = 0; lane < Secrets.Length; lane++)
        {
            var hash = Secrets[lane];
            foreach (var word in words)
                hash = Prng.Mix(hash ^ word);
            BinaryPrimitives.WriteUInt64LittleEndian(seal[(lane * sizeof(ulong))..], hash);
        }
    }

    private sealed class FastSigner(NodeId id) : ISigner
    {
        public NodeId Id => id;

        public byte[] Sign(Hash32 digest)
        {
            var signature = new byte[ISignatureScheme.SignatureSize];
            Seal(id, digest, signature);
            id.CopyTo(signature.AsSpan(Hash32.Size));
            return signature;
        }
    }
}
