using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Registry;

/// <summary>What a terminal request says of the nodes that took part.</summary>
public static class Observations
{
    public static IReadOnlyList<(NodeId Node, ObservationKind Kind)> Of(RequestState state)
    {
        Invariant.Assert(state.IsTerminal);
        var seen = new List<(NodeId, ObservationKind)>();
        foreach (var p in state.Participants)
        {
            if (p.Failure == ParticipantFailure.Silent)
                seen.Add((p.Node, ObservationKind.Silent));
            else if (state.Spec.Comparison == Comparison.Statistical && p.Generates && Judged(state, p.Digest) is { } failed)
                seen.Add((p.Node, failed ? ObservationKind.Failed : ObservationKind.Passed));
            else if (p.Status is ParticipantStatus.Revealed or ParticipantStatus.Voted)
                seen.Add((p.Node, ObservationKind.Worked));
        }

        return seen;
    }

    /// <summary>Whether a quorum found an answer to fail, or to pass; null where none found either.</summary>
    private static bool? Judged(RequestState state, Hash32 answer)
    {
        var votes = state.Participants.SelectMany(p => p.Ballots).Where(b => b.Subject == answer).Select(b => b.Vote?.Verdict).ToArray();
        return votes.Count(v => v == Verdict.Mismatch) >= state.Spec.Quorum ? true
            : votes.Count(v => v == Verdict.Match) >= state.Spec.Quorum ? false
            : null;
    }
}
