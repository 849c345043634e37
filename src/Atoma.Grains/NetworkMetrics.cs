using System.Diagnostics;
using System.Diagnostics.Metrics;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Grains;

/// <summary>Meter and traces <c>Atoma.Network</c>: how requests end, what was drawn, checked and found. Attributes are names of the protocol's enums: no account, no node, no request.</summary>
internal static class NetworkMetrics
{
    public const string Name = "Atoma.Network";

    /// <summary>Spans may name a request and a node, never an account, a prompt or a key.</summary>
    public static readonly ActivitySource Traces = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>("atoma.requests", "{request}", "Requests that ended, by level, status and reason of a refund.");
    private static readonly Counter<long> Draws = Meter.CreateCounter<long>("atoma.draws", "{draw}", "Nodes drawn, by purpose.");
    private static readonly Counter<long> Replaced = Meter.CreateCounter<long>("atoma.nodes.replaced", "{node}", "Nodes drawn that did not do their part, by failure.");
    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>("atoma.verdicts", "{vote}", "Votes of checkers and resolvers, by verdict.");
    private static readonly Counter<long> Audits = Meter.CreateCounter<long>("atoma.audits", "{answer}", "Sampled answers, by whether an audit was drawn.");
    private static readonly Counter<long> Convictions = Meter.CreateCounter<long>("atoma.convictions", "{conviction}", "Nodes convicted by a request, by evidence.");
    private static readonly Counter<long> Slashes = Meter.CreateCounter<long>("atoma.slashes", "{slash}", "Slashes executed.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "atoma.request.duration", "s", "Time from acceptance to the end of a request, by level.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] });

    /// <summary>Every counter starts at 0, so that the first of anything shows as a rise and an alert on it can be written before.</summary>
    public static void Start()
    {
        Slashes.Add(0);
        foreach (var kind in Enum.GetValues<EvidenceKind>())
            Convictions.Add(0, Tag("atoma.evidence", RequestView.Snake(kind.ToString())));
        foreach (var failure in Enum.GetValues<ParticipantFailure>().Where(f => f != ParticipantFailure.None))
            Replaced.Add(0, Tag("atoma.failure", RequestView.Snake(failure.ToString())));
        foreach (var purpose in Enum.GetValues<DrawPurpose>())
            Draws.Add(0, Tag("atoma.purpose", RequestView.Snake(purpose.ToString())));
        foreach (var verdict in Enum.GetValues<Verdict>())
        {
            foreach (var purpose in new[] { DrawPurpose.Checker, DrawPurpose.Resolver })
                Verdicts.Add(0, Tag("atoma.verdict", RequestView.Snake(verdict.ToString())), Tag("atoma.purpose", RequestView.Snake(purpose.ToString())));
        }

        foreach (var due in new[] { "true", "false" })
            Audits.Add(0, Tag("atoma.due", due));
    }

    /// <summary>A request is in the books as ended.</summary>
    public static void Ended(RequestState state, DateTimeOffset now)
    {
        var level = Tag("atoma.integrity", LevelOf(state.Spec));
        Requests.Add(1, level, Tag("atoma.status", RequestView.Name(state.Phase)), Tag("atoma.reason", RequestView.Snake(state.Refund.ToString())));
        Duration.Record((now - state.Spec.CreatedAt).TotalSeconds, level);
        foreach (var participant in state.Participants)
        {
            Draws.Add(1, Tag("atoma.purpose", RequestView.Snake(participant.Purpose.ToString())));
            if (participant.Failure != ParticipantFailure.None)
                Replaced.Add(1, Tag("atoma.failure", RequestView.Snake(participant.Failure.ToString())));
            foreach (var ballot in participant.Ballots)
            {
                if (ballot.Vote is { } vote)
                    Verdicts.Add(1, Tag("atoma.verdict", RequestView.Snake(vote.Verdict.ToString())), Tag("atoma.purpose", RequestView.Snake(participant.Purpose.ToString())));
            }
        }

        if (state.Audit is { } audit)
            Audits.Add(1, Tag("atoma.due", Audit.IsDue(audit, state.Spec.Id, state.Spec.Terms.AuditPpm) ? "true" : "false"));
        foreach (var conviction in state.Convictions)
            Convictions.Add(1, Tag("atoma.evidence", RequestView.Snake(conviction.Kind.ToString())));
    }

    public static void Slashed() => Slashes.Add(1);

    /// <summary>W3C's traceparent of a context that is recorded; empty where it is not.</summary>
    public static string TraceParent(ActivityContext context) =>
        context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? $"00-{context.TraceId}-{context.SpanId}-01" : "";

    /// <summary>The level's kind: with its number there would be more values than a label should have.</summary>
    private static string LevelOf(RequestSpec spec) => spec.Review is { } review ? RequestView.Snake(review.Kind.ToString()) : RequestView.Snake(spec.Integrity.Kind.ToString());

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
