using System.Globalization;
using System.Text;

namespace Atoma.Simulation.Figures;

/// <summary>A point with its interval, and what the formula says.</summary>
internal readonly record struct PlotPoint(double X, Rate Measured, double Formula);

/// <summary>One panel: points against one horizontal axis.</summary>
internal sealed record Panel(string Title, IReadOnlyList<PlotPoint> Points);

/// <summary>Small SVG plots: measured intervals as bars, formulas as rings. No script, no font, readable in any browser.</summary>
internal static class Plot
{
    private const int Width = 250;
    private const int Height = 190;
    private const int Margin = 38;
    private const int PerRow = 3;

    /// <param name="xLabel">Of all panels.</param>
    /// <param name="panels">In reading order.</param>
    public static string Draw(string xLabel, IReadOnlyList<Panel> panels)
    {
        var rows = (panels.Count + PerRow - 1) / PerRow;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{PerRow * Width}\" height=\"{rows * Height}\" font-family=\"sans-serif\" font-size=\"11\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (var i = 0; i < panels.Count; i++)
            Draw(svg, panels[i], xLabel, i % PerRow * Width, i / PerRow * Height);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, Panel panel, string xLabel, int left, int top)
    {
        var (xMin, xMax) = (panel.Points.Min(p => p.X), panel.Points.Max(p => p.X));
        var low = Math.Min(0, panel.Points.Min(p => Math.Min(p.Measured.Low, p.Formula)));
        var high = Math.Max(panel.Points.Max(p => Math.Max(p.Measured.High, p.Formula)), low + 1e-9);
        double X(double x) => left + Margin + 8 + (x - xMin) / Math.Max(xMax - xMin, 1e-9) * (Width - Margin - 24);
        double Y(double y) => top + 22 + (high - y) / (high - low) * (Height - 22 - Margin);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + Margin}\" y=\"{top + 14}\" font-weight=\"bold\">{panel.Title}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left + Margin} {top + 22} V{top + Height - Margin} H{left + Width - 10}\" fill=\"none\" stroke=\"black\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left + Margin} {Y(0):F1} H{left + Width - 10}\" stroke=\"#bbb\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + 2}\" y=\"{top + 30}\">{high:G3}</text><text x=\"{left + 2}\" y=\"{top + Height - Margin}\">{low:G3}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + Width / 2}\" y=\"{top + Height - 8}\" text-anchor=\"middle\">{xLabel}</text>\n");
        foreach (var p in panel.Points)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{X(p.X):F1} {Y(p.Measured.Low):F1} V{Y(p.Measured.High):F1}\" stroke=\"#0a58ca\" stroke-width=\"3\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(p.X):F1}\" cy=\"{Y(p.Formula):F1}\" r=\"4\" fill=\"none\" stroke=\"#c1121f\" stroke-width=\"1.5\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(p.X):F1}\" y=\"{top + Height - Margin + 13}\" text-anchor=\"middle\">{p.X:G2}</text>\n");
        }
    }
}
