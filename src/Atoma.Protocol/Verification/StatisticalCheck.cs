using System.Globalization;

namespace Atoma.Protocol.Verification;

/// <summary>The most that an honest answer of some length shows, but for the published rate of false alarms.</summary>
/// <param name="Positions">For answers of this length up to the next entry's.</param>
/// <param name="MeanMargin">Nats.</param>
/// <param name="MeanDistance">Nats.</param>
/// <param name="LargestMargin">Nats.</param>
public sealed record StatisticalThreshold(int Positions, double MeanMargin, double MeanDistance, double LargestMargin)
{
    /// <summary>How far an answer is above what honest ones show: the largest of its three numbers, each in units of its threshold. Above 1 is a mismatch.</summary>
    public double Excess(StatisticalScore score) =>
        Math.Max(score.LargestMargin / LargestMargin, Math.Max(score.MeanMargin / MeanMargin, score.MeanDistance / MeanDistance));
}

/// <summary>Stage 2 across echelons (P7.4): judges what the engine observed by thresholds learnt from honest runs of the same pair of echelons.</summary>
public static class StatisticalCheck
{
    /// <param name="observed">The engine's observations.</param>
    /// <param name="thresholds">Of this pair of echelons, ascending by length; empty when none are published.</param>
    public static CheckOutcome Judge(AnswerObservation observed, IReadOnlyList<StatisticalThreshold> thresholds)
    {
        if (observed.Fault is { } fault)
            return fault;
        if (thresholds.Count == 0)
            return CheckOutcome.Inconclusive("no thresholds are published for this pair of echelons");
        var count = observed.Positions.Count;
        // Thresholds fall with length, so an answer between two is held to the more lenient one.
        if (count < StatisticalLimits.PositionsMin || thresholds.LastOrDefault(t => t.Positions <= count) is not { } threshold)
            return CheckOutcome.Inconclusive($"an answer of {count} tokens is too short to tell across echelons");
        var score = StatisticalScore.Of(observed.Positions);
        return threshold.Excess(score) <= 1
            ? CheckOutcome.Match
            : CheckOutcome.Mismatch(score.LargestAt, string.Create(CultureInfo.InvariantCulture,
                $"is further from the model than honest answers are: mean margin {score.MeanMargin:G4} (at most {threshold.MeanMargin:G4}), mean distance {score.MeanDistance:G4} ({threshold.MeanDistance:G4}), largest margin {score.LargestMargin:G4} ({threshold.LargestMargin:G4}) nats"));
    }
}
