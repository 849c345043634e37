namespace Atoma.Benchmarks;

/// <summary>Order statistics of a sample.</summary>
internal static class Statistics
{
    /// <summary>The value below which a share <paramref name="q"/> (0 to 1) of the sample lies; nearest rank.</summary>
    public static double Quantile(IEnumerable<double> sample, double q)
    {
        double[] sorted = [.. sample.Order()];
        return sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(q * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
