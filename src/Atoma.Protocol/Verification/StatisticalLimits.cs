namespace Atoma.Protocol.Verification;

/// <summary>Bounds of the statistical check (P7.4).</summary>
public static class StatisticalLimits
{
    /// <summary>A larger margin counts as this: one position alone shall not outweigh a whole answer in the mean.</summary>
    public const double MarginNats = 4;

    /// <summary>A larger difference of one entry's ln p counts as this.</summary>
    public const double DistanceNats = 1;

    /// <summary>Shorter answers are Inconclusive: below this the honest and the cheating means overlap (docs/benchmarks.md).</summary>
    public const int PositionsMin = 16;
}
