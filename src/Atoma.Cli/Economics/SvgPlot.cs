using System.Globalization;
using System.Text;

namespace Atoma.Cli.Economics;

/// <summary>The curves as an SVG that stands alone: no script, no font, no style sheet; light and dark.</summary>
public sealed class SvgPlot
{
    private const int Width = 840;
    private const int Height = 520;
    private const int Left = 84;
    private const int Right = 24;
    private const int Top = 76;
    private const int Bottom = 66;

    /// <summary>Told apart with common colour blindness, and by dash as well.</summary>
    private static readonly (string Colour, string Dash)[] Strokes = [("#2a7fbd", ""), ("#c8641b", "9 4"), ("#7a4fb5", "3 3"), ("#2b8a57", "12 3 3 3")];

    private readonly StringBuilder _svg = new();
    private readonly AuditCurves _curves;

    private SvgPlot(AuditCurves curves) => _curves = curves;

    public static string Draw(AuditCurves curves)
    {
        var plot = new SvgPlot(curves);
        plot.Open();
        plot.Region();
        plot.Axes();
        plot.Lines();
        plot.Here();
        return plot._svg.Append("</svg>\n").ToString();
    }

    private double X(double collateral) => Left + _curves.X(collateral) * (Width - Left - Right);

    private double Y(double probability) => Top + (1 - _curves.Y(probability)) * (Height - Top - Bottom);

    private void Line(FormattableString line) => _svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private void Open()
    {
        var e = _curves.Question.Parameters;
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">");
        Line($"<title>Least audit probability for which honesty pays, over the collateral</title>");
        Line($"<style>.bg{{fill:#fff}}.ink{{fill:#1d2530}}.soft{{fill:#5a6675}}.grid{{stroke:#e3e7ec}}.axis{{stroke:#8b96a5}}.safe{{fill:#2b8a57;fill-opacity:.09}}.here{{fill:#c22f3d;stroke:#fff}}.budget{{stroke:#c22f3d}}");
        Line($"@media (prefers-color-scheme: dark){{.bg{{fill:#12171e}}.ink{{fill:#e8edf3}}.soft{{fill:#9aa7b6}}.grid{{stroke:#27303b}}.axis{{stroke:#66727f}}.safe{{fill-opacity:.16}}.here{{stroke:#12171e}}}}</style>");
        Line($"<rect class=\"bg\" width=\"{Width}\" height=\"{Height}\"/>");
        Line($"<text class=\"ink\" x=\"{Left}\" y=\"30\" font-size=\"17\" font-weight=\"600\">Least audit probability for which honesty pays</text>");
        Line($"<text class=\"soft\" x=\"{Left}\" y=\"52\">{e.Checkers} checker{(e.Checkers == 1 ? "" : "s")} an audit, reward {e.Reward:0.##} C, gains W₁ {e.GainUnaudited:0.##} C and W₂ {e.GainColluding:0.##} C; C is the cost of one answer</text>");
    }

    /// <summary>Where honesty pays against the share that was asked about.</summary>
    private void Region()
    {
        var asked = _curves.Curves.MinBy(c => Math.Abs(c.Share - _curves.Question.Parameters.AdversaryShare))!;
        if (asked.Points.Count == 0)
            return;
        var edge = string.Join(' ', asked.Points.Select(Point));
        Line($"<polygon class=\"safe\" points=\"{X(asked.Points[0].Collateral):0.#},{Top} {edge} {Width - Right},{Top}\"/>");
        Line($"<text class=\"soft\" x=\"{Width - Right - 12}\" y=\"{Top + 22}\" text-anchor=\"end\">honesty pays against {asked.Label}</text>");
    }

    private void Axes()
    {
        var (from, to) = _curves.CollateralDecades;
        for (var d = from; d <= to; d++)
        {
            var x = X(Math.Pow(10, d));
            Line($"<line class=\"grid\" x1=\"{x:0.#}\" y1=\"{Top}\" x2=\"{x:0.#}\" y2=\"{Height - Bottom}\"/>");
            Line($"<text class=\"soft\" x=\"{x:0.#}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{Math.Pow(10, d):#,0}</text>");
        }

        (from, to) = _curves.ProbabilityDecades;
        for (var d = from; d <= to; d++)
        {
            var y = Y(Math.Pow(10, d));
            Line($"<line class=\"grid\" x1=\"{Left}\" y1=\"{y:0.#}\" x2=\"{Width - Right}\" y2=\"{y:0.#}\"/>");
            Line($"<text class=\"soft\" x=\"{Left - 10}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{Math.Pow(10, d + 2):0.######} %</text>");
        }

        Line($"<path class=\"axis\" fill=\"none\" d=\"M{Left} {Top}V{Height - Bottom}H{Width - Right}\"/>");
        Line($"<text class=\"ink\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 20}\" text-anchor=\"middle\">collateral S, in C</text>");
        Line($"<text class=\"ink\" x=\"20\" y=\"{(Top + Height - Bottom) / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 20 {(Top + Height - Bottom) / 2})\">audit probability p</text>");
    }

    private void Lines()
    {
        var bottom = Height - Bottom;
        for (var i = 0; i < _curves.Curves.Count; i++)
        {
            var curve = _curves.Curves[i];
            var (colour, dash) = Strokes[i];
            Line($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.2\" stroke-dasharray=\"{dash}\" points=\"{string.Join(' ', curve.Points.Select(Point))}\"/>");
            var y = bottom - 14 - 20 * (_curves.Curves.Count - 1 - i);
            Line($"<line x1=\"{Left + 14}\" y1=\"{y - 4}\" x2=\"{Left + 46}\" y2=\"{y - 4}\" stroke=\"{colour}\" stroke-width=\"2.2\" stroke-dasharray=\"{dash}\"/>");
            Line($"<text class=\"ink\" x=\"{Left + 54}\" y=\"{y}\">{curve.Label}</text>");
        }
    }

    /// <summary>What the budget audits, and the collateral that was asked about.</summary>
    private void Here()
    {
        var q = _curves.Question;
        var (x, y) = (X(q.Parameters.Collateral), Y(q.AuditProbability));
        Line($"<line class=\"budget\" x1=\"{Left}\" y1=\"{y:0.#}\" x2=\"{Width - Right}\" y2=\"{y:0.#}\" stroke-dasharray=\"2 5\"/>");
        Line($"<circle class=\"here\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"6\" stroke-width=\"2\"/>");
        // Where no curve runs: the legend's corner.
        var label = Height - Bottom - 14 - 20 * _curves.Curves.Count;
        Line($"<circle class=\"here\" cx=\"{Left + 30}\" cy=\"{label - 4}\" r=\"5\"/>");
        Line($"<text class=\"ink\" x=\"{Left + 54}\" y=\"{label}\">S = {q.Parameters.Collateral:0.##} C, p = {q.AuditProbability * 100:0.###} %: a budget of {q.Budget * 100:0.##} % at v = {q.CheckCost:0.###}</text>");
    }

    private string Point((double Collateral, double Probability) p) => string.Create(CultureInfo.InvariantCulture, $"{X(p.Collateral):0.#},{Y(p.Probability):0.#}");
}
