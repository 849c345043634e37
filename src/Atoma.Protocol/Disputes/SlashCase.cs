using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Disputes;

/// <summary>Where a slash stands. Stored: append only.</summary>
public enum SlashStatus : byte
{
    /// <summary>Collateral frozen; the operator may appeal until the window ends.</summary>
    Frozen = 0,

    /// <summary>The money has moved.</summary>
    Executed = 1,

    /// <summary>An appeal was upheld; the money went back.</summary>
    Returned = 2,
}

/// <summary>A slash for malice (P8.4–8.5). Its evidence bundle is the receipt of the request, which verifies on its own.</summary>
/// <param name="Id">See <see cref="IdOf"/>.</param>
/// <param name="Request">The request it arose from.</param>
/// <param name="Node">Who cheated.</param>
/// <param name="Evidence">What proves it.</param>
/// <param name="Position">Output position at fault, −1 when none.</param>
/// <param name="Reason">For people.</param>
/// <param name="Amount">Frozen collateral.</param>
/// <param name="RequesterAccount">Whose request it was.</param>
/// <param name="Honest">Nodes that did that request's work honestly.</param>
/// <param name="Resolvers">Nodes that judged it.</param>
/// <param name="OpenedAt">When the collateral was frozen.</param>
/// <param name="DueAt">End of the appeal window.</param>
/// <param name="Status">Frozen, executed or returned.</param>
public sealed record SlashCase(
    Hash32 Id, Hash32 Request, NodeId Node, EvidenceKind Evidence, int Position, string Reason, Micros Amount, string RequesterAccount,
    IReadOnlyList<NodeId> Honest, IReadOnlyList<NodeId> Resolvers, DateTimeOffset OpenedAt, DateTimeOffset DueAt, SlashStatus Status)
{
    private const int PartiesMax = 64;

    public static Hash32 IdOf(Hash32 request, NodeId node) =>
        new CanonicalWriter().Text("atoma/slash/1").Hash(request).Node(node).Sha256();

    /// <summary>The case that a conviction opens.</summary>
    public static SlashCase Open(RequestState state, Conviction conviction, Micros amount, DateTimeOffset now, TimeSpan appealWindow)
    {
        // Who vouched for the cheat's answer earns nothing from its fall.
        var cheat = state.Participants.Find(p => p.Node == conviction.Node);
        Invariant.Assert(cheat is not null);
        var others = state.Participants.Where(p => p.Node != conviction.Node && !p.Ballots.Exists(b => b.Subject == cheat.Digest && b.Vote?.Verdict == Verdict.Match)).ToArray();
        NodeId[] honest = [.. others
            .Where(p => p.Purpose != DrawPurpose.Resolver && p.Status is (ParticipantStatus.Revealed or ParticipantStatus.Voted)).Select(p => p.Node)];
        NodeId[] resolvers = [.. others.Where(p => p.Purpose == DrawPurpose.Resolver && p.Status == ParticipantStatus.Voted).Select(p => p.Node)];
        return new SlashCase(
            IdOf(state.Spec.Id, conviction.Node), state.Spec.Id, conviction.Node, conviction.Kind, conviction.Position, conviction.Reason, amount,
            state.Spec.Account, honest, resolvers, now, now + appealWindow, SlashStatus.Frozen);
    }

    /// <param name="version">1 for a new case, then one more at each write.</param>
    public SlashRow Row(long version) => new(Id, Node.ToString(), Request, Open: Status == SlashStatus.Frozen, DueAt, ToBytes(), version);

    /// <summary>The appeal window is over: divides the frozen money (P8.4).</summary>
    /// <param name="row">The stored case, open.</param>
    /// <param name="shares">Valid shares.</param>
    public static LedgerCommand Execute(SlashRow row, SlashShares shares)
    {
        var slash = FromBytes(row.State);
        Invariant.Assert(slash.Status == SlashStatus.Frozen);
        LedgerOperation[] parts = [.. SlashSplit.Divide(slash.Amount, shares, slash.RequesterAccount, slash.Honest, slash.Resolvers)
            .Select(p => new LedgerOperation.Transfer(PartId(slash.Id, p), LedgerAccount.Frozen(slash.Node), p.To, p.Amount, p.Code))];
        return new LedgerCommand(parts, Slashes: [(slash with { Status = SlashStatus.Executed }).Row(row.Version + 1)]);
    }

    private static Hash32 PartId(Hash32 slash, SlashPart part) =>
        new CanonicalWriter().Text("atoma/slash-part/1").Hash(slash).Byte((byte)part.Code).Text(part.To.ToString()).Sha256();

    public byte[] ToBytes()
    {
        var w = new CanonicalWriter().Byte(1).Hash(Id).Hash(Request).Node(Node).Byte((byte)Evidence).Int32(Position).Text(Reason).Money(Amount)
            .Text(RequesterAccount).Count(Honest.Count);
        foreach (var node in Honest)
            w.Node(node);
        w.Count(Resolvers.Count);
        foreach (var node in Resolvers)
            w.Node(node);
        return w.Int64(OpenedAt.ToUnixTimeMilliseconds()).Int64(DueAt.ToUnixTimeMilliseconds()).Byte((byte)Status).ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static SlashCase FromBytes(ReadOnlySpan<byte> bytes)
    {
        var r = new CanonicalReader(bytes);
        if (r.Byte() != 1)
            throw new CanonicalFormatException("Unknown slash format.");
        var id = r.Hash();
        var request = r.Hash();
        var node = r.Node();
        var kind = (EvidenceKind)r.Byte();
        var position = r.Int32();
        var reason = r.Text(1024);
        var amount = r.Money();
        var account = r.Text(RequestSpec.AccountLength * 4);
        var honest = Nodes(ref r);
        var resolvers = Nodes(ref r);
        var slash = new SlashCase(
            id, request, node, kind, position, reason, amount, account, honest, resolvers,
            DateTimeOffset.FromUnixTimeMilliseconds(r.Int64()), DateTimeOffset.FromUnixTimeMilliseconds(r.Int64()), (SlashStatus)r.Byte());
        r.End();
        return slash;
    }

    private static NodeId[] Nodes(ref CanonicalReader r)
    {
        var nodes = new NodeId[r.Count(PartiesMax)];
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = r.Node();
        return nodes;
    }
}
