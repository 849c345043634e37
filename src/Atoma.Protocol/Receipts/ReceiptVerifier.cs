using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Receipts;

/// <summary>One thing wrong with a receipt.</summary>
/// <param name="Field">Path of the field, as in docs/receipts.md.</param>
/// <param name="Reason">For people.</param>
public sealed record ReceiptProblem(string Field, string Reason);

/// <summary>Re-checks everything a receipt says (P9), offline: draws, signatures, openings, stage 1, votes, verdict, money.</summary>
public sealed class ReceiptVerifier(ISignatureScheme signatures)
{
    /// <summary>All problems in field order; empty when it all holds.</summary>
    public IReadOnlyList<ReceiptProblem> Verify(SignedReceipt signed)
    {
        var problems = new List<ReceiptProblem>();
        var receipt = signed.Receipt;
        var state = receipt.State;
        if (state.Spec.Id != RequestSpec.IdOf(state.Spec.Account, state.Spec.Nonce))
            problems.Add(new("request.id", "is not the hash of account and nonce"));
        if (receipt.Resolvers is < 1 or > 9)
            problems.Add(new("resolvers", "is out of range"));
        if ((state.Phase == RequestPhase.Settled) != (state.Refund == RefundReason.None))
            problems.Add(new("refund_reason", "does not fit the phase"));
        if (state.Spec.Review is { } review)
            CheckReview(state, review, problems);
        CheckDraws(state, problems);
        CheckAudit(state, problems);
        for (var i = 0; i < state.Participants.Count; i++)
        {
            CheckCommitment(state, i, problems);
            CheckVotes(state, i, problems);
        }

        CheckConvictions(receipt, problems);
        CheckOutcome(receipt, problems);
        if (signatures.Recover(SigningDomain.Receipt(state.Spec.Id, ReceiptCodec.Digest(receipt)), signed.Signature) != signed.Coordinator)
            problems.Add(new("signature", "is not the coordinator's over this receipt"));
        return problems;
    }

    private static void CheckDraws(RequestState state, List<ReceiptProblem> problems)
    {
        HashSet<NodeId> drawn = [.. state.Spec.Review?.Authors.Select(a => a.Node) ?? []];
        var before = (Chain: -1, Step: 0);
        for (var i = 0; i < state.Participants.Count; i++)
        {
            var draw = state.Participants[i].Draw;
            var path = $"participants[{i}].draw";
            if (draw.Ordinal != i)
                problems.Add(new($"{path}.ordinal", "draws are numbered in order"));
            var step = (draw.Beacon.Chain, draw.Beacon.Step);
            if (step.CompareTo(before) <= 0)
                problems.Add(new($"{path}.beacon.step", "does not come after the draw before it"));
            before = step;
            if (Draw.Problem(draw, state.Spec.Id, state.Spec.Nonce, drawn) is { } problem)
                problems.Add(new($"{path}.{problem}", "does not follow from the beacon and the eligible set"));
            if (draw.Chosen.Echelon != state.Echelon)
                problems.Add(new($"{path}.attempts[{draw.Attempts.Count - 1}].echelon", "is not the request's echelon"));
            drawn.Add(draw.Chosen.Node);
        }
    }

    /// <summary>Where a sampled answer was to be audited: the step came after its commitment and before its checkers (P3.4, P3.5).</summary>
    private static void CheckAudit(RequestState state, List<ReceiptProblem> problems)
    {
        if (state.Audit is not { } audit)
            return;
        if (state.Spec.Integrity.Kind != IntegrityKind.Sampled || state.Spec.Review is not null)
            problems.Add(new("has_audit", "only sampled answers are audited"));
        if (!audit.IsValid)
            problems.Add(new("audit", "does not follow from the beacon's anchor"));
        var step = (audit.Chain, audit.Step);
        for (var i = 0; i < state.Participants.Count; i++)
        {
            var draw = state.Participants[i].Draw;
            if ((draw.Beacon.Chain, draw.Beacon.Step).CompareTo(step) * (state.Participants[i].Generates ? -1 : 1) <= 0)
                problems.Add(new($"participants[{i}].draw.beacon.step", "is on the wrong side of the audit's step"));
        }
    }

    /// <summary>Who gave the answer under review is bound to it by a signature, and the votes carried over are their voters'.</summary>
    private void CheckReview(RequestState state, Review review, List<ReceiptProblem> problems)
    {
        for (var i = 0; i < review.Authors.Count; i++)
        {
            var author = review.Authors[i];
            if (!author.Commitment.IsSigned(signatures) || !RequestMachine.Opens(author.Commitment, author.Nonce, review.Subject))
                problems.Add(new("request.review", $"author {i} is not bound to the answer"));
        }

        for (var i = 0; i < review.Votes.Count; i++)
        {
            if (review.Votes[i].Subject != review.Digest || !review.Votes[i].IsSigned(signatures))
                problems.Add(new("request.review", $"vote {i} is not its voter's, or not about this answer"));
        }

        var finding = RequestMachine.FindingOf(state);
        if (state.Finding != (state.Phase == RequestPhase.Settled ? finding : null) || (state.Phase == RequestPhase.Settled && finding is null))
            problems.Add(new("finding", "is not what the votes come to"));
    }

    private void CheckCommitment(RequestState state, int index, List<ReceiptProblem> problems)
    {
        var participant = state.Participants[index];
        var path = $"participants[{index}]";
        if (participant.Commitment is { } commitment && !commitment.IsSigned(signatures))
            problems.Add(new($"{path}.commitment.signature", "is not the node's"));
        if (participant.Transcript is null)
        {
            if (participant is { Generates: true, Status: ParticipantStatus.Revealed })
                problems.Add(new($"{path}.transcript", "is missing"));
            return;
        }

        if (participant.Commitment is null)
        {
            problems.Add(new($"{path}.has_commitment", "a revealed transcript needs a commitment"));
            return;
        }

        if (!RequestMachine.Opens(participant.Commitment, participant.Nonce, participant.Transcript))
            problems.Add(new($"{path}.transcript", "does not open the commitment"));
        if (participant.Status == ParticipantStatus.Revealed
            && RequestMachine.RevealFault(state.Spec, state.CancelAt, participant) is { } fault)
            problems.Add(new($"{path}.transcript", $"{fault.Reason} (position {fault.Position})"));
    }

    private void CheckVotes(RequestState state, int index, List<ReceiptProblem> problems)
    {
        var participant = state.Participants[index];
        for (var i = 0; i < participant.Ballots.Count; i++)
        {
            var path = $"participants[{index}].votes[{i}]";
            var ballot = participant.Ballots[i];
            if (ballot.Commitment is { } commitment && !commitment.IsSigned(signatures))
                problems.Add(new($"{path}.commitment.signature", "is not the checker's"));
            if (ballot.Vote is not { } vote)
                continue;
            if (!vote.IsSigned(signatures))
                problems.Add(new($"{path}.signature", "is not the checker's"));
            if (ballot.Commitment is null || !vote.Opens(ballot.Commitment))
                problems.Add(new($"{path}.verdict", "does not open the vote's commitment"));
        }

        if (participant.Status == ParticipantStatus.Voted && participant.Ballots.Any(b => b.Vote is null))
            problems.Add(new($"participants[{index}].status", "says voted, but a vote is missing"));
    }

    private void CheckConvictions(Receipt receipt, List<ReceiptProblem> problems)
    {
        var state = receipt.State;
        for (var i = 0; i < state.Convictions.Count; i++)
        {
            var conviction = state.Convictions[i];
            if (state.Spec.Review is not null)
            {
                if (!RequestMachine.ReviewConvictions(state).Contains(conviction))
                    problems.Add(new($"convictions[{i}].kind", "is not what the review found"));
                continue;
            }

            var cheat = state.Participants.Find(p => p.Node == conviction.Node);
            if (cheat is not { Status: ParticipantStatus.Convicted })
                problems.Add(new($"convictions[{i}].node", "did not take part as convicted"));
            else if (!Proves(receipt, cheat, conviction))
                problems.Add(new($"convictions[{i}].kind", "is not proven by what the receipt holds"));
        }

        for (var i = 0; i < state.Participants.Count; i++)
        {
            if (state.Participants[i].Status == ParticipantStatus.Convicted && state.Convictions.All(c => c.Node != state.Participants[i].Node))
                problems.Add(new($"participants[{i}].status", "says convicted, but no conviction says of what"));
        }
    }

    private bool Proves(Receipt receipt, Participant cheat, Conviction conviction)
    {
        var state = receipt.State;
        switch (conviction.Kind)
        {
            case EvidenceKind.Equivocation:
                return conviction.Second is { } second && cheat.Commitment is not null && second.Value != cheat.Commitment.Value && second.IsSigned(signatures);
            case EvidenceKind.Stage2Mismatch:
                var against = state.Participants.Count(p => p.Purpose == DrawPurpose.Resolver && RequestMachine.IsAfter(p, cheat) && VoteOn(p, cheat.Digest) == Verdict.Mismatch);
                return cheat is { Transcript: not null, Commitment: not null } && against >= receipt.Resolvers / 2 + 1;
            default:
                return cheat is { Transcript: not null, Commitment: not null }
                    && RequestMachine.RevealFault(state.Spec, state.CancelAt, cheat) == conviction;
        }
    }

    private static void CheckOutcome(Receipt receipt, List<ReceiptProblem> problems)
    {
        var state = receipt.State;
        if (state.Phase != RequestPhase.Settled)
        {
            if (!state.Payments.IsEmpty)
                problems.Add(new("payments.count", "a refunded request pays nobody"));
            return;
        }

        if (state.Spec.Review is not null)
        {
            CheckPayments(state, RequestMachine.ReviewPayments(state), problems);
            return;
        }

        if (state.Answer is null)
        {
            problems.Add(new("answer", "is missing"));
            return;
        }

        var digest = state.Answer.Digest();
        var generators = state.Participants.Count(p => p.Generates && p.Status == ParticipantStatus.Revealed && p.Digest == digest);
        if (!Delivered(receipt, digest, generators))
            problems.Add(new("answer", $"does not have what {state.Spec.Integrity} asks for behind it"));
        if (generators == 0)
            return;
        CheckPayments(state, RequestMachine.Payments(state, state.Answer), problems);
    }

    private static void CheckPayments(RequestState state, IReadOnlyList<Payment> due, List<ReceiptProblem> problems)
    {
        for (var i = 0; i < Math.Max(due.Count, state.Payments.Count); i++)
        {
            if (i >= due.Count || i >= state.Payments.Count || due[i] != state.Payments[i])
                problems.Add(new($"payments[{i}]", "is not what the answer costs"));
        }

        if (state.Price > state.Spec.Hold)
            problems.Add(new("request.hold", "is below what was paid"));
    }

    /// <summary>Whether the answer has the generators and votes behind it that its level promises (P4).</summary>
    private static bool Delivered(Receipt receipt, Hash32 digest, int generators)
    {
        var state = receipt.State;
        var level = state.Spec.Integrity;
        var behind = state.Participants.Where(p => p.Generates && p.Status == ParticipantStatus.Revealed && p.Digest == digest).ToArray();
        return level.Kind switch
        {
            IntegrityKind.None => generators == 1,
            IntegrityKind.Sampled when state.Audit is null => false,
            IntegrityKind.Sampled when !Audit.IsDue(state.Audit.Value, state.Spec.Id, state.Spec.Terms.AuditPpm) => generators == 1,
            IntegrityKind.Sampled or IntegrityKind.Checked => generators == 1 && IsPassed(),
            IntegrityKind.Replicated => generators >= level.Count,
            _ => false,
        };

        // Thresholds can leave an answer undecided: it is too short to tell (P7.4).
        bool IsPassed() => Matches(DrawPurpose.Checker) >= state.Spec.Quorum
            || (state.Spec.Comparison == Comparison.Statistical && Votes(DrawPurpose.Checker, Verdict.Mismatch) < state.Spec.Quorum
                && Votes(DrawPurpose.Checker, verdict: null) >= state.Spec.Checkers);

        int Matches(DrawPurpose purpose) => Votes(purpose, Verdict.Match);

        // Votes on an earlier primary that gave the same answer are not votes on this one.
        int Votes(DrawPurpose purpose, Verdict? verdict) => state.Participants.Count(p => p.Purpose == purpose
            && behind.All(g => RequestMachine.IsAfter(p, g)) && VoteOn(p, digest) is { } vote && (verdict is null || vote == verdict));
    }

    private static Verdict? VoteOn(Participant participant, Hash32 subject) => participant.Ballots.Find(b => b.Subject == subject)?.Vote?.Verdict;
}
