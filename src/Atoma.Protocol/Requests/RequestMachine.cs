using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Sampling;

namespace Atoma.Protocol.Requests;

/// <summary>State after an event, and what to do now.</summary>
public readonly record struct RequestStep(RequestState State, IReadOnlyList<RequestEffect> Effects);

/// <summary>
/// One request from acceptance to its terminal state (P5), as a pure function of state, event and time. Files: this one
/// dispatches and handles draws, failures and deadlines; Generation has P5.3–5.4, Checking P5.5 and P8.2, Reviews P8.2–8.3 and
/// P7.6, Settlement P5.6.
/// </summary>
public sealed partial class RequestMachine(RequestOptions options, ISignatureScheme signatures)
{
    /// <summary>A request just accepted, its hold in place.</summary>
    public static RequestState Open(RequestSpec spec) => new(spec, RequestPhase.Generating);

    /// <summary>Events of a terminal request change nothing.</summary>
    public RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        if (state.IsTerminal)
            return new RequestStep(state, []);
        var turn = new Turn(state, now);
        switch (happened)
        {
            case RequestEvent.Started when state.Spec.Review is { } review:
                turn.State = state with { Phase = RequestPhase.Resolving };
                Ask(turn, review.Kind == ReviewKind.Canary ? DrawPurpose.Checker : DrawPurpose.Resolver, review.Panel);
                break;
            case RequestEvent.Started:
                Ask(turn, state.Spec.Integrity.Kind == IntegrityKind.Replicated ? DrawPurpose.Replica : DrawPurpose.Primary,
                    state.Spec.Integrity.Generators);
                break;
            case RequestEvent.Drawn e:
                OnDrawn(turn, e);
                break;
            case RequestEvent.AuditDrawn e:
                OnAuditDrawn(turn, e.Beacon);
                break;
            case RequestEvent.Received e:
                OnMessage(turn, e.Node, e.Message);
                break;
            case RequestEvent.NodeLost e:
                // A node that owes nothing now loses nothing by leaving.
                if (turn.Find(e.Node) is { IsActive: true, Due: not null } lost)
                    Fail(turn, lost, ParticipantFailure.Silent);
                break;
            case RequestEvent.CancelRequested:
                OnCancel(turn);
                break;
            case RequestEvent.Ticked:
                OnTick(turn);
                break;
            case RequestEvent.Recovered:
                Refund(turn, RefundReason.Interrupted);
                break;
        }

        return new RequestStep(turn.State, turn.Effects);
    }

    /// <summary>The next moment at which <see cref="RequestEvent.Ticked"/> would change something.</summary>
    public static DateTimeOffset NextDue(RequestState state) =>
        state.Participants.Where(p => p.IsActive && p.Due is not null).Select(p => p.Due!.Value)
            .Append(state.Spec.Deadline).Min();

    private void OnMessage(Turn turn, NodeId node, NodeMessage message)
    {
        // Late words of a node that is out, or of one that never took part, change nothing.
        if (turn.Find(node) is not { } sender)
            return;
        if (sender.Status is ParticipantStatus.Committed or ParticipantStatus.Revealed && message is NodeMessage.Commit again)
        {
            OnSecondCommit(turn, sender, again.Commitment);
            return;
        }

        if (!sender.IsActive)
            return;
        switch (message)
        {
            case NodeMessage.Progress m:
                OnProgress(turn, sender, m);
                break;
            case NodeMessage.Scored m:
                OnScored(turn, sender, m.Chunks);
                break;
            case NodeMessage.Commit m:
                OnCommit(turn, sender, m.Commitment);
                break;
            case NodeMessage.Reveal m:
                OnReveal(turn, sender, m);
                break;
            case NodeMessage.CommitVote m:
                OnVoteCommitment(turn, sender, m.Commitment);
                break;
            case NodeMessage.CastVote m:
                OnVote(turn, sender, m.Vote);
                break;
            case NodeMessage.Refuse when sender.Due is not null:
                // Free of penalty before anything was committed; to withhold a reveal or a vote is silence (P5.9).
                Fail(turn, sender, sender.Status is ParticipantStatus.Working or ParticipantStatus.Checking
                    ? ParticipantFailure.Refused
                    : ParticipantFailure.Silent);
                break;
        }
    }

    /// <summary>One draw at a time: a second one made meanwhile would not see whom the first one takes (P3.3).</summary>
    private static void Ask(Turn turn, DrawPurpose purpose, int count)
    {
        turn.State = turn.State with { PendingDraws = turn.State.PendingDraws + count };
        if (turn.State.DrawsAsked > 0)
            return;
        turn.State = turn.State with { DrawsAsked = turn.State.PendingDraws };
        turn.Effects.Add(new RequestEffect.DrawNodes(purpose, turn.State.PendingDraws));
    }

    private void OnDrawn(Turn turn, RequestEvent.Drawn drawn)
    {
        Invariant.Assert(turn.State.DrawsAsked > 0);
        Invariant.Assert(turn.State.DrawsAsked <= turn.State.PendingDraws);
        Invariant.Assert(drawn.Draws.Count <= turn.State.DrawsAsked);
        var missing = turn.State.DrawsAsked - drawn.Draws.Count;
        var deferred = turn.State.PendingDraws - turn.State.DrawsAsked;
        turn.State = turn.State with { PendingDraws = deferred, DrawsAsked = 0 };
        foreach (var draw in drawn.Draws)
        {
            Invariant.Assert(turn.Find(draw.Chosen.Node) is null);
            if (drawn.Purpose is DrawPurpose.Primary or DrawPurpose.Replica)
                StartGenerating(turn, draw);
            else
                StartChecking(turn, draw);
        }

        if (missing > 0)
        {
            // Who could not be drawn now cannot be drawn a moment later either.
            turn.State = turn.State with { PendingDraws = 0 };
            OnShortfall(turn, drawn.Purpose);
        }
        else if (deferred > 0)
        {
            Ask(turn, drawn.Purpose, 0);
        }
    }

    private void OnShortfall(Turn turn, DrawPurpose purpose)
    {
        switch (purpose)
        {
            case DrawPurpose.Primary or DrawPurpose.Replica:
                Refund(turn, turn.State.Replacements > 0 ? FailureReason(turn) : RefundReason.NoEligibleNode);
                break;
            case DrawPurpose.Checker:
                // Fewer checkers than paid for is not what was bought.
                Refund(turn, RefundReason.NoEligibleNode);
                break;
            default:
                TallyIfComplete(turn, DrawPurpose.Resolver);
                break;
        }
    }

    private static RefundReason FailureReason(Turn turn) =>
        turn.State.Convictions.Count > 0 ? RefundReason.FraudDetected : RefundReason.NodesFailed;

    /// <summary>P5.9: a participant that did not do its part is replaced by a new distinct draw, a limited number of times.</summary>
    private void Fail(Turn turn, Participant participant, ParticipantFailure failure)
    {
        turn.Replace(participant with { Status = ParticipantStatus.Failed, Failure = failure, Due = null });
        turn.Effects.Add(new RequestEffect.Send(participant.Node, new CoordinatorMessage.Closed(turn.State.Spec.Id)));
        if (participant.Purpose == DrawPurpose.Resolver)
            TallyIfComplete(turn, DrawPurpose.Resolver);
        else
            DrawReplacement(turn, participant.Purpose);
    }

    private void DrawReplacement(Turn turn, DrawPurpose purpose)
    {
        if (turn.State.IsTerminal)
            return;
        if (turn.State.Replacements >= options.ReplacementsMax)
        {
            Refund(turn, FailureReason(turn));
            return;
        }

        turn.State = turn.State with { Replacements = turn.State.Replacements + 1 };
        Ask(turn, purpose, 1);
    }

    private void OnTick(Turn turn)
    {
        if (turn.Now >= turn.State.Spec.Deadline)
        {
            // P5.7: nothing stays open past its deadline.
            Refund(turn, RefundReason.DeadlinePassed);
            return;
        }

        foreach (var late in turn.State.Participants.Where(p => p.IsActive && p.Due <= turn.Now).ToArray())
        {
            if (turn.State.IsTerminal)
                return;
            if (turn.Find(late.Node) is { IsActive: true } current && current.Due <= turn.Now)
                Fail(turn, current, ParticipantFailure.Silent);
        }
    }

    /// <summary>The state being changed by one event, and the effects so far.</summary>
    private sealed class Turn(RequestState state, DateTimeOffset now)
    {
        public RequestState State { get; set; } = state;

        public DateTimeOffset Now => now;

        public List<RequestEffect> Effects { get; } = [];

        public Participant? Find(NodeId node) => State.Participants.Find(p => p.Node == node);

        public IEnumerable<Participant> Active(Func<Participant, bool> which) => State.Participants.Where(p => p.IsActive && which(p));

        public void Add(Participant participant) => State = State with { Participants = State.Participants.Add(participant) };

        public void Replace(Participant participant)
        {
            var index = State.Participants.FindIndex(p => p.Node == participant.Node);
            Invariant.Assert(index >= 0);
            State = State with { Participants = State.Participants.SetItem(index, participant) };
        }

        public DateTimeOffset In(int milliseconds) => now.AddMilliseconds(milliseconds);
    }
}
