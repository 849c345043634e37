using System.Collections.Immutable;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

// P5.6: what is paid, or that all is refunded.
public sealed partial class RequestMachine
{
    private static void Settle(Turn turn, Transcript answer)
    {
        if (IsUndeliverable(turn, answer))
            return;
        turn.State = turn.State with { Answer = answer, Payments = Payments(turn.State, answer) };
        Invariant.Assert(turn.State.Price <= turn.State.Spec.Hold);
        // The requester gets the rest of the verified answer before the end.
        Publish(turn, answer);
        End(turn, RequestPhase.Settled, RefundReason.None);
    }

    /// <summary>Refunds what cannot be given to the requester: an empty answer, or another than the one shown.</summary>
    private static bool IsUndeliverable(Turn turn, Transcript answer)
    {
        if (turn.State.Spec.Streaming && !Continues(turn.State, answer))
            Refund(turn, FailureOf(turn));
        else if (answer.OutputCount == 0 && turn.State.Spec.Parameters.MaxTokens > 0)
            Refund(turn, RefundReason.NodesFailed); // P5.8: an empty answer is free.
        return turn.State.IsTerminal;
    }

    /// <summary>Whether what was shown is the beginning of the answer.</summary>
    private static bool Continues(RequestState state, Transcript answer) =>
        IsPrefix(state.Published, [.. answer.Output]) && (state.Published.IsEmpty || state.PublishedScores.SequenceEqual(answer.PromptChunks));

    private static void Publish(Turn turn, Transcript answer)
    {
        int[] output = [.. answer.Output];
        var shown = turn.State.Published.Count;
        var prompt = shown == 0 ? answer.PromptChunks : [];
        if (turn.State.Delivered || (shown >= output.Length && prompt.Count == 0) || !Continues(turn.State, answer))
            return;
        turn.Effects.Add(new RequestEffect.Publish(
            output[shown..], turn.State.Spec.Parameters.TopLogprobs == 0 ? [] : [.. answer.Positions.Skip(shown).Select(p => p.Shown)], prompt));
    }

    private static RefundReason FailureOf(Turn turn) =>
        turn.State.Convictions.Count > 0 ? RefundReason.FraudDetected : RefundReason.StreamDiverged;

    private static void Refund(Turn turn, RefundReason reason) =>
        End(turn, reason == RefundReason.DeadlinePassed ? RequestPhase.Expired : RequestPhase.Refunded, reason);

    private static void End(Turn turn, RequestPhase phase, RefundReason reason)
    {
        Invariant.Assert(phase >= RequestPhase.Settled);
        foreach (var participant in turn.State.Participants.Where(p => p.IsActive && p.Status is not (ParticipantStatus.Revealed or ParticipantStatus.Voted)).ToArray())
        {
            turn.Replace(participant with { Status = ParticipantStatus.Dismissed, Due = null });
            if (participant.Generates)
                turn.Effects.Add(new RequestEffect.Send(participant.Node, new CoordinatorMessage.Cancel(turn.State.Spec.Id, 0)));
        }

        foreach (var participant in turn.State.Participants)
            turn.Effects.Add(new RequestEffect.Send(participant.Node, new CoordinatorMessage.Closed(turn.State.Spec.Id)));
        turn.State = turn.State with { Phase = phase, Refund = reason, PendingDraws = 0, DrawsAsked = 0 };
        turn.Effects.Add(new RequestEffect.Finish());
    }

    /// <summary>What an answer costs once its audit is passed.</summary>
    /// <param name="state">With the answer revealed.</param>
    public static Micros PriceOf(RequestState state, Transcript answer) => Payments(state, answer).Aggregate(Micros.Zero, static (sum, p) => sum + p.Amount);

    /// <summary>Who is paid what for a settled answer; also recomputed by the receipt's verifier.</summary>
    internal static ImmutableList<Payment> Payments(RequestState state, Transcript answer)
    {
        var spec = state.Spec;
        var digest = answer.Digest();
        var input = spec.InputTokens;
        var output = answer.OutputCount;
        var gross = new List<(NodeId Node, Micros Amount, TransferCode Code)>();
        foreach (var generator in state.Participants.Where(p => p.IsActive && p.Generates && p.Digest == digest))
        {
            gross.Add((generator.Node, PriceTerms.Answer(generator.Draw.Chosen, input, output),
                generator.Purpose == DrawPurpose.Primary ? TransferCode.PayPrimary : TransferCode.PayReplica));
        }

        // L1: its audit, if there was one, is paid from the pool that all sampled answers pay into (Settlement).
        var auditFee = spec.Integrity.Kind == IntegrityKind.Sampled ? spec.Terms.AuditFee(gross[0].Amount) : Micros.Zero;
        if (spec.Integrity.Kind == IntegrityKind.Checked)
            AddChecks(gross, state, digest, spec.Terms.Check(gross[0].Amount));

        // P5.6: the network's fee comes out of what the nodes earn, so the requester pays the quoted price and no more.
        var fee = Micros.Zero;
        var payments = ImmutableList.CreateBuilder<Payment>();
        foreach (var (node, amount, code) in gross.Where(g => g.Amount.IsPositive))
        {
            var part = amount.PermilleFloor(spec.Terms.FeePermille);
            fee += part;
            if ((amount - part).IsPositive)
                payments.Add(new Payment(LedgerAccount.Earnings(node), amount - part, code));
        }

        if (fee.IsPositive)
            payments.Add(new Payment(LedgerAccount.Treasury, fee, TransferCode.Fee));
        if (auditFee.IsPositive)
            payments.Add(new Payment(LedgerAccount.AuditPool, auditFee, TransferCode.AuditFee));
        return payments.ToImmutable();
    }

    /// <summary>What is owed from the audit pool: to the checkers of a sampled answer's audit, and to a canary's that was not fooled.</summary>
    internal static IEnumerable<(NodeId Node, Micros Due)> AuditorsDue(RequestState state)
    {
        var spec = state.Spec;
        var (transcript, right) = spec.Review is { Kind: ReviewKind.Canary } canary
            ? (canary.Subject, Verdict.Mismatch)
            : (spec.Integrity.Kind == IntegrityKind.Sampled && spec.Review is null ? state.Answer : null, Verdict.Match);
        if (state.Phase != RequestPhase.Settled || transcript is null)
            yield break;
        var digest = transcript.Digest();
        var voters = spec.Review is null ? CheckersFor(state, digest) : state.Participants.Where(p => p.Status == ParticipantStatus.Voted && VoteOf(p, digest) == right);
        foreach (var checker in voters)
            yield return (checker.Node, spec.Terms.Check(PriceTerms.Answer(checker.Draw.Chosen, spec.InputTokens, transcript.OutputCount)));
    }

    /// <summary>Checkers of the quorum are paid; resolvers are, out of what a liar loses.</summary>
    private static void AddChecks(List<(NodeId Node, Micros Amount, TransferCode Code)> gross, RequestState state, Hash32 digest, Micros check)
    {
        foreach (var checker in CheckersFor(state, digest))
            gross.Add((checker.Node, check, TransferCode.PayChecker));
    }

    /// <summary>Checkers that found the delivered answer right: those drawn for it, not for the same answer of an earlier node.</summary>
    private static IEnumerable<Participant> CheckersFor(RequestState state, Hash32 digest)
    {
        var primary = state.Participants.Find(p => p.IsActive && p.Generates && p.Digest == digest)!;
        return state.Participants.Where(p =>
            p is { Purpose: DrawPurpose.Checker, Status: ParticipantStatus.Voted } && IsAfter(p, primary) && VoteOf(p, digest) == Verdict.Match);
    }
}
