using Atoma.Protocol.Common;
using Atoma.Protocol.Sampling;

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
    /// <param name="terms">p and k of L1.</param>
    public static double UndetectedFraud(IntegrityLevel level, int eligible, double adversaryShare, PriceTerms terms)
    {
        Invariant.Assert(eligible > 0);
        var adversaries = (int)Math.Ceiling(adversaryShare * eligible - 1e-9);
        var primary = (double)adversaries / eligible;
        switch (level.Kind)
        {
            case IntegrityKind.None:
                return primary;
            case IntegrityKind.Sampled:
                return primary * (1 - terms.AuditPpm / (double)Audit.Certain * (1 - Majority(terms.AuditCheckers)));
            case IntegrityKind.Checked:
                return primary * Majority(level.Count);
            default:
                return Hypergeometric(eligible, adversaries, level.Count, level.Count);
        }

        // Of k checkers drawn besides an adversary's primary, at least a quorum is the adversary's too.
        double Majority(int k)
        {
            var sum = 0.0;
            for (var j = k / 2 + 1; j <= k; j++)
                sum += Hypergeometric(eligible - 1, adversaries - 1, k, j);
            return sum;
        }
    }

    /// <summary>The cheapest of the levels that a network of this size can serve and that meets the assurance; null when none does.</summary>
    /// <param name="assurance">Wanted probability that a wrong answer is caught, (0, 1).</param>
    /// <param name="eligible">N.</param>
    /// <param name="adversaryShare">r.</param>
    /// <param name="terms">What checks and audits cost, and p.</param>
    public static IntegrityLevel? Cheapest(double assurance, int eligible, double adversaryShare, PriceTerms terms)
    {
        return IntegrityLevel.All
            .Where(l => EligibleSet.Needed(l, terms.AuditCheckers) <= eligible)
            .Where(l => 1 - UndetectedFraud(l, eligible, adversaryShare, terms) >= assurance)
            .OrderBy(l => CostMillionths(l, terms))
            .Select(l => (IntegrityLevel?)l)
            .FirstOrDefault();
    }

    /// <summary>What a level costs in millionths of one answer (P4's last column).</summary>
    public static long CostMillionths(IntegrityLevel level, PriceTerms terms) => level.Kind switch
    {
        IntegrityKind.Replicated => 1_000_000L * level.Count,
        IntegrityKind.Sampled => 1_000_000L + (long)terms.AuditPpm * terms.AuditCheckers * terms.CheckPermille / 1000,
        _ => 1_000_000L + 1000L * level.Checkers * terms.CheckPermille,
    };

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
