using System.Security.Cryptography;

namespace Atoma.Protocol.Common;

/// <summary>
/// SHA-256 Merkle tree over ordered leaves, with different prefixes for leaves (0x00) and nodes (0x01) so that one can never
/// pass for the other (RFC 6962 section 2.1). A node without a sibling moves up unchanged.
/// </summary>
public static class MerkleTree
{
    public static Hash32 Leaf(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0x00]);
        hash.AppendData(data);
        return Finish(hash);
    }

    /// <summary>Root of one or more leaf hashes; the zero hash for none.</summary>
    public static Hash32 Root(IReadOnlyList<Hash32> leaves)
    {
        if (leaves.Count == 0)
            return Hash32.Zero;
        var level = leaves.ToArray();
        while (level.Length > 1)
            level = Up(level);
        return level[0];
    }

    /// <summary>Siblings from the leaf to the root; levels where it has none are left out.</summary>
    public static Hash32[] Proof(IReadOnlyList<Hash32> leaves, int index)
    {
        Invariant.Assert(index >= 0);
        Invariant.Assert(index < leaves.Count);
        var proof = new List<Hash32>();
        var level = leaves.ToArray();
        for (; level.Length > 1; level = Up(level), index /= 2)
        {
            if ((index ^ 1) < level.Length)
                proof.Add(level[index ^ 1]);
        }

        return [.. proof];
    }

    /// <summary>Whether <paramref name="leaf"/> stands at <paramref name="index"/> of a tree of <paramref name="count"/> leaves.</summary>
    public static bool Verify(Hash32 root, Hash32 leaf, int index, int count, IReadOnlyList<Hash32> proof)
    {
        if (index < 0 || index >= count)
            return false;
        var used = 0;
        for (; count > 1; index /= 2, count -= count / 2)
        {
            if ((index ^ 1) >= count)
                continue;
            if (used == proof.Count)
                return false;
            var sibling = proof[used++];
            leaf = (index & 1) == 0 ? Pair(leaf, sibling) : Pair(sibling, leaf);
        }

        return used == proof.Count && leaf == root;
    }

    private static Hash32[] Up(Hash32[] level)
    {
        var next = new Hash32[(level.Length + 1) / 2];
        for (var i = 0; i < next.Length; i++)
            next[i] = 2 * i + 1 < level.Length ? Pair(level[2 * i], level[2 * i + 1]) : level[2 * i];
        return next;
    }

    private static Hash32 Pair(Hash32 left, Hash32 right)
    {
        Span<byte> data = stackalloc byte[1 + 2 * Hash32.Size];
        data[0] = 0x01;
        left.CopyTo(data[1..]);
        right.CopyTo(data[(1 + Hash32.Size)..]);
        return Hash32.Sha256(data);
    }

    private static Hash32 Finish(IncrementalHash hash)
    {
        Span<byte> digest = stackalloc byte[Hash32.Size];
        hash.GetHashAndReset(digest);
        return new Hash32(digest);
    }
}
