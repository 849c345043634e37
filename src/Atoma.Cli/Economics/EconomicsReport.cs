using System.Globalization;
using static Atoma.Protocol.Integrity.Economics;

namespace Atoma.Cli.Economics;

/// <summary>What (r, S, R, v, budget) buys, in plain words and tables.</summary>
public static class EconomicsReport
{
    public static void Print(EconomicsQuestion q, TextWriter output)
    {
        var (e, p) = (q.Parameters, q.AuditProbability);
        output.WriteLine("In units of C, the cost of computing one answer.");
        output.WriteLine($"A node with collateral {Amount(e.Collateral)} earns {Amount(e.Reward)} an answer. One party holds {Percent(e.AdversaryShare)} of the nodes.");
        output.WriteLine($"Audits may cost {Percent(q.Budget)} of the price; a check costs {Percent(q.CheckCost)} of an answer; {e.Checkers} check{(e.Checkers == 1 ? "" : "s")} an audit.");
        output.WriteLine();
        Verdict(e, p, output);
        output.WriteLine();
        Numbers(q, e, p, output);
        output.WriteLine();
        Levels(q, output);
    }

    private static void Verdict(Protocol.Integrity.EconomicParameters e, double p, TextWriter output)
    {
        var advantage = HonestAdvantage(e, p);
        if (advantage > 0)
        {
            output.WriteLine($"Honesty pays: {Amount(advantage)} more per answer than cheating.");
            return;
        }

        output.WriteLine($"Honesty does not pay: cheating is worth {Amount(-advantage)} more per answer.");
        var needed = MinimumCollateral(e, p);
        output.WriteLine(double.IsPositiveInfinity(needed)
            ? "No collateral mends that: nothing is audited, or every checker is the cheat's own. Raise the budget or lower the share."
            : $"It pays with more than {Amount(needed)} of collateral, or with audits above {Probability(MinimumAuditProbability(e))}.");
    }

    private static void Numbers(EconomicsQuestion q, Protocol.Integrity.EconomicParameters e, double p, TextWriter output)
    {
        var whole = AuditProbability(q.Budget, e.Checkers, 1);
        var caught = CaughtPerAnswer(e, p);
        Row("audited, p", Probability(p), "budget / (checks × their cost), P6.4");
        Row("least p for honesty", Probability(MinimumAuditProbability(e)), "P6.1; with the collateral above");
        Row("least collateral at p", Amount(MinimumCollateral(e, p)), "P6.1 solved for S");
        Row("the same, recomputing", Amount(MinimumCollateral(e, whole)), $"a check that costs a whole answer: p = {Probability(whole)}");
        Row("honest less dishonest", Amount(HonestAdvantage(e, p)), "per answer, expected");
        Row("a cheat is caught", caught > 0 ? $"after {Number(1 / caught)}" : "never", $"cheated answers, expected; {Probability(caught)} each");
        Row("open answers at most", Number(ExposureAnswers(e, p)), "unaudited at once: S is lost only once (P6.3)");

        void Row(string name, string value, string why) => output.WriteLine($"  {name,-22} {value,14}   {why}");
    }

    private static void Levels(EconomicsQuestion q, TextWriter output)
    {
        output.WriteLine($"Of {q.Nodes} nodes that can be drawn, {Math.Ceiling(q.Parameters.AdversaryShare * q.Nodes - 1e-9)} are the adversary's and collude:");
        output.WriteLine($"  {"integrity",-17} {"wrong answer unnoticed",22}   {"price, in answers",17}");
        foreach (var row in LevelTable.Of(q))
            output.WriteLine($"  {row.Name,-17} {Probability(row.Undetected),22}   {row.Price.ToString("0.###", CultureInfo.InvariantCulture),17}");
        output.WriteLine("  (L1 is what slips through once. The adversary pays for it with its collateral when it is caught.)");
    }

    private static string Amount(double value) => $"{Number(value)} C";

    private static string Percent(double value) => (value * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    private static string Probability(double value) =>
        value > 1 ? "above 1: never" : value == 0 ? "0" : (value * 100).ToString(value < 1e-6 ? "0.00e+0" : "0.0####", CultureInfo.InvariantCulture) + " %";

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "no limit" : Math.Abs(value) >= 1e7 ? value.ToString("0.###e+0", CultureInfo.InvariantCulture) : value.ToString("#,0.###", CultureInfo.InvariantCulture);
}
