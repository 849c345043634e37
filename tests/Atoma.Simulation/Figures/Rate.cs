namespace Atoma.Simulation.Figures;

/// <summary>A measured rate with its 99 % confidence interval (Wilson's score interval).</summary>
internal readonly record struct Rate(double Mean, double Low, double High)
{
    /// <summary>Standard deviations on each side of a 99 % interval.</summary>
    public const double Z = 2.576;

    public static Rate Of(int hits, int of)
    {
        var p = (double)hits / of;
        var z2 = Z * Z / of;
        var middle = (p + z2 / 2) / (1 + z2);
        var half = Z * Math.Sqrt(p * (1 - p) / of + z2 / (4 * of)) / (1 + z2);
        return new Rate(p, hits == 0 ? 0 : Math.Max(0, middle - half), hits == of ? 1 : Math.Min(1, middle + half));
    }

    /// <summary>Of a mean of many numbers.</summary>
    public static Rate OfMean(double sum, double squares, long count)
    {
        var mean = sum / count;
        var half = Z * Math.Sqrt(Math.Max(0, squares / count - mean * mean) / count);
        return new Rate(mean, mean - half, mean + half);
    }

    public bool Holds(double value) => value >= Low && value <= High;
}
