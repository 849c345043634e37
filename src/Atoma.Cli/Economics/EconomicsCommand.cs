using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Atoma.Protocol.Integrity;

namespace Atoma.Cli.Economics;

/// <summary><c>economics [--share r] [--collateral S] …</c>: what a network's parameters buy (P6), with a plot.</summary>
public static class EconomicsCommand
{
    public static Command Build()
    {
        var share = Number("--share", "r: largest share of the nodes that one party holds, 0 to 1.", 1.0 / 3);
        var collateral = Number("--collateral", "S: what a caught cheat loses, in C.", 250);
        var reward = Number("--reward", "R: what an answer earns, in C; at least 1.", 1.2);
        var checkers = new Option<int>("--checkers") { Description = "N: checkers of an audit, 1 to 7.", DefaultValueFactory = _ => 1 };
        var checkCost = Number("--check-cost", "v: cost of one check, in answers.", 0.05);
        var budget = Number("--budget", "b: what audits may cost, of the answers' price.", 0.01);
        var gain = Number("--gain", "W1: gain from cheating unaudited, in C; the reward when left out.");
        var gainColluding = Number("--gain-colluding", "W2: gain when all checkers are the cheat's own, in C; twice the reward when left out.");
        var nodes = new Option<int>("--nodes") { Description = "Nodes that can be drawn, for the table of levels.", DefaultValueFactory = _ => 20 };
        var svg = new Option<FileInfo?>("--svg") { Description = "Write the plot to this file as SVG." };
        var command = new Command("economics", "What audits and collateral buy: when honesty pays, how soon a cheat is caught, what each level costs. Numbers may be written 0.05, 5% or 1/20.")
        {
            share, collateral, reward, checkers, checkCost, budget, gain, gainColluding, nodes, svg,
        };
        command.SetAction(result =>
        {
            var r = result.GetValue(reward)!.Value;
            var parameters = new EconomicParameters(
                r, result.GetValue(collateral)!.Value, result.GetValue(share)!.Value, result.GetValue(checkers), result.GetValue(gain) ?? r, result.GetValue(gainColluding) ?? 2 * r);
            var question = new EconomicsQuestion(parameters, result.GetValue(checkCost)!.Value, result.GetValue(budget)!.Value, result.GetValue(nodes));
            return Run(question, result.GetValue(svg), Console.Out, Console.Error);
        });
        return command;
    }

    /// <returns>0 when printed, 2 when a number is out of its range or the file cannot be written.</returns>
    public static int Run(EconomicsQuestion question, FileInfo? svg, TextWriter output, TextWriter errors)
    {
        var problems = question.Problems();
        foreach (var problem in problems)
            errors.WriteLine(problem);
        if (problems.Count > 0)
            return ExitCode.Unavailable;

        var curves = new AuditCurves(question);
        EconomicsReport.Print(question, output);
        output.WriteLine();
        output.Write(TextPlot.Draw(curves));
        if (svg is null)
            return ExitCode.Ok;
        try
        {
            File.WriteAllText(svg.FullName, SvgPlot.Draw(curves));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"Cannot write {svg.Name}: {e.Message}");
            return ExitCode.Unavailable;
        }

        output.WriteLine($"Wrote {svg.Name}.");
        return ExitCode.Ok;
    }

    /// <summary>A number as people write probabilities: 0.05, 5% or 1/20.</summary>
    public static bool TryParse(string text, out double value)
    {
        value = 0;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            if (!Plain(text.AsSpan(0, slash), out var above) || !Plain(text.AsSpan(slash + 1), out var below) || below == 0)
                return false;
            value = above / below;
            return true;
        }

        if (!text.EndsWith('%'))
            return Plain(text, out value);
        var read = Plain(text.AsSpan(0, text.Length - 1), out var percent);
        value = percent / 100;
        return read;

        static bool Plain(ReadOnlySpan<char> number, out double parsed) =>
            double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out parsed) && double.IsFinite(parsed);
    }

    private static Option<double?> Number(string name, string description, double? otherwise = null)
    {
        double? Parse(ArgumentResult result)
        {
            if (TryParse(result.Tokens[0].Value, out var value))
                return value;
            result.AddError($"{name} takes a number such as 0.05, 5% or 1/20, not '{result.Tokens[0].Value}'.");
            return null;
        }

        return new Option<double?>(name) { Description = description, CustomParser = Parse, DefaultValueFactory = _ => otherwise };
    }
}
