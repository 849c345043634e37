using System.Buffers.Binary;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Sampling;

/// <summary>What a node is drawn for. Stored in receipts: append only.</summary>
public enum DrawPurpose : byte
{
    Primary = 0,
    Replica = 1,
    Checker = 2,
    Resolver = 3,
}

/// <summary>One node that may be drawn (P3.1), with the terms it offers; a leaf of the eligible set's Merkle tree.</summary>
/// <param name="Node">Address.</param>
/// <param name="Echelon">Echelon id.</param>
/// <param name="InputPrice">Per 1,000 prompt tokens.</param>
/// <param name="OutputPrice">Per 1,000 output tokens.</param>
public sealed record EligibleNode(NodeId Node, Hash32 Echelon, Micros InputPrice, Micros OutputPrice)
{
    public Hash32 Leaf() => MerkleTree.Leaf(
        new CanonicalWriter().Node(Node).Hash(Echelon).Money(InputPrice).Money(OutputPrice).ToArray());
}

/// <summary>One candidate that a draw landed on: the last is chosen, those before took part already.</summary>
/// <param name="Index">Its place in the eligible set, which is ordered by address.</param>
/// <param name="Node">The node at that place.</param>
/// <param name="Proof">Merkle path to the eligible root.</param>
public sealed record DrawAttempt(int Index, EligibleNode Node, IReadOnlyList<Hash32> Proof)
{
    public bool Equals(DrawAttempt? other) =>
        other is not null && Index == other.Index && Node == other.Node && Proof.SequenceEqual(other.Proof);

    public override int GetHashCode() => HashCode.Combine(Index, Node);
}

/// <summary>A draw that anyone can recompute (P3.2): the seed, the eligible set by its root, and every candidate it landed on.</summary>
public sealed record DrawProof(
    DrawPurpose Purpose, int Ordinal, BeaconReveal Beacon, Hash32 EligibleRoot, int EligibleCount, IReadOnlyList<DrawAttempt> Attempts)
{
    public EligibleNode Chosen => Attempts[^1].Node;

    public bool Equals(DrawProof? other) =>
        other is not null && Purpose == other.Purpose && Ordinal == other.Ordinal && Beacon == other.Beacon
        && EligibleRoot == other.EligibleRoot && EligibleCount == other.EligibleCount && Attempts.SequenceEqual(other.Attempts);

    public override int GetHashCode() => HashCode.Combine(Purpose, Ordinal, Beacon);
}

/// <summary>Uniform draws without replacement (P3.3).</summary>
public static class Draw
{
    /// <summary>Candidates one draw may land on before it gives up: (1 − 1/5)^256 &lt; 1e-24 for the last of five nodes.</summary>
    public const int AttemptsMax = 256;

    /// <summary>Draws one node that is not in <paramref name="excluded"/>; null when there is none left.</summary>
    /// <param name="purpose">What for.</param>
    /// <param name="ordinal">Number of the draw within the request, from 0; never used twice.</param>
    /// <param name="beacon">A step of its own, revealed only now.</param>
    /// <param name="request">Request id.</param>
    /// <param name="requesterNonce">Chosen by the requester before the beacon step was known.</param>
    /// <param name="eligible">Any order.</param>
    /// <param name="excluded">Nodes that take part already (the asserter is never its own auditor) or lost the right to.</param>
    public static DrawProof? One(
        DrawPurpose purpose, int ordinal, BeaconReveal beacon, Hash32 request, Hash32 requesterNonce,
        IReadOnlyList<EligibleNode> eligible, IReadOnlySet<NodeId> excluded)
    {
        var ordered = eligible.OrderBy(e => e.Node).ToArray();
        if (ordered.All(e => excluded.Contains(e.Node)))
            return null;
        var leaves = ordered.Select(e => e.Leaf()).ToArray();
        var attempts = new List<DrawAttempt>();
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var index = Index(beacon.Value, request, requesterNonce, ordinal, attempt, ordered.Length);
            attempts.Add(new DrawAttempt(index, ordered[index], MerkleTree.Proof(leaves, index)));
            if (!excluded.Contains(ordered[index].Node))
                return new DrawProof(purpose, ordinal, beacon, MerkleTree.Root(leaves), ordered.Length, attempts);
        }

        return null;
    }

    /// <summary>Null when the draw is right, else which part is not.</summary>
    /// <param name="proof">The claimed draw.</param>
    /// <param name="request">Request id.</param>
    /// <param name="requesterNonce">The requester's nonce.</param>
    /// <param name="excluded">Nodes drawn before in this request.</param>
    public static string? Problem(DrawProof proof, Hash32 request, Hash32 requesterNonce, IReadOnlySet<NodeId> excluded)
    {
        if (!proof.Beacon.IsValid)
            return "beacon";
        if (proof.Attempts.Count is 0 or > AttemptsMax)
            return "attempts";
        for (var i = 0; i < proof.Attempts.Count; i++)
        {
            var attempt = proof.Attempts[i];
            if (attempt.Index != Index(proof.Beacon.Value, request, requesterNonce, proof.Ordinal, i, proof.EligibleCount))
                return $"attempts[{i}].index";
            if (!MerkleTree.Verify(proof.EligibleRoot, attempt.Node.Leaf(), attempt.Index, proof.EligibleCount, attempt.Proof))
                return $"attempts[{i}].proof";
            if (excluded.Contains(attempt.Node.Node) != (i < proof.Attempts.Count - 1))
                return $"attempts[{i}].node";
        }

        return null;
    }

    /// <summary>floor(u·count) for u = 64 bits of H(domain ‖ beacon ‖ request ‖ nonce ‖ ordinal ‖ attempt) / 2^64.</summary>
    private static int Index(Hash32 beacon, Hash32 request, Hash32 nonce, int ordinal, int attempt, int count)
    {
        if (count <= 0)
            return -1;
        var numbers = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(numbers, ordinal);
        BinaryPrimitives.WriteInt32LittleEndian(numbers.AsSpan(4), attempt);
        var uniform = Prf.Derive("atoma/draw/1", beacon.ToArray(), request.ToArray(), nonce.ToArray(), numbers).High64;
        return (int)(((UInt128)uniform * (ulong)count) >> 64);
    }
}
