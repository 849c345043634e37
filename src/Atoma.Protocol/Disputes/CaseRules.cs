using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Disputes;

/// <summary>
/// How cases move (P8.2, P8.5). Inside an echelon honest nodes never disagree, so two signed votes that contradict each other
/// prove that somebody lied: an assembly of all nodes finds who, and convictions that rest on a few resolvers' votes are
/// confirmed by one before money moves.
/// </summary>
public static class CaseRules
{
    /// <summary>Answers on which votes of a finished request contradict each other and nobody was convicted of them; a canary's checker that was fooled contradicts what is known of it.</summary>
    public static IReadOnlyList<Hash32> Contradicted(RequestState state)
    {
        var spec = state.Spec;
        if (spec.Comparison != Comparison.Exact || spec.Review is { Kind: ReviewKind.Assembly })
            return [];
        var convicted = state.Convictions.Where(c => c.Kind == EvidenceKind.Stage2Mismatch)
            .Select(c => spec.Review?.Digest ?? state.Participants.Find(p => p.Node == c.Node)!.Digest).ToHashSet();
        var votes = state.Participants.SelectMany(p => p.Ballots).Select(b => b.Vote).OfType<Vote>().Concat(spec.Review?.Votes ?? []);
        return [.. votes.GroupBy(v => v.Subject)
            .Where(g => !convicted.Contains(g.Key) && Contradict([.. g.Select(v => v.Verdict)], spec.Review?.Kind == ReviewKind.Canary))
            .Select(g => g.Key).Order()];
    }

    private static bool Contradict(IReadOnlyList<Verdict> verdicts, bool isKnownBad) =>
        verdicts.Contains(Verdict.Match) && (isKnownBad || verdicts.Contains(Verdict.Mismatch));

    /// <summary>
    /// Whether a node's jail is over: its time has passed, or every case against it was given back. Without the latter a gang
    /// that frames nodes and then keeps assemblies from deciding would empty the network at no cost.
    /// </summary>
    /// <param name="cases">All of the node's, as stored.</param>
    /// <param name="jailedUntil">End of a jail for silence; null for any other.</param>
    /// <param name="now">Time.</param>
    public static bool IsCleared(IReadOnlyCollection<SlashRow> cases, DateTimeOffset? jailedUntil, DateTimeOffset now) =>
        cases.All(c => SlashCase.FromBytes(c.State).Status == SlashStatus.Returned) && (jailedUntil is { } until ? until <= now : cases.Count > 0);

    /// <summary>The review that a case needs next.</summary>
    /// <param name="slash">An open case with <see cref="SlashCase.NeedsAssembly"/>.</param>
    /// <param name="origin">Terminal state of the request that the case arose from.</param>
    /// <param name="eligible">Nodes of the answer's echelon that can be drawn now.</param>
    /// <param name="now">Acceptance, whole milliseconds.</param>
    /// <param name="deadlineMs">Time for the assembly.</param>
    /// <returns>Null when nobody is there to be asked.</returns>
    public static RequestSpec? Assembly(SlashCase slash, RequestState origin, IReadOnlyList<EligibleNode> eligible, DateTimeOffset now, int deadlineMs)
    {
        Invariant.Assert(slash.NeedsAssembly);
        var (subject, authors) = Subject(origin, slash.Subject);
        var votes = origin.Participants.SelectMany(p => p.Ballots).Select(b => b.Vote).OfType<Vote>()
            .Concat(origin.Spec.Review?.Votes ?? []).Where(v => v.Subject == slash.Subject).Take(Review.VotesMax);
        var panel = Math.Min(Review.PanelMax, eligible.Count(e => e.Echelon == origin.Echelon && authors.All(a => a.Node != e.Node)));
        if (panel == 0)
            return null;
        var review = new Review(ReviewKind.Assembly, origin.Spec.Id, slash.Id, origin.Echelon!.Value, panel, subject, authors, [.. votes]);
        // An appeal's assemblies are others than those before it.
        var round = slash.Rounds + (slash.Appealed ? SlashCase.RoundsMax : 0);
        return Spec(origin.Spec, review, origin.Spec.Account, round, Micros.Zero, now, deadlineMs);
    }

    /// <summary>The dispute that a requester opens against a settled answer (P8.3).</summary>
    /// <param name="origin">Terminal state, settled, compared exactly.</param>
    /// <param name="resolvers">Panel.</param>
    /// <param name="bond">What the requester puts up.</param>
    /// <param name="now">Acceptance, whole milliseconds.</param>
    /// <param name="deadlineMs">Time for the dispute.</param>
    public static RequestSpec Dispute(RequestState origin, int resolvers, Micros bond, DateTimeOffset now, int deadlineMs)
    {
        Invariant.Assert(origin is { Phase: RequestPhase.Settled, Answer: not null });
        var (subject, authors) = Subject(origin, origin.Answer.Digest());
        var votes = origin.Participants.SelectMany(p => p.Ballots).Select(b => b.Vote).OfType<Vote>().Where(v => v.Subject == subject.Digest());
        var review = new Review(ReviewKind.Dispute, origin.Spec.Id, Hash32.Zero, origin.Echelon!.Value, resolvers, subject, authors, [.. votes]);
        return Spec(origin.Spec, review, origin.Spec.Account, round: 0, bond, now, deadlineMs);
    }

    /// <summary>A check of an answer known to be bad (P7.6), on the terms of the request it is made from.</summary>
    /// <param name="origin">Terminal state of a verified request, compared exactly.</param>
    /// <param name="bad">See <see cref="Canary"/>.</param>
    /// <param name="now">Acceptance, whole milliseconds.</param>
    /// <param name="deadlineMs">Time for it.</param>
    public static RequestSpec CanaryOf(RequestState origin, Transcript bad, DateTimeOffset now, int deadlineMs)
    {
        var review = new Review(ReviewKind.Canary, origin.Spec.Id, Hash32.Zero, origin.Echelon!.Value, 1, bad, [], []);
        return Spec(origin.Spec, review, RequestSpec.NetworkAccount, round: 0, Micros.Zero, now, deadlineMs);
    }

    private static RequestSpec Spec(RequestSpec origin, Review review, string account, int round, Micros hold, DateTimeOffset now, int deadlineMs)
    {
        var nonce = Review.NonceOf(review.Kind, review.Case == Hash32.Zero ? review.Origin : review.Case, review.Digest, round);
        return origin with
        {
            Id = RequestSpec.IdOf(account, nonce),
            Account = account,
            IdempotencyKey = "",
            Nonce = nonce,
            Streaming = false,
            Hold = hold,
            CreatedAt = now,
            Deadline = now.AddMilliseconds(deadlineMs),
            Review = review,
        };
    }

    private static (Transcript Subject, ReviewAuthor[] Authors) Subject(RequestState origin, Hash32 digest)
    {
        if (origin.Spec.Review is { } review)
            return (review.Subject, [.. review.Authors]);
        var authors = origin.Participants.Where(p => p.Generates && p.Transcript is not null && p.Digest == digest).ToArray();
        Invariant.Assert(authors.Length > 0);
        return (authors[0].Transcript!, [.. authors.Select(a => new ReviewAuthor(a.Nonce, a.Commitment!))]);
    }

    /// <summary>The case waits for its assembly, a little longer than that may take.</summary>
    internal static SlashRow Convened(SlashRow row, DateTimeOffset deadline)
    {
        var slash = SlashCase.FromBytes(row.State);
        Invariant.Assert(slash.NeedsAssembly);
        return (slash with { Rounds = slash.Rounds + 1, DueAt = deadline }).Row(row.Version + 1);
    }

    /// <summary>Nobody could be asked: the case is tried again later, or given up.</summary>
    /// <param name="row">Open, in need of an assembly.</param>
    /// <param name="now">Whole milliseconds.</param>
    /// <param name="pause">Until it is tried again.</param>
    public static LedgerCommand Postponed(SlashRow row, DateTimeOffset now, TimeSpan pause)
    {
        var slash = SlashCase.FromBytes(row.State);
        List<LedgerOperation> operations = [];
        var after = slash.Rounds + 1 >= SlashCase.RoundsMax ? GivenUp(slash, operations) : slash with { Rounds = slash.Rounds + 1, DueAt = now + pause };
        return new LedgerCommand(operations, Slashes: [after.Row(row.Version + 1)]);
    }

    /// <summary>
    /// Whether a conviction is one that a case already holds the money for: this one, or that of another author of the same
    /// answer, who then has nothing left. An author who was not convicted before has.
    /// </summary>
    internal static bool IsAbout(SlashRow? row, Conviction conviction, Micros collateral) =>
        row is { Open: true } && conviction.Kind == EvidenceKind.Stage2Mismatch && SlashCase.FromBytes(row.State) is { Status: SlashStatus.Unconfirmed } slash
        && (slash.Node == conviction.Node || !collateral.IsPositive);

    /// <summary>What an assembly's end makes of its case.</summary>
    internal static SlashRow Decided(SlashRow row, RequestState assembly, DateTimeOffset now, TimeSpan appealWindow, List<LedgerOperation> operations)
    {
        var slash = SlashCase.FromBytes(row.State);
        Invariant.Assert(slash.NeedsAssembly);
        var decided = (slash.Status, assembly.Finding) switch
        {
            (SlashStatus.Inquiry, not null) => slash with { Status = SlashStatus.Closed },
            (_, Verdict.Mismatch) => slash with { Status = SlashStatus.Frozen, DueAt = now + appealWindow, Resolvers = Judges(slash, assembly) },
            (_, Verdict.Match) => GivenUp(slash, operations),
            // P8.2: no quorum slashes nobody.
            _ when assembly.Refund == RefundReason.NoQuorum || slash.Rounds >= SlashCase.RoundsMax => GivenUp(slash, operations),
            _ => slash with { DueAt = now },
        };
        return decided.Row(row.Version + 1);
    }

    private static SlashCase GivenUp(SlashCase slash, List<LedgerOperation> operations)
    {
        if (slash.Amount.IsPositive)
        {
            var id = new CanonicalWriter().Text("atoma/slash-return/1").Hash(slash.Id).Sha256();
            operations.Add(new LedgerOperation.Transfer(id, LedgerAccount.Frozen(slash.Node), LedgerAccount.Collateral(slash.Node), slash.Amount, TransferCode.SlashReturn));
        }

        return slash with { Status = slash.Status == SlashStatus.Inquiry ? SlashStatus.Closed : SlashStatus.Returned };
    }

    /// <summary>P8.5: an operator's one appeal. What votes decided is voted on again; what a receipt proves by itself is proven again.</summary>
    /// <param name="row">The stored case.</param>
    /// <param name="proofHolds">Whether the receipt it rests on still verifies.</param>
    /// <param name="now">Whole milliseconds.</param>
    /// <returns>Null when it cannot be appealed: appealed before, or not frozen.</returns>
    public static LedgerCommand? Appealed(SlashRow row, bool proofHolds, DateTimeOffset now)
    {
        var slash = SlashCase.FromBytes(row.State);
        if (slash.Appealed || slash.Status != SlashStatus.Frozen || now >= slash.DueAt)
            return null;
        List<LedgerOperation> operations = [];
        var after = slash.Subject != Hash32.Zero ? slash with { Status = SlashStatus.Unconfirmed, Rounds = 0, DueAt = now }
            : proofHolds ? slash
            : GivenUp(slash, operations);
        return new LedgerCommand(operations, Slashes: [(after with { Appealed = true }).Row(row.Version + 1)]);
    }

    /// <summary>The slash that a fired sequential test opens (P8.1). Its evidence is the list of checked requests, whose receipts hold the votes.</summary>
    /// <param name="node">Who.</param>
    /// <param name="history">Its standing's history.</param>
    /// <param name="collateral">Its collateral now.</param>
    /// <param name="options">Penalties.</param>
    /// <param name="now">Whole milliseconds.</param>
    /// <param name="appealWindow">P8.5.</param>
    public static LedgerCommand SequentialTestFired(
        NodeId node, IReadOnlyList<CheckedRequest> history, Micros collateral, RequestOptions options, DateTimeOffset now, TimeSpan appealWindow)
    {
        var reason = $"failed {history.Count(h => h.Failed)} of {history.Count} checks";
        return Freeze(Own(node, history[^1].Request, EvidenceKind.SequentialTest, reason, collateral, options, now, appealWindow) with { History = history });
    }

    /// <summary>The slash for ranges of a model's file that are not the model's (P7.6). Its evidence is the node's signed answer.</summary>
    /// <param name="answer">Wrong, and signed by the node.</param>
    /// <param name="collateral">Its collateral now.</param>
    /// <param name="options">Penalties.</param>
    /// <param name="now">Whole milliseconds.</param>
    /// <param name="appealWindow">P8.5.</param>
    public static LedgerCommand WeightChallengeFailed(WeightAnswer answer, Micros collateral, RequestOptions options, DateTimeOffset now, TimeSpan appealWindow) =>
        Freeze(Own(answer.Node, answer.Seed, EvidenceKind.WeightChallenge, "does not hold the model's file", collateral, options, now, appealWindow) with { Proof = answer.ToBytes() });

    /// <summary>A case that did not arise from one request.</summary>
    private static SlashCase Own(
        NodeId node, Hash32 occasion, EvidenceKind evidence, string reason, Micros collateral, RequestOptions options, DateTimeOffset now, TimeSpan appealWindow) =>
        new(SlashCase.IdOf(occasion, node), occasion, node, evidence, -1, reason, collateral.PermilleFloor(options.MalicePermille),
            RequestSpec.NetworkAccount, [], [], now, now + appealWindow, SlashStatus.Frozen);

    private static LedgerCommand Freeze(SlashCase slash)
    {
        var (node, amount) = (slash.Node, slash.Amount);
        return new LedgerCommand(amount.IsPositive
            ? [new LedgerOperation.Transfer(slash.Id, LedgerAccount.Collateral(node), LedgerAccount.Frozen(node), amount, TransferCode.SlashFreeze)]
            : [], Slashes: [slash.Row(version: 1)]);
    }

    private static NodeId[] Judges(SlashCase slash, RequestState assembly)
    {
        var digest = assembly.Spec.Review!.Digest;
        var right = assembly.Participants.Where(p => p.Ballots.Exists(b => b.Subject == digest && b.Vote?.Verdict == assembly.Finding)).Select(p => p.Node);
        return [.. slash.Resolvers.Concat(right).Distinct().Take(SlashCase.PartiesMax)];
    }
}
