using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Mutants;

// P4, P5, P8: what the request machine does with an event. The bug sits around the real machine: it changes what the machine is
// shown, or what leaves it.

internal sealed class RevealsEarly(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        var step = base.Step(state, happened, now);
        return happened is RequestEvent.Received { Message: NodeMessage.Commit { Commitment: var c } } e && step.State.Phase == RequestPhase.Generating
            ? step with { Effects = [.. step.Effects, new RequestEffect.Send(e.Node, new CoordinatorMessage.AskReveal(state.Spec.Id, [c]))] }
            : step;
    }
}

internal sealed class VotesShownEarly(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        var step = base.Step(state, happened, now);
        return happened is RequestEvent.Received { Message: NodeMessage.CommitVote { Commitment: var c } } e && step.State.Participants.Exists(p => p.Node == e.Node)
            ? step with { Effects = [.. step.Effects, new RequestEffect.Send(e.Node, new CoordinatorMessage.AskVote(state.Spec.Id, c.Subject))] }
            : step;
    }
}

/// <summary>[C]: a commitment can be withdrawn and made again.</summary>
internal sealed class AbortAndRetry(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        if (!state.IsTerminal && happened is RequestEvent.Received { Message: NodeMessage.Commit { Commitment: var again } } e
            && state.Participants.FindIndex(p => p.Node == e.Node && p.Status == ParticipantStatus.Committed) is >= 0 and var at)
            state = state with { Participants = state.Participants.SetItem(at, state.Participants[at] with { Commitment = again }) };
        return base.Step(state, happened, now);
    }
}

/// <summary>One vote fewer than a quorum is enough.</summary>
internal sealed class QuorumOffByOne(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        if (happened is not RequestEvent.Received { Message: NodeMessage.CastVote } || state.Spec.Integrity is not { Kind: IntegrityKind.Checked, Count: >= 3 and var k })
            return base.Step(state, happened, now);
        var shown = state with { Spec = state.Spec with { Integrity = IntegrityLevel.CheckedBy(k - 2) } };
        var step = base.Step(shown, happened, now);
        return step with { State = ReferenceEquals(step.State, shown) ? state : step.State with { Spec = state.Spec } };
    }
}

/// <summary>One resolver of three convicts.</summary>
internal sealed class MinorityConvicts(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    private readonly RequestMachine _one = new(options with { Resolvers = 1 }, signatures);

    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now) =>
        state.Phase == RequestPhase.Resolving && happened is RequestEvent.Received { Message: NodeMessage.CastVote } ? _one.Step(state, happened, now) : base.Step(state, happened, now);
}

/// <summary>Nobody looks at the clock.</summary>
internal sealed class DeadlineIgnored(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now) =>
        happened is RequestEvent.Ticked ? new RequestStep(state, []) : base.Step(state, happened, now);

    public override DateTimeOffset NextDue(RequestState state) => base.NextDue(state).AddDays(1);
}

/// <summary>A message that arrives twice counts twice.</summary>
internal sealed class DuplicateApplied(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        var first = base.Step(state, happened, now);
        if (first.State.IsTerminal || happened is not RequestEvent.Received { Message: NodeMessage.Progress })
            return first;
        var second = base.Step(first.State, happened, now);
        return second with { Effects = [.. first.Effects, .. second.Effects] };
    }
}

/// <summary>[C]: any node can freeze any payment, by saying something about it.</summary>
internal sealed class AnybodyFreezes(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    private readonly HashSet<Hash32> _frozen = [];

    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        if (happened is RequestEvent.Received e && !state.Participants.Exists(p => p.Node == e.Node))
            _frozen.Add(state.Spec.Id);
        return _frozen.Contains(state.Spec.Id) ? new RequestStep(state, []) : base.Step(state, happened, now);
    }

    public override DateTimeOffset NextDue(RequestState state) => _frozen.Contains(state.Spec.Id) ? state.Spec.Deadline.AddDays(1) : base.NextDue(state);
}

/// <summary>Whoever cancels pays nothing, whatever was read.</summary>
internal sealed class CancelIsFree(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        if (happened is not RequestEvent.CancelRequested || state.IsTerminal)
            return base.Step(state, happened, now);
        var step = base.Step(state with { Published = [] }, happened, now);
        return step with { State = step.State with { Published = state.Published } };
    }
}

/// <summary>A coordinator that comes back starts the request again, with new draws: a crash is an abort-and-retry.</summary>
internal sealed class RecoveryRedraws(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestEvent Recovery => new RequestEvent.Started();
}

/// <summary>A revealed transcript is believed: stage 1 is left out, and checkers' mismatches count as matches.</summary>
internal sealed class MismatchIgnored(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        var step = base.Step(state, happened, now);
        if (step.State.Phase != RequestPhase.Resolving || state.Phase != RequestPhase.Checking || state.Spec.Integrity.Kind != IntegrityKind.Checked)
            return step;
        // Settles as an unchecked request would.
        var shown = state with { Spec = state.Spec with { Integrity = IntegrityLevel.None }, Phase = RequestPhase.Revealing, Participants = state.Participants.RemoveAll(p => !p.Generates) };
        var primary = shown.Participants.FindIndex(p => p.Status == ParticipantStatus.Revealed);
        var revealed = shown.Participants[primary];
        shown = shown with { Participants = shown.Participants.SetItem(primary, revealed with { Status = ParticipantStatus.Committed, Due = now }) };
        var settled = base.Step(shown, new RequestEvent.Received(revealed.Node, new NodeMessage.Reveal(state.Spec.Id, revealed.Nonce, revealed.Transcript!.ToBytes())), now);
        return settled.State.Phase == RequestPhase.Settled
            ? settled with { State = settled.State with { Spec = state.Spec, Participants = step.State.Participants } }
            : step;
    }
}

/// <summary>[C] audited when u &gt; p: 98.9 % of what should have been 1 %.</summary>
internal sealed class InvertedAudit(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override RequestStep Step(RequestState state, RequestEvent happened, DateTimeOffset now)
    {
        if (happened is not RequestEvent.AuditDrawn e)
            return base.Step(state, happened, now);
        var terms = state.Spec.Terms with { AuditPpm = Audit.IsDue(e.Beacon, state.Spec.Id, state.Spec.Terms.AuditPpm) ? 0 : Audit.Certain };
        var shown = state with { Spec = state.Spec with { Terms = terms } };
        var step = base.Step(shown, happened, now);
        return step with { State = ReferenceEquals(step.State, shown) ? state : step.State with { Spec = state.Spec } };
    }
}
