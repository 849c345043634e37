using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Checks;

// P9 receipts against what really happened, P4 what stands behind an answer.
internal sealed partial class Auditor
{
    private void CheckReceipt(Story story)
    {
        var receipt = story.Receipt!;
        var state = receipt.Receipt.State;
        var problems = new ReceiptVerifier(world.Signatures).Verify(receipt);
        if (problems.Count > 0)
            Fail("receipt", $"{Short(state.Spec.Id)} does not verify: {problems[0].Field} {problems[0].Reason}");
        if (receipt.Coordinator != world.Key.Id)
            Fail("receipt", "is signed by another key");
        if (state.Refund != RefundReason.Interrupted)
            CheckWitness(story, state);
        if (state.Phase == RequestPhase.Settled && state.Spec.Review is { } review)
            CheckFinding(story, state, review);
        else if (state.Phase == RequestPhase.Settled)
            CheckAnswer(story, state);
        else if (state.Refund == RefundReason.Cancelled && story.Published.Count > 0)
            Fail("cancel", $"{Short(state.Spec.Id)} was cancelled after {story.Published.Count} tokens were read, and is free");
    }

    /// <summary>The receipt holds every draw, the first commitment of each generator, and no vote that nobody cast.</summary>
    private void CheckWitness(Story story, RequestState state)
    {
        if (story.Draws.Count != state.Participants.Count)
            Fail("receipt", $"{Short(state.Spec.Id)} drew {story.Draws.Count} nodes, its receipt names {state.Participants.Count}");
        for (var i = 0; i < state.Participants.Count; i++)
        {
            var p = state.Participants[i];
            if (p.Draw != story.Draws[i])
                Fail("receipt", $"{Short(state.Spec.Id)} names {world.Node(p.Node)} where {world.Node(story.Draws[i].Chosen.Node)} was drawn");
            if (p.Commitment is { } commitment && story.Commitments.GetValueOrDefault(p.Node)?.Value != commitment.Value)
                Fail("commitment", $"{world.Node(p.Node)} committed to something else first");
            foreach (var ballot in p.Ballots.Where(b => b.Vote is not null))
            {
                if (!story.Votes.Contains((p.Node, ballot.Subject, ballot.Vote!.Verdict)))
                    Fail("receipt", $"{world.Node(p.Node)} never cast the vote it is said to have cast");
            }
        }
    }

    /// <summary>P8.2: a review finds what enough of its panel voted, by votes that were cast.</summary>
    private void CheckFinding(Story story, RequestState state, Review review)
    {
        var votes = state.Participants.Count(p => p.Status == ParticipantStatus.Voted && story.Votes.Contains((p.Node, review.Digest, state.Finding!.Value)));
        // An assembly's authors stand behind their own answer.
        votes += state.Finding == Verdict.Match ? review.Endorsements : 0;
        if (votes < review.Needed)
            Fail("verdict", $"{Short(state.Spec.Id)} finds {state.Finding} with {votes} of {review.Panel} votes; {review.Needed} are needed");
    }

    private void CheckAnswer(Story story, RequestState state)
    {
        var answer = state.Answer!;
        var digest = answer.Digest();
        var level = state.Spec.Integrity;
        var behind = state.Participants.Where(p => p.Generates && p.Status == ParticipantStatus.Revealed && p.Digest == digest).ToArray();
        var checkers = Matching(DrawPurpose.Checker);
        // P4, recomputed from what was seen: no payment without the verdict of its level.
        var isDelivered = level.Kind switch
        {
            IntegrityKind.None => behind.Length == 1,
            IntegrityKind.Sampled => behind.Length == 1 && state.Audit is { } audit && (!IsAudited(audit, state.Spec) || checkers.Length >= state.Spec.Terms.AuditCheckers / 2 + 1),
            IntegrityKind.Checked => behind.Length == 1 && checkers.Length >= level.Count / 2 + 1,
            _ => behind.Length >= level.Count,
        };
        if (!isDelivered)
            Fail("verdict", $"{Short(state.Spec.Id)} is paid at {level} with {behind.Length} generators and {checkers.Length} checkers behind it");
        if (state.Spec.Streaming && !story.WasOrphaned && !story.Published.SequenceEqual(answer.Output))
            Fail("stream", $"{Short(state.Spec.Id)} showed other tokens than it delivered");
        CheckPrice(state, behind, checkers.Length);
        CheckRight(state, digest, behind, checkers);

        Participant[] Matching(DrawPurpose purpose) =>
            [.. state.Participants.Where(p => p.Purpose == purpose && behind.All(g => p.Draw.Ordinal > g.Draw.Ordinal) && story.Votes.Contains((p.Node, digest, Verdict.Match)) && p.Status == ParticipantStatus.Voted)];
    }

    /// <summary>P4's last column, recomputed: each generator its answer, each check its part, no more.</summary>
    private void CheckPrice(RequestState state, Participant[] behind, int checkers)
    {
        var terms = state.Spec.Terms;
        var answers = behind.Aggregate(Micros.Zero, (sum, p) => sum + PriceTerms.Answer(p.Draw.Chosen, state.Spec.InputTokens, state.Answer!.OutputCount));
        var check = state.Spec.Integrity.Kind == IntegrityKind.Checked ? terms.Check(PriceTerms.Answer(behind[0].Draw.Chosen, state.Spec.InputTokens, state.Answer!.OutputCount)) : Micros.Zero;
        var most = answers + check * checkers;
        var least = answers + check * checkers;
        if (state.Spec.Integrity.Kind == IntegrityKind.Sampled)
            (least, most) = (least + state.Spec.Terms.AuditFee(answers), most + state.Spec.Terms.AuditFee(answers));
        if (state.Price > most || state.Price < least)
            Fail("payment", $"{Short(state.Spec.Id)} costs {state.Price}; its work is worth {least} to {most}");
        var unpaid = state.Participants.FirstOrDefault(p => behind.Contains(p) && !state.Payments.Exists(x => x.To == Protocol.Ledger.LedgerAccount.Earnings(p.Node)));
        if (unpaid is not null)
            Fail("payment", $"{world.Node(unpaid.Node)} gave the answer and is not paid");
    }

    /// <summary>With an honest majority among those who vouched for it, a delivered answer is the model's.</summary>
    private void CheckRight(RequestState state, Hash32 digest, Participant[] behind, Participant[] checkers)
    {
        int? cancelledAt = state.Answer!.Finish == FinishReason.Cancelled ? state.Answer.OutputCount : null;
        if (world.Answers.Right(SimWorld.BrainOf(state.Echelon!.Value), state.Spec, cancelledAt).Digest() == digest)
            return;
        var level = state.Spec.Integrity;
        var isTrusted = level.Kind switch
        {
            IntegrityKind.None => false,
            IntegrityKind.Sampled when !IsAudited(state.Audit!.Value, state.Spec) => false,
            IntegrityKind.Sampled or IntegrityKind.Checked => checkers.Count(p => !IsHonest(p.Node)) < state.Spec.Quorum,
            _ => behind.Any(p => IsHonest(p.Node)),
        };
        if (isTrusted)
            Fail("right-answer", $"{Short(state.Spec.Id)} delivers a wrong answer at {level} although its voters had an honest majority");
        if (level.Kind is not (IntegrityKind.None or IntegrityKind.Sampled))
            Tally.Undetected++;
        else if (level.Kind == IntegrityKind.Sampled)
            Tally.SampledWrong++;
    }

    /// <summary>P3.5, recomputed beside the production code: u &lt; p, u the beacon's uniform number.</summary>
    private static bool IsAudited(BeaconReveal beacon, RequestSpec spec)
    {
        var u = Prf.Derive("atoma/audit/1", beacon.Value.ToArray(), spec.Id.ToArray()).High64 / 18_446_744_073_709_551_616.0;
        return u < spec.Terms.AuditPpm / 1e6;
    }

    private void Count(RequestState state)
    {
        if (state.Phase == RequestPhase.Settled)
            Tally.Settled++;
        else
            Tally.Refunded++;
    }
}
