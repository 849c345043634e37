using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>What follows a request that has ended. Lost when the process stops in between, which costs a soft observation or a canary and nothing else.</summary>
internal sealed class Followup(IGrainFactory grains, NetworkOptions options)
{
    public async Task AfterAsync(RequestState state, DateTimeOffset now)
    {
        foreach (var (node, kind) in Observations.Of(state))
            await grains.GetGrain<INodeGrain>(Keys.Node(node)).Observe((int)kind, state.Spec.Id.ToString());
        if (state.Spec.Review is { Kind: ReviewKind.Assembly } assembly && state.Finding != Verdict.Mismatch)
        {
            foreach (var author in assembly.Authors)
                await grains.GetGrain<INodeGrain>(Keys.Node(author.Node)).Free();
        }

        if (Canary(state, now) is { } canary)
            await grains.GetGrain<IRequestGrain>(Keys.Request(canary.Id)).Review(canary.ToBytes());
    }

    /// <summary>P7.6: one check in a hundred is followed by one of a known-bad answer, made from the one just found right.</summary>
    private RequestSpec? Canary(RequestState state, DateTimeOffset now)
    {
        var spec = state.Spec;
        var wasChecked = spec.Review is null && state is { Phase: RequestPhase.Settled, Answer: not null } && spec.Comparison == Comparison.Exact
            && state.Participants.Exists(p => !p.Generates && p.Status == ParticipantStatus.Voted);
        if (!wasChecked)
            return null;
        var beacon = state.Participants[^1].Draw.Beacon.Value;
        if (!Protocol.Verification.Canary.IsDue(beacon, spec.Id, options.CanaryPpm))
            return null;
        var bad = Protocol.Verification.Canary.Spoil(state.Answer!, spec.Model.EndOfGeneration.ToHashSet(), beacon);
        return bad is null ? null : CaseRules.CanaryOf(state, bad, DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()), options.Request.DeadlineMs);
    }
}
