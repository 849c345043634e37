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
        int[] output = [.. answer.Output];
        if (turn.State.Spec.Streaming && !IsPrefix(turn.State.Published, output))
        {
            Refund(turn, FailureOf(turn));
            return;
        }

        if (output.Length == 0 && !turn.State.Spec.Parameters.IsEmbedding)
        {
            // P5.8: an empty answer is free.
            Refund(turn, RefundReason.NodesFailed);
            return;
        }

        turn.State = turn.State with { Answer = answer, Payments = Payments(turn.State, answer) };
        Invariant.Assert(turn.State.Price <= turn.State.Spec.Hold);
        if (turn.State.Published.Count < output.Length)
        {
            // The requester gets the rest of the verified answer before the end.
            var rest = output[turn.State.Published.Count..];
            if (IsPrefix(turn.State.Published, output))
                turn.Effects.Add(new RequestEffect.Publish(rest, turn.State.Spec.Parameters.TopLogprobs == 0 ? [] : [.. answer.Positions.Skip(turn.State.Published.Count).Select(p => p.Shown)]));
        }

        End(turn, RequestPhase.Settled, RefundReason.None);
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

    /// <summary>Who is paid what for a settled answer; also recomputed by the receipt's verifier.</summary>
    internal static ImmutableList<Payment> Payments(RequestState state, Transcript answer)
    {
        var spec = state.Spec;
        var digest = answer.Digest();
        var input = spec.Prompt.Count;
        var output = answer.OutputCount;
        var gross = new List<(NodeId Node, Micros Amount, TransferCode Code)>();
        foreach (var generator in state.Participants.Where(p => p.IsActive && p.Generates && p.Digest == digest))
        {
            gross.Add((generator.Node, PriceTerms.Answer(generator.Draw.Chosen, input, output),
                generator.Purpose == DrawPurpose.Primary ? TransferCode.PayPrimary : TransferCode.PayReplica));
        }

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
        return payments.ToImmutable();
    }

    /// <summary>Checkers on the winning side are paid; what the losing side forfeits goes to the resolvers who overruled it.</summary>
    private static void AddChecks(List<(NodeId Node, Micros Amount, TransferCode Code)> gross, RequestState state, Hash32 digest, Micros check)
    {
        var primary = state.Participants.Find(p => p.IsActive && p.Generates && p.Digest == digest)!;
        var voted = state.Participants.Where(p => p.Status == ParticipantStatus.Voted && IsAfter(p, primary) && VoteOf(p, digest) is not null).ToArray();
        foreach (var checker in voted.Where(p => p.Purpose == DrawPurpose.Checker && VoteOf(p, digest) == Verdict.Match))
            gross.Add((checker.Node, check, TransferCode.PayChecker));

        var overruled = voted.Count(p => p.Purpose == DrawPurpose.Checker && VoteOf(p, digest) == Verdict.Mismatch);
        var resolvers = voted.Where(p => p.Purpose == DrawPurpose.Resolver && VoteOf(p, digest) == Verdict.Match).ToArray();
        if (overruled == 0 || resolvers.Length == 0)
            return;
        var share = new Micros((check * overruled).Value / resolvers.Length);
        foreach (var resolver in resolvers)
            gross.Add((resolver.Node, share, TransferCode.PayChecker));
    }
}
