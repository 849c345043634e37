using System.Diagnostics.Metrics;

namespace Atoma.Storage;

/// <summary>Meter <c>Atoma.Ledger</c>: what the ledger's writer does. No attribute names an account.</summary>
internal static class LedgerMetrics
{
    public const string Name = "Atoma.Ledger";

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "atoma.ledger.commit.duration", "s", "Time of one transaction of the ledger, its flush to disk included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5] });

    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram(
        "atoma.ledger.batch.size", "{command}", "Commands committed together.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });

    private static readonly Counter<long> Commits = Meter.CreateCounter<long>("atoma.ledger.commits", "{transaction}", "Transactions of the ledger, by whether the database took them.");

    /// <summary>One batch was committed, or its transaction failed.</summary>
    public static void Committed(int commands, TimeSpan took, bool failed)
    {
        Commits.Add(1, new KeyValuePair<string, object?>("atoma.outcome", failed ? "failed" : "ok"));
        if (failed)
            return;
        BatchSize.Record(commands);
        Duration.Record(took.TotalSeconds);
    }
}
