using System.Globalization;
using Atoma.Simulation.Figures;

namespace Atoma.Simulation.Commands;

/// <summary><c>--figures</c>: measured against formula, as tables, CSV and plots under docs.</summary>
internal static class FiguresCommand
{
    private const int Trials = 400_000;
    private const int NodeDays = 1_000_000;
    private const int Cheats = 100_000;

    /// <param name="folder">Where data/ and the plots go.</param>
    /// <param name="requests">Requests for each level and share.</param>
    public static int Run(string folder, int requests)
    {
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        var isRight = Fraud(folder, requests);
        isRight &= Honesty(folder);
        isRight &= Standing(folder);
        Console.WriteLine(isRight ? "figures all within their intervals" : "figures OUTSIDE their intervals");
        return isRight ? 0 : 1;
    }

    private static bool Fraud(string folder, int requests)
    {
        var points = FraudFigure.Measure(requests);
        Write(Path.Combine(folder, "data", "simulation-fraud.csv"), "level,adversary_share,requests,formula,fooled,fooled_low,fooled_high,delivered,unpunished",
            points.Select(p => Row(p.Level, p.Share, p.Requests, p.Formula, p.Fooled.Mean, p.Fooled.Low, p.Fooled.High, p.Delivered.Mean, p.Unpunished.Mean)));
        File.WriteAllText(Path.Combine(folder, "simulation-fraud.svg"), Plot.Draw("adversary share r", [.. points.GroupBy(p => p.Level)
            .Select(g => new Panel(g.Key, [.. g.Select(p => new PlotPoint(p.Share, p.Fooled, p.Formula))]))]));
        foreach (var p in points)
            Say($"fraud {p.Level,-13} r={p.Share:F3} formula={p.Formula:F4} first_committee={p.Fooled.Mean:F4} [{p.Fooled.Low:F4}, {p.Fooled.High:F4}] delivered={p.Delivered.Mean:F4} unpunished={p.Unpunished.Mean:F4}{Flag(p.Fooled.Holds(p.Formula))}");
        return points.All(p => p.Fooled.Holds(p.Formula));
    }

    private static bool Honesty(string folder)
    {
        var points = HonestyFigure.Measure(Trials);
        Write(Path.Combine(folder, "data", "simulation-honesty.csv"), "collateral_over_cost,adversary_share,p_over_p_min,p,formula,measured,low,high",
            points.Select(p => Row(p.Collateral, p.Share, p.OfMinimum, p.Probability, p.Formula, p.Measured.Mean, p.Measured.Low, p.Measured.High)));
        File.WriteAllText(Path.Combine(folder, "simulation-honesty.svg"), Plot.Draw("p over p_min", [.. points.GroupBy(p => (p.Collateral, p.Share))
            .Select(g => new Panel(string.Create(CultureInfo.InvariantCulture, $"S = {g.Key.Collateral}C, r = {g.Key.Share:F2}"), [.. g.Select(p => new PlotPoint(p.OfMinimum, p.Measured, p.Formula))]))]));
        foreach (var p in points)
            Say($"honesty S/C={p.Collateral,-4} r={p.Share:F3} p={p.Probability:F5} ({p.OfMinimum:F1} p_min) formula={p.Formula,7:F3} measured={p.Measured.Mean,7:F3} [{p.Measured.Low:F3}, {p.Measured.High:F3}]{Flag(IsRight(p))}");
        return points.All(IsRight);

        // Honest play wins above p_min and loses below: in the formula always, in the measurement where its interval tells.
        static bool IsRight(HonestyPoint p) => p.Measured.Holds(p.Formula) && p.Formula > 0 == p.OfMinimum > 1
            && (p.Measured.Holds(0) || p.Measured.Mean > 0 == p.OfMinimum > 1);
    }

    private static bool Standing(string folder)
    {
        var honest = StandingFigure.Honest(NodeDays);
        var cheats = StandingFigure.Cheating(Cheats);
        Write(Path.Combine(folder, "data", "simulation-standing.csv"), "cheating_share,nodes,mean_checks,low,high,longest,wald_formula",
            cheats.Select(c => Row(c.Share, c.Nodes, c.Checks.Mean, c.Checks.Low, c.Checks.High, c.Longest, c.Formula)));
        Say($"standing honest node_days={honest.NodeDays} checks={honest.Checks} false_alarms={honest.FalseAlarms:E2} failures={honest.Failures} quarantines={honest.Quarantines} slashes={honest.Slashes}{Flag(honest.Slashes == 0)}");
        foreach (var c in cheats)
            Say($"standing cheating={c.Share:F1} out_after={c.Checks.Mean:F2} [{c.Checks.Low:F2}, {c.Checks.High:F2}] longest={c.Longest} formula={c.Formula:F2}{Flag(IsRight(c))}");
        return honest.Slashes == 0 && cheats.All(IsRight);

        // Wald's formula is threshold over drift: the test fires at the next whole failure, less than one step of it later.
        static bool IsRight(CheatingNodes c) => c.Checks.Mean >= c.Formula * 0.95 && c.Checks.Mean <= c.Formula + 1 / c.Share + 1;
    }

    private static string Flag(bool isRight) => isRight ? "" : "  <-- OUTSIDE";

    private static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private static string Row(params object[] values) => string.Join(',', values.Select(v => v is double d ? d.ToString("G6", CultureInfo.InvariantCulture) : Convert.ToString(v, CultureInfo.InvariantCulture)));

    private static void Write(string path, string header, IEnumerable<string> rows) => File.WriteAllText(path, string.Join('\n', rows.Prepend(header)) + "\n");
}
