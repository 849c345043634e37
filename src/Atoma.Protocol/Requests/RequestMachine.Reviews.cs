using System.Collections.Immutable;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

// P8.2 assemblies, P8.3 disputes, P7.6 canaries.
public sealed partial class RequestMachine
{
    private void TallyReview(Turn turn, Review review, Participant[] voters)
    {
        if (review.Kind == ReviewKind.Canary && voters.FirstOrDefault(v => VoteOf(v, review.Digest) == Verdict.Inconclusive) is { } unsure)
        {
            Fail(turn, unsure, ParticipantFailure.Refused);
            return;
        }

        if (FindingOf(turn.State) is not { } finding)
        {
            Refund(turn, RefundReason.NoQuorum);
            return;
        }

        turn.State = turn.State with { Finding = finding };
        turn.State = turn.State with { Convictions = ReviewConvictions(turn.State), Payments = ReviewPayments(turn.State) };
        foreach (var conviction in turn.State.Convictions)
            turn.Effects.Add(new RequestEffect.Jail(conviction.Node, conviction.Reason));
        End(turn, RequestPhase.Settled, RefundReason.None);
    }

    /// <summary>What the panel's votes come to; null when too few agree. Also recomputed by the receipt's verifier.</summary>
    internal static Verdict? FindingOf(RequestState state)
    {
        var review = state.Spec.Review!;
        var voters = state.Participants.Where(p => p.Status == ParticipantStatus.Voted).ToArray();
        return review.Endorsements + Votes(voters, review.Digest, Verdict.Match) >= review.Needed ? Verdict.Match
            : Votes(voters, review.Digest, Verdict.Mismatch) >= review.Needed ? Verdict.Mismatch
            : null;
    }

    /// <summary>Who is proven to have cheated by what a review found.</summary>
    internal static ImmutableList<Conviction> ReviewConvictions(RequestState state)
    {
        var review = state.Spec.Review!;
        var convictions = ImmutableList.CreateBuilder<Conviction>();
        if (state.Finding == Verdict.Mismatch)
        {
            var position = state.Participants.Select(p => p.Ballots.Find(b => b.Subject == review.Digest)?.Vote)
                .Where(v => v?.Verdict == Verdict.Mismatch).Select(v => v!.Position).DefaultIfEmpty(-1).Min(); // a forged receipt may have no such vote
            foreach (var author in review.Authors)
                convictions.Add(new Conviction(author.Node, EvidenceKind.Stage2Mismatch, position, "gave an output that is not the model's"));
        }

        // A dispute has too few voters to punish those who voted otherwise: where they contradict each other, an assembly follows.
        if (review.Kind != ReviewKind.Assembly || state.Finding is not { } finding)
            return convictions.ToImmutable();
        var votes = review.Votes.Concat(state.Participants.SelectMany(p => p.Ballots).Select(b => b.Vote).OfType<Vote>());
        foreach (var vote in votes.Where(v => v.Verdict != finding && v.Verdict != Verdict.Inconclusive).DistinctBy(v => v.Checker))
        {
            convictions.Add(new Conviction(vote.Checker, EvidenceKind.FalseVote, vote.Position,
                $"voted {vote.Verdict.ToString().ToLowerInvariant()} where an assembly of {review.Panel} found the opposite"));
        }

        return convictions.ToImmutable();
    }

    /// <summary>P8.3: the bond of a dispute that was frivolous pays its resolvers; what they leave is the treasury's.</summary>
    internal static ImmutableList<Payment> ReviewPayments(RequestState state)
    {
        var spec = state.Spec;
        if (spec.Review!.Kind != ReviewKind.Dispute || state.Finding != Verdict.Match || !spec.Hold.IsPositive)
            return [];
        var rest = spec.Hold;
        var payments = ImmutableList.CreateBuilder<Payment>();
        foreach (var resolver in state.Participants.Where(p => VoteOf(p, spec.Review.Digest) == Verdict.Match))
        {
            var answer = PriceTerms.Answer(resolver.Draw.Chosen, spec.InputTokens, spec.Review.Subject.OutputCount);
            var pay = Micros.Min(spec.Terms.Check(answer), rest);
            if (pay.IsPositive)
                payments.Add(new Payment(LedgerAccount.Earnings(resolver.Node), pay, TransferCode.PayChecker));
            rest -= pay;
        }

        if (rest.IsPositive)
            payments.Add(new Payment(LedgerAccount.Treasury, rest, TransferCode.BondForfeit));
        return payments.ToImmutable();
    }
}
