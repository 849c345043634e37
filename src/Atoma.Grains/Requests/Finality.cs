using Atoma.Grains.Abstractions;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Requests;

/// <summary>When an answer is final (P4's column), in words and in the network's time limits.</summary>
internal static class Finality
{
    public static FinalityInfo Of(IntegrityLevel level, Comparison comparison, NetworkOptions options)
    {
        var (given, reversible, description) = level.Kind switch
        {
            IntegrityKind.None => ("at_once", "", "Given as soon as its node has committed to it; nobody checks it."),
            IntegrityKind.Sampled => ("at_once", "audit_end",
                "Given as soon as its node has committed to it. If the draw that follows asks for an audit, the money waits for it, and if the answer fails it is refunded in full."),
            IntegrityKind.Checked when level.Count == 1 => ("after_check", "", "Given when its checker agrees; an answer that it refuses is not given, and another node answers."),
            IntegrityKind.Checked => ("after_quorum", "", $"Given when {level.Quorum} of {level.Count} checkers agree; an answer that they refuse is not given, and another node answers."),
            _ => ("after_reveals", "", $"Given when {level.Count} nodes have revealed the same bytes; where replicas differ there is no answer and no charge."),
        };
        var request = options.Request;
        return new FinalityInfo(
            given, reversible, description, request.CommitTimeoutMs, request.RevealTimeoutMs, request.CheckTimeoutMs, request.DeadlineMs,
            comparison == Comparison.Exact ? (long)options.AppealWindow.TotalMilliseconds : 0);
    }
}
