using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// An answer's observations as three numbers, each blind where another sees: the mean distance shows other weights at once, but a
/// cheat can take its evidence from the honest model; the mean margin then shows that the tokens are not that model's; the
/// largest margin shows a single token put in, which a mean over a long answer hides.
/// </summary>
/// <param name="MeanMargin">Nats.</param>
/// <param name="MeanDistance">Nats.</param>
/// <param name="LargestMargin">Nats.</param>
/// <param name="LargestAt">Position of the largest margin.</param>
public readonly record struct StatisticalScore(double MeanMargin, double MeanDistance, double LargestMargin, int LargestAt)
{
    /// <param name="positions">At least one.</param>
    public static StatisticalScore Of(IReadOnlyList<PositionObservation> positions)
    {
        Invariant.Assert(positions.Count > 0);
        double margins = 0, distances = 0, largest = 0;
        var largestAt = 0;
        for (var i = 0; i < positions.Count; i++)
        {
            var (margin, distance) = (positions[i].Margin, positions[i].Distance);
            Invariant.Assert(margin is >= 0 and <= StatisticalLimits.MarginNats);
            Invariant.Assert(distance is >= 0 and <= StatisticalLimits.DistanceNats);
            margins += margin;
            distances += distance;
            if (margin > largest)
                (largest, largestAt) = (margin, i);
        }

        return new StatisticalScore(margins / positions.Count, distances / positions.Count, largest, largestAt);
    }
}
