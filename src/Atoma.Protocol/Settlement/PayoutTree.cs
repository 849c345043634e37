using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>What one payee may have claimed in all.</summary>
/// <param name="Payee">A node, or an address of the network's own.</param>
/// <param name="Cumulative">Above zero; never falls from one root to the next.</param>
public readonly record struct PayoutLeaf(NodeId Payee, Micros Cumulative);

/// <summary>
/// Merkle tree over an epoch's payouts, as the contract checks it: Keccak-256, leaves hashed twice, siblings sorted, an odd node
/// moves up as it is (OpenZeppelin's MerkleProof). Immutable.
/// </summary>
public sealed class PayoutTree
{
    /// <summary>Payees of one root: a proof of 20 hashes.</summary>
    public const int LeavesMax = 1 << 20;

    private const int WordSize = 32;

    private readonly List<Hash32[]> _layers = [];

    /// <param name="leaves">1 to <see cref="LeavesMax"/>, each payee once.</param>
    public PayoutTree(IReadOnlyList<PayoutLeaf> leaves)
    {
        if (leaves.Count is 0 or > LeavesMax)
            throw new ArgumentOutOfRangeException(nameof(leaves), leaves.Count, $"1 to {LeavesMax} leaves.");
        if (leaves.DistinctBy(l => l.Payee).Count() < leaves.Count)
            throw new ArgumentException("A payee has one leaf.", nameof(leaves));
        _layers.Add([.. leaves.Select(HashOf)]);
        while (_layers[^1] is { Length: > 1 } below)
        {
            var layer = new Hash32[(below.Length + 1) / 2];
            for (var i = 0; i < layer.Length; i++)
                layer[i] = 2 * i + 1 < below.Length ? Pair(below[2 * i], below[2 * i + 1]) : below[2 * i];
            _layers.Add(layer);
        }
    }

    public Hash32 Root => _layers[^1][0];

    /// <summary>Siblings from the leaf up.</summary>
    /// <param name="index">Of the leaf, as given.</param>
    public IReadOnlyList<Hash32> Proof(int index)
    {
        List<Hash32> proof = [];
        foreach (var layer in _layers.SkipLast(1))
        {
            if ((index ^ 1) < layer.Length)
                proof.Add(layer[index ^ 1]);
            index /= 2;
        }

        return proof;
    }

    /// <summary>Whether the leaf is under the root.</summary>
    public static bool Verify(Hash32 root, PayoutLeaf leaf, IReadOnlyList<Hash32> proof) => proof.Aggregate(HashOf(leaf), Pair) == root;

    /// <summary>keccak256(keccak256(abi.encode(address, uint128))).</summary>
    public static Hash32 HashOf(PayoutLeaf leaf)
    {
        Span<byte> words = stackalloc byte[2 * WordSize];
        words.Clear();
        leaf.Payee.CopyTo(words[(WordSize - NodeId.Size)..]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(words[(2 * WordSize - sizeof(long))..], leaf.Cumulative.Value);
        return Keccak.Hash(Keccak.Hash(words).ToArray());
    }

    private static Hash32 Pair(Hash32 one, Hash32 other)
    {
        Span<byte> both = stackalloc byte[2 * Hash32.Size];
        (one.CompareTo(other) <= 0 ? one : other).CopyTo(both);
        (one.CompareTo(other) <= 0 ? other : one).CopyTo(both[Hash32.Size..]);
        return Keccak.Hash(both);
    }
}
