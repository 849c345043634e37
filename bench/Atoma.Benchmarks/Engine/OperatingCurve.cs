using Atoma.Protocol.Verification;

namespace Atoma.Benchmarks.Engine;

/// <summary>What a checker observed of one answer.</summary>
/// <param name="Positions">One for each output position.</param>
/// <param name="FraudFrom">First position that differs from the honest answer; −1 for an honest answer.</param>
/// <param name="IsFault">Found without statistics.</param>
internal sealed record ObservedAnswer(PositionObservation[] Positions, int FraudFrom, bool IsFault)
{
    /// <summary>Whether its first <paramref name="length"/> positions can be judged as what the answer is.</summary>
    public bool CountsAt(int length) => Positions.Length >= length && FraudFrom < length;

    public StatisticalScore ScoreAt(int length) => StatisticalScore.Of(Positions[..length]);
}

/// <summary>Thresholds learnt from honest answers, and what they do.</summary>
internal static class OperatingCurve
{
    /// <summary>Lengths at which answers are judged, tokens.</summary>
    public static readonly int[] Lengths = [16, 32, 64, 128, 256];

    /// <summary>The published thresholds are this far above the largest value that an honest answer of the learning half showed.</summary>
    public const double Headroom = 1.25;

    /// <summary>One quantum of a log-probability: what two honest nodes may always differ by.</summary>
    private const double Least = 1.0 / VerificationLimits.QuantaPerNat;

    public static StatisticalThreshold[] Learn(IReadOnlyCollection<ObservedAnswer> honest) => [.. Lengths.Select(length =>
    {
        StatisticalScore[] scores = [.. honest.Where(a => a.CountsAt(length)).Select(a => a.ScoreAt(length))];
        return new StatisticalThreshold(length, Above(scores, s => s.MeanMargin), Above(scores, s => s.MeanDistance), Above(scores, s => s.LargestMargin));
    })];

    /// <summary>Answers that count at a length, and how many of them exceed the threshold times <paramref name="scale"/>.</summary>
    public static (int Of, int Found) Count(IEnumerable<ObservedAnswer> answers, StatisticalThreshold threshold, double scale = 1)
    {
        var (of, found) = (0, 0);
        foreach (var answer in answers)
        {
            if (!answer.CountsAt(threshold.Positions))
                continue;
            of++;
            found += answer.IsFault || threshold.Excess(answer.ScoreAt(threshold.Positions)) > scale ? 1 : 0;
        }

        return (of, found);
    }

    /// <summary>The rate that <paramref name="found"/> of <paramref name="of"/> stays below with 95 % confidence (Clopper and Pearson, one-sided), by bisection.</summary>
    public static double UpperBound(int found, int of)
    {
        if (found >= of)
            return 1;
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < 60; i++)
        {
            var rate = (low + high) / 2;
            (low, high) = AtMost(found, of, rate) > 0.05 ? (rate, high) : (low, rate);
        }

        return high;
    }

    /// <summary>Probability of at most so many of <paramref name="of"/> at a rate, summed from the binomial's terms.</summary>
    private static double AtMost(int found, int of, double rate)
    {
        var term = of * Math.Log(1 - rate);
        var sum = Math.Exp(term);
        for (var k = 1; k <= found; k++)
        {
            term += Math.Log((of - k + 1.0) / k) + Math.Log(rate) - Math.Log(1 - rate);
            sum += Math.Exp(term);
        }

        return sum;
    }

    private static double Above(StatisticalScore[] scores, Func<StatisticalScore, double> value) =>
        Math.Max(Least, Headroom * scores.Select(value).DefaultIfEmpty().Max());
}
