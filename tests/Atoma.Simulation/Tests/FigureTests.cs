using Atoma.Simulation.Figures;

namespace Atoma.Simulation.Tests;

/// <summary>Small editions of docs/threat-model.md's figures.</summary>
public sealed class FigureTests
{
    [Fact]
    public void Honesty_AboveAndBelowTheMinimum_PaysAsP61Says()
    {
        var points = HonestyFigure.Measure(trials: 50_000);
        Assert.All(points, p => Assert.Equal(p.OfMinimum > 1, p.Formula > 0));
        // One in a hundred 99 % intervals misses; the seeds are fixed, so this stays as it is.
        Assert.True(points.Count(p => !p.Measured.Holds(p.Formula)) <= 1);
    }

    [Fact]
    public void Standing_HonestNodes_AreNeverSlashed() => Assert.Equal(0, StandingFigure.Honest(nodeDays: 20_000).Slashes);

    [Fact]
    public void Standing_CheatingNodes_AreOutWhenPredicted() => Assert.All(StandingFigure.Cheating(nodes: 2_000),
        c => Assert.InRange(c.Checks.Mean, c.Formula * 0.9, c.Formula + 1 / c.Share + 1));
}
