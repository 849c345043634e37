using Atoma.Protocol.Integrity;

namespace Atoma.Cli.Economics;

/// <summary>One level of P4 as it comes out in a network of a given size.</summary>
/// <param name="Name">Level, and what a request calls it.</param>
/// <param name="Undetected">Probability that a wrong answer is delivered as right, 0 to 1.</param>
/// <param name="Price">In answers.</param>
public readonly record struct LevelRow(string Name, double Undetected, double Price);

/// <summary>Fraud that goes unnoticed and price for each level (P4).</summary>
public static class LevelTable
{
    private static readonly IntegrityLevel[] Checked = [IntegrityLevel.Checked, IntegrityLevel.CheckedBy(3), IntegrityLevel.CheckedBy(5), IntegrityLevel.CheckedBy(7)];
    private static readonly IntegrityLevel[] Replicated = [.. new[] { 2, 3, 5, 9 }.Select(IntegrityLevel.Replicated)];

    /// <summary>L0 to L4; a level that needs more nodes than there are is left out.</summary>
    public static IReadOnlyList<LevelRow> Of(EconomicsQuestion q)
    {
        var share = q.Parameters.AdversaryShare;
        var checkers = q.Parameters.Checkers;
        var p = q.AuditProbability;
        List<LevelRow> rows = [new("L0 none", Undetected(IntegrityLevel.None), 1)];
        if (checkers + 1 <= q.Nodes)
        {
            // An audit is a check by k that happens with probability p.
            var sampled = (1 - p) * Undetected(IntegrityLevel.None) + p * Undetected(IntegrityLevel.CheckedBy(checkers));
            rows.Add(new("L1 sampled", sampled, 1 + p * checkers * q.CheckCost));
        }

        rows.AddRange(Checked.Where(l => l.Count + 1 <= q.Nodes).Select(l => new LevelRow($"{(l.Count == 1 ? "L2" : "L3")} {l}", Undetected(l), 1 + l.Count * q.CheckCost)));
        rows.AddRange(Replicated.Where(l => l.Count <= q.Nodes).Select(l => new LevelRow($"L4 {l}", Undetected(l), l.Count)));
        return rows;

        double Undetected(IntegrityLevel level) => Assurance.UndetectedFraud(level, q.Nodes, share, default);
    }
}
