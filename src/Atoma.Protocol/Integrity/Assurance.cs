using Atoma.Protocol.Common;

namespace Atoma.Protocol.Integrity;

/// <summary>
/// How likely a wrong answer goes unnoticed (P4), for distinct draws: of N eligible nodes K = ⌈rN⌉ are the adversary's, and
/// they collude.
/// </summary>
public static class Assurance
{
    /// <summary>Probability, 0 to 1, that a wrong answer is delivered as right.</summary>
    /// <param name="level">Level of the request.</param>
    /// <param name="eligible">N: nodes that can be drawn.</param>
    /// <param name="adversaryShare">r, 0 to 1.</param>
    /// <param name="auditProbability">p of L1.</param>
    public static double UndetectedFraud(IntegrityLevel level, int eligible, double adversaryShare, double auditProbability = 0)
    {
        Invariant.Assert(eligible > 0);
        var adversaries = (int)Math.Ceiling(adversaryShare * eligible - 1e-9);
        var primary = (double)adversaries / eligible;
        switch (level.Kind)
        {
            case IntegrityKind.None:
                return primary;
            case IntegrityKind.Sampled:
                return primary * (1 - auditProbability * (1 - Share(adversaries - 1, eligible - 1)));
            case IntegrityKind.Checked:
                var majority = 0.0;
                for (var j = level.Quorum; j <= level.Count; j++)
                    majority += Hypergeometric(eligible - 1, adversaries - 1, level.Count, j);
                return primary * majority;
            default:
                return Hypergeometric(eligible, adversaries, level.Count, level.Count);
        }
    }

    /// <summary>The cheapest of the levels that a network of this size can serve and that meets the assurance; null when none does.</summary>
    /// <param name="assurance">Wanted probability that a wrong answer is caught, (0, 1).</param>
    /// <param name="eligible">N.</param>
    /// <param name="adversaryShare">r.</param>
    /// <param name="checkPermille">v: cost of a check relative to the answer, in permille.</param>
    public static IntegrityLevel? Cheapest(double assurance, int eligible, double adversaryShare, int checkPermille)
    {
        return Offered(eligible)
            .Where(l => 1 - UndetectedFraud(l, eligible, adversaryShare) >= assurance)
            .OrderBy(l => CostPermille(l, checkPermille))
            .Select(l => (IntegrityLevel?)l)
            .FirstOrDefault();
    }

    /// <summary>What a level costs in thousandths of one answer (P4's last column).</summary>
    public static int CostPermille(IntegrityLevel level, int checkPermille) =>
        level.Kind == IntegrityKind.Replicated ? 1000 * level.Count : 1000 + level.Checkers * checkPermille;

    private static IEnumerable<IntegrityLevel> Offered(int eligible)
    {
        yield return IntegrityLevel.None;
        for (var k = 1; k <= IntegrityLevel.CheckersMax && k + 1 <= eligible; k += 2)
            yield return IntegrityLevel.CheckedBy(k);
        for (var n = 2; n <= IntegrityLevel.ReplicasMax && n <= eligible; n++)
            yield return IntegrityLevel.Replicated(n);
    }

    private static double Share(int part, int whole) => whole <= 0 ? 0 : Math.Max(0, (double)part / whole);

    /// <summary>P(exactly j marked among k drawn without replacement from N with K marked).</summary>
    private static double Hypergeometric(int population, int marked, int drawn, int hits)
    {
        if (marked < 0 || drawn > population)
            return 0;
        return Choose(marked, hits) * Choose(population - marked, drawn - hits) / Choose(population, drawn);
    }

    private static double Choose(int n, int k)
    {
        if (k < 0 || k > n)
            return 0;
        var result = 1.0;
        for (var i = 1; i <= k; i++)
            result = result * (n - k + i) / i;
        return result;
    }
}
