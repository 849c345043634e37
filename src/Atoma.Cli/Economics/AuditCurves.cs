using System.Globalization;
using Atoma.Protocol.Integrity;

namespace Atoma.Cli.Economics;

/// <summary>p_min over the collateral for one adversary share: above the curve honesty pays.</summary>
/// <param name="Share">r.</param>
/// <param name="Label">For the legend.</param>
/// <param name="Points">Collateral in C and p_min, of which those above 1 are left out.</param>
public sealed record AuditCurve(double Share, string Label, IReadOnlyList<(double Collateral, double Probability)> Points);

/// <summary>What both plots show: p_min(S) for three shares and the asked one, and the point that was asked about. Both axes are logarithmic.</summary>
public sealed class AuditCurves
{
    private const int PointsPerDecade = 24;
    private const double ProbabilityFloor = 1e-6;

    private static readonly (double Share, string Label)[] Reference = [(0.1, "r = 0.1"), (1.0 / 3, "r = 1/3"), (0.5, "r = 1/2")];

    public AuditCurves(EconomicsQuestion q)
    {
        Question = q;
        var s = q.Parameters.Collateral;
        CollateralDecades = (0, Math.Max(4, s > 0 ? (int)Math.Ceiling(Math.Log10(s) + 0.3) : 0));
        Curves = [.. Shares(q.Parameters.AdversaryShare).Select(r => Curve(r.Share, r.Label))];
        var least = Curves.SelectMany(c => c.Points).Select(c => c.Probability).Append(q.AuditProbability).Where(p => p > ProbabilityFloor).DefaultIfEmpty(0.01).Min();
        ProbabilityDecades = ((int)Math.Floor(Math.Log10(least)), 0);
    }

    public EconomicsQuestion Question { get; }

    /// <summary>Exponents of ten at the ends of the axis of S.</summary>
    public (int From, int To) CollateralDecades { get; }

    /// <summary>Exponents of ten at the ends of the axis of p.</summary>
    public (int From, int To) ProbabilityDecades { get; }

    /// <summary>By rising share.</summary>
    public IReadOnlyList<AuditCurve> Curves { get; }

    /// <summary>0 to 1 along the axis of S; what lies outside is put at its end.</summary>
    public double X(double collateral) => Along(collateral, CollateralDecades);

    /// <summary>0 to 1 along the axis of p.</summary>
    public double Y(double probability) => Along(probability, ProbabilityDecades);

    private static double Along(double value, (int From, int To) decades) =>
        value <= 0 ? 0 : Math.Clamp((Math.Log10(value) - decades.From) / (decades.To - decades.From), 0, 1);

    private static IEnumerable<(double Share, string Label)> Shares(double asked)
    {
        var own = Reference.Any(r => Math.Abs(r.Share - asked) < 1e-6) ? [] : new[] { (Share: asked, Label: $"r = {asked.ToString("0.###", CultureInfo.InvariantCulture)}") };
        return Reference.Concat(own).OrderBy(r => r.Share);
    }

    private AuditCurve Curve(double share, string label)
    {
        var (from, to) = CollateralDecades;
        var points = Enumerable.Range(0, (to - from) * PointsPerDecade + 1).Select(i => Math.Pow(10, from + (double)i / PointsPerDecade))
            .Select(s => (Collateral: s, Probability: Protocol.Integrity.Economics.MinimumAuditProbability(Question.Parameters with { AdversaryShare = share, Collateral = s })))
            .Where(p => p.Probability is > 0 and <= 1);
        return new AuditCurve(share, label, [.. points]);
    }
}
