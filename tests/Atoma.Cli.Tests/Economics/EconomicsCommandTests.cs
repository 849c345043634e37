using System.Xml.Linq;
using Atoma.Cli.Economics;
using Atoma.Protocol.Integrity;

namespace Atoma.Cli.Tests.Economics;

public sealed class EconomicsCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    private static EconomicsQuestion Question(double collateral = 250, double share = 0.5, double checkCost = 0.05, double budget = 0.01, int checkers = 1, int nodes = 20) =>
        new(EconomicParameters.Standard(1.2, collateral, share, checkers), checkCost, budget, nodes);

    private int Run(EconomicsQuestion question, string? svg = null) =>
        EconomicsCommand.Run(question, svg is null ? null : new FileInfo(_folder.File(svg)), _output, _errors);

    private string Line(string start) => _output.ToString().Split('\n').Single(l => l.TrimStart().StartsWith(start, StringComparison.Ordinal));

    // P6.4, as people read it.
    [Fact]
    public void Economics_OfOnePercent_PrintsTheCollateralOfP64()
    {
        Assert.Equal(0, Run(Question()));
        Assert.Contains(" 8.8 C", Line("least collateral at p"), StringComparison.Ordinal);
        Assert.Contains(" 198.8 C", Line("the same, recomputing"), StringComparison.Ordinal);
        Assert.Contains(" 0.79618 %", Line("least p for honesty"), StringComparison.Ordinal);
        Assert.Contains("Honesty pays", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8.7, "Honesty does not pay", "It pays with more than 8.8 C")]
    [InlineData(8.9, "Honesty pays", "least collateral at p")]
    public void Economics_AroundTheLeastCollateral_SaysWhoWins(double collateral, string verdict, string line)
    {
        Assert.Equal(0, Run(Question(collateral)));
        Assert.StartsWith(verdict, Line("Honesty"), StringComparison.Ordinal);
        Assert.Contains(line, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Economics_WithoutABudget_SaysThatNoCollateralHelps()
    {
        Assert.Equal(0, Run(Question(budget: 0)));
        Assert.Contains("No collateral mends that", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("never", Line("a cheat is caught"), StringComparison.Ordinal);
    }

    [Fact]
    public void Economics_OutOfRange_NamesEveryNumberAndPrintsNothing()
    {
        Assert.Equal(2, Run(Question(collateral: -1, share: 2, checkCost: 0, budget: double.NaN, checkers: 8, nodes: 0)));
        Assert.Equal(6, _errors.ToString().TrimEnd().Split('\n').Length);
        Assert.Empty(_output.ToString());
    }

    /// <summary>Whatever is in range is drawn, in the terminal and as well-formed SVG whose lines stay inside it.</summary>
    [Theory]
    [InlineData(0, 0, 100, 0, 1, 1)]
    [InlineData(1e9, 1, 1e-6, 700, 7, 100_000)]
    [InlineData(250, 0.42, 0.05, 0.01, 3, 3)]
    [InlineData(3, 0.5, 0.6, 1e-12, 2, 2)]
    public void Economics_AtItsBounds_DrawsBothPlots(double collateral, double share, double checkCost, double budget, int checkers, int nodes)
    {
        Assert.Equal(0, Run(Question(collateral, share, checkCost, budget, checkers, nodes), "plot.svg"));
        Assert.DoesNotContain("NaN", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("#", _output.ToString(), StringComparison.Ordinal);
        Assert.All(_output.ToString().Split('\n').Where(l => l.Contains('|', StringComparison.Ordinal)), l => Assert.InRange(l.Length, 10, 80));
        var svg = XDocument.Load(_folder.File("plot.svg"));
        var points = svg.Descendants().Where(n => n.Name.LocalName == "polyline").SelectMany(n => n.Attribute("points")!.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(points.Select(p => p.Split(',')), p =>
        {
            Assert.InRange(double.Parse(p[0]), 0, 840);
            Assert.InRange(double.Parse(p[1]), 0, 520);
        });
        Assert.Contains(svg.Descendants(), n => n.Name.LocalName == "text" && n.Value == "collateral S, in C");
    }

    [Fact]
    public void LevelTable_OfTenNodes_IsP4()
    {
        var rows = LevelTable.Of(Question(share: 0.5, nodes: 10)).ToDictionary(r => r.Name);
        Assert.Equal(0.5, rows["L0 none"].Undetected, 12);
        Assert.Equal(Assurance.UndetectedFraud(IntegrityLevel.Sampled, 10, 0.5, new PriceTerms(50, 0, AuditPpm: 200_000)), rows["L1 sampled"].Undetected, 12);
        Assert.Equal(1.01, rows["L1 sampled"].Price, 12);
        Assert.Equal(1.15, rows["L3 checked:3"].Price, 12);
        Assert.Equal(0.5 * 4 / 9 * 3 / 8, rows["L4 replicated:3"].Undetected, 12);
    }

    [Theory]
    [InlineData("0.05", 0.05)]
    [InlineData("5%", 0.05)]
    [InlineData("1/20", 0.05)]
    [InlineData("1e-3", 0.001)]
    public void TryParse_AsPeopleWriteProbabilities_Reads(string text, double value)
    {
        Assert.True(EconomicsCommand.TryParse(text, out var read));
        Assert.Equal(value, read, 12);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1/0")]
    [InlineData("1/2/3")]
    [InlineData("/2")]
    [InlineData("%")]
    [InlineData("NaN")]
    [InlineData("1e999")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(EconomicsCommand.TryParse(text, out _));

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }
}
