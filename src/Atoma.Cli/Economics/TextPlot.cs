using System.Globalization;
using System.Text;

namespace Atoma.Cli.Economics;

/// <summary>The curves in characters, for a terminal of 80 columns.</summary>
public static class TextPlot
{
    private const int Width = 64;
    private const int Height = 18;
    private const string Marks = "abcd";

    public static string Draw(AuditCurves curves)
    {
        var grid = Enumerable.Range(0, Height).Select(_ => Enumerable.Repeat(' ', Width).ToArray()).ToArray();
        var question = curves.Question;
        var budgetRow = Row(question.AuditProbability);
        Array.Fill(grid[budgetRow], '·');
        foreach (var (curve, mark) in curves.Curves.Zip(Marks))
        {
            foreach (var (collateral, probability) in curve.Points)
                grid[Row(probability)][Column(collateral)] = mark;
        }

        grid[budgetRow][Column(question.Parameters.Collateral)] = '#';

        var text = new StringBuilder("Least audit probability for which honesty pays: above its line it does.\n\n     p\n");
        for (var row = 0; row < Height; row++)
            text.Append(CultureInfo.InvariantCulture, $"{Tick(row),8} |").Append(new string(grid[row]).TrimEnd()).Append('\n');
        text.Append(' ', 9).Append('+').Append('-', Width).Append('\n').Append(CollateralAxis(curves)).Append('\n');
        text.Append("          collateral S in C    ").AppendJoin("  ", curves.Curves.Zip(Marks, (c, m) => $"{m}: {c.Label}")).Append('\n');
        return text.Append("          # you are here    ··· what the budget audits\n").ToString();

        int Row(double probability) => (int)Math.Round((1 - curves.Y(probability)) * (Height - 1));
        int Column(double collateral) => (int)Math.Round(curves.X(collateral) * (Width - 1));

        string Tick(int row)
        {
            var (from, to) = curves.ProbabilityDecades;
            var decade = Enumerable.Range(from, to - from + 1).Where(d => Row(Math.Pow(10, d)) == row).Cast<int?>().FirstOrDefault();
            return decade is { } d ? Math.Pow(10, d).ToString("0.########", CultureInfo.InvariantCulture) : "";
        }
    }

    private static string CollateralAxis(AuditCurves curves)
    {
        var (from, to) = curves.CollateralDecades;
        var line = Enumerable.Repeat(' ', Width + 16).ToArray();
        for (var d = from; d <= to; d++)
        {
            var label = d <= 4 ? Math.Pow(10, d).ToString("0", CultureInfo.InvariantCulture) : $"1e{d}";
            var at = 10 + (int)Math.Round((double)(d - from) / (to - from) * (Width - 1)) - (d == from ? 0 : label.Length / 2);
            label.CopyTo(line.AsSpan(at));
        }

        return new string(line).TrimEnd();
    }
}
