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

    /// <summary>It was not confirmed, or an appeal was upheld; the money went back.</summary>
    Returned = 2,

    /// <summary>Collateral frozen; an assembly has to confirm it before anything else happens.</summary>
    Unconfirmed = 3,

    /// <summary>Nothing frozen: voters contradicted each other, and an assembly has to find who was wrong.</summary>
    Inquiry = 4,

    /// <summary>An inquiry that ended; whoever it convicted has a case of its own.</summary>
    Closed = 5,
}

/// <summary>
/// A slash for malice (P8.4–8.5), or an inquiry that may lead to some. Its evidence bundle is the receipt of the request, which
/// verifies on its own.
/// </summary>
/// <param name="Id">See <see cref="IdOf"/>.</param>
/// <param name="Request">The request it arose from.</param>
/// <param name="Node">Who cheated; zero for an inquiry.</param>
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
    internal const int PartiesMax = 64;

    /// <summary>Times that an assembly is called: the first, and again where it was interrupted or not enough nodes were there.</summary>
    public const int RoundsMax = 3;

    /// <summary>Requests that a sequential test's evidence names.</summary>
    public const int HistoryMax = 256;

    private const int ProofMax = 1024;

    /// <summary>Digest of the answer in question; zero where no node has to look at it.</summary>
    public Hash32 Subject { get; init; }

    /// <summary>Assemblies called so far.</summary>
    public int Rounds { get; init; }

    /// <summary>The operator has appealed (P8.5: once).</summary>
    public bool Appealed { get; init; }

    /// <summary>Of a sequential test: the checked requests that it counted, each failed or passed, in order.</summary>
    public IReadOnlyList<CheckedRequest> History { get; init; } = [];

    /// <summary>What proves it, where no receipt does: a wrong <see cref="WeightAnswer"/>. Else empty.</summary>
    public byte[] Proof { get; init; } = [];

    /// <summary>Whether an assembly has to look at it next.</summary>
    public bool NeedsAssembly => Status is SlashStatus.Unconfirmed or SlashStatus.Inquiry;

    public static Hash32 InquiryIdOf(Hash32 request, Hash32 subject) =>
        new CanonicalWriter().Text("atoma/inquiry/1").Hash(request).Hash(subject).Sha256();

    public static Hash32 IdOf(Hash32 request, NodeId node) =>
        new CanonicalWriter().Text("atoma/slash/1").Hash(request).Node(node).Sha256();

    /// <summary>The case that a conviction opens.</summary>
    public static SlashCase Open(RequestState state, Conviction conviction, Micros amount, DateTimeOffset now, TimeSpan appealWindow)
    {
        // Who vouched for the cheat's answer earns nothing from its fall.
        var convicted = state.Convictions.Select(c => c.Node).ToHashSet();
        var subject = state.Spec.Review?.Digest ?? state.Participants.Find(p => p.Node == conviction.Node)!.Digest;
        var others = state.Participants.Where(p => !convicted.Contains(p.Node)
            && (state.Spec.Review is not null || !p.Ballots.Exists(b => b.Subject == subject && b.Vote?.Verdict == Verdict.Match))).ToArray();
        NodeId[] honest = [.. others
            .Where(p => p.Purpose != DrawPurpose.Resolver && p.Status is (ParticipantStatus.Revealed or ParticipantStatus.Voted)).Select(p => p.Node)];
        // An assembly that found the answer right says that its authors were honest.
        if (state is { Finding: Verdict.Match, Spec.Review: { } review })
            honest = [.. honest, .. review.Authors.Select(a => a.Node)];
        NodeId[] resolvers = [.. others.Where(p => p.Purpose == DrawPurpose.Resolver && p.Status == ParticipantStatus.Voted).Select(p => p.Node)];
        // Resolvers alone could be the adversary's: all have to confirm a conviction by votes before money moves.
        var isUnconfirmed = conviction.Kind == EvidenceKind.Stage2Mismatch && state.Spec.Review is null or { Kind: not ReviewKind.Assembly };
        return new SlashCase(
            IdOf(state.Spec.Id, conviction.Node), state.Spec.Id, conviction.Node, conviction.Kind, conviction.Position, conviction.Reason, amount,
            state.Spec.Account, honest, resolvers, now, isUnconfirmed ? now : now + appealWindow, isUnconfirmed ? SlashStatus.Unconfirmed : SlashStatus.Frozen)
        {
            Subject = conviction.Kind == EvidenceKind.Stage2Mismatch ? SubjectOf(state, conviction.Node) : Hash32.Zero,
        };
    }

    /// <summary>An inquiry into an answer on which signed votes contradict each other.</summary>
    public static SlashCase Inquire(RequestState state, Hash32 subject, DateTimeOffset now) =>
        new(InquiryIdOf(state.Spec.Id, subject), state.Spec.Id, default, EvidenceKind.FalseVote, -1, "voters contradict each other", Micros.Zero,
            state.Spec.Account, [], [], now, now, SlashStatus.Inquiry) { Subject = subject };

    private static Hash32 SubjectOf(RequestState state, NodeId node) =>
        state.Spec.Review?.Digest ?? state.Participants.Find(p => p.Node == node)!.Digest;

    /// <param name="version">1 for a new case, then one more at each write.</param>
    public SlashRow Row(long version) => new(Id, Node.ToString(), Request, Open: Status is SlashStatus.Frozen or SlashStatus.Unconfirmed or SlashStatus.Inquiry, DueAt, ToBytes(), version);

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

    /// <summary>Id of the transfer of the requester's share, once the slash is executed (P8.4).</summary>
    internal static Hash32 RequesterPartId(Hash32 slash, string account) =>
        PartId(slash, new SlashPart(LedgerAccount.User(account), Micros.Zero, TransferCode.SlashRequester));

    private static Hash32 PartId(Hash32 slash, SlashPart part) =>
        new CanonicalWriter().Text("atoma/slash-part/1").Hash(slash).Byte((byte)part.Code).Text(part.To.ToString()).Sha256();

    public byte[] ToBytes()
    {
        var w = new CanonicalWriter().Byte(2).Hash(Id).Hash(Request).Node(Node).Byte((byte)Evidence).Int32(Position).Text(Reason).Money(Amount)
            .Text(RequesterAccount).Count(Honest.Count);
        foreach (var node in Honest)
            w.Node(node);
        w.Count(Resolvers.Count);
        foreach (var node in Resolvers)
            w.Node(node);
        w.Int64(OpenedAt.ToUnixTimeMilliseconds()).Int64(DueAt.ToUnixTimeMilliseconds()).Byte((byte)Status)
            .Hash(Subject).Byte((byte)Rounds).Bool(Appealed).Count(History.Count);
        foreach (var entry in History)
            w.Hash(entry.Request).Bool(entry.Failed);
        return w.Bytes(Proof).ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static SlashCase FromBytes(ReadOnlySpan<byte> bytes)
    {
        var r = new CanonicalReader(bytes);
        if (r.Byte() != 2)
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
            DateTimeOffset.FromUnixTimeMilliseconds(r.Int64()), DateTimeOffset.FromUnixTimeMilliseconds(r.Int64()), (SlashStatus)r.Byte())
        {
            Subject = r.Hash(),
            Rounds = r.Byte(),
            Appealed = r.Bool(),
            History = ReadHistory(ref r),
            Proof = r.Bytes(ProofMax),
        };
        r.End();
        return slash;
    }

    private static CheckedRequest[] ReadHistory(ref CanonicalReader r)
    {
        var history = new CheckedRequest[r.Count(HistoryMax)];
        for (var i = 0; i < history.Length; i++)
            history[i] = new CheckedRequest(r.Hash(), r.Bool());
        return history;
    }

    private static NodeId[] Nodes(ref CanonicalReader r)
    {
        var nodes = new NodeId[r.Count(PartiesMax)];
        for (var i = 0; i < nodes.Length; i++)
            nodes[i] = r.Node();
        return nodes;
    }
}

/// <summary>One checked answer of a node, as its sequential test counted it.</summary>
public readonly record struct CheckedRequest(Hash32 Request, bool Failed);
