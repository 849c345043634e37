using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Registry;

namespace Atoma.Protocol.Tests.Registry;

public sealed class NodeStandingTests
{
    private static readonly Hash32 Request = Hash32.Sha256("request"u8);

    [Fact]
    public void Constants_AreTheLogarithmsOfP81()
    {
        Assert.Equal(NodeStanding.FailureMicronats, Math.Log(0.3 / 1e-3) * 1e6, 0.6);
        Assert.Equal(NodeStanding.PassMicronats, Math.Log(0.7 / 0.999) * 1e6, 0.6);
        Assert.Equal(NodeStanding.ThresholdMicronats, Math.Log(1e9) * 1e6, 0.6);
    }

    /// <summary>P8.1: one bad check never slashes an honest node.</summary>
    [Fact]
    public void Observe_OneFailure_QuarantinesUntilItIsWorkedOff()
    {
        var (standing, change) = new NodeStanding().Observe(ObservationKind.Failed, Request);
        Assert.Equal((StandingChange.Quarantined, true), (change, standing.IsQuarantined));
        var passes = 0;
        for (; standing.IsQuarantined; passes++)
            (standing, change) = standing.Observe(ObservationKind.Passed, Request);
        Assert.Equal((9, StandingChange.Cleared), (passes, change));
        for (var i = 0; i < 20; i++)
            (standing, _) = standing.Observe(ObservationKind.Passed, Request);
        Assert.Equal(0, standing.Micronats);
        Assert.Empty(standing.History);
    }

    [Fact]
    public void Observe_FailuresInARow_FireAtTheFourthAndTheHistoryProvesIt()
    {
        var standing = new NodeStanding();
        for (var i = 1; i <= 4; i++)
        {
            (standing, var change) = standing.Observe(ObservationKind.Failed, Hash32.Sha256([(byte)i]));
            Assert.Equal(i == 4, change == StandingChange.Fired);
        }

        Assert.Equal(4, standing.History.Count);
        Assert.True(NodeStanding.Recount(standing.History) >= NodeStanding.ThresholdMicronats);
        Assert.True(NodeStanding.Recount(standing.History.RemoveAt(0)) < NodeStanding.ThresholdMicronats);
    }

    [Theory]
    [InlineData(0.3, 14.2)]
    [InlineData(0.5, 7.75)]
    [InlineData(0.9, 4.07)]
    public void ExpectedChecks_IsThresholdOverDrift(double share, double expected) => Assert.Equal(expected, NodeStanding.ExpectedChecks(share), 0.1);

    /// <summary>Wald's bound counts no overshoot: the mean lies a little above it, by one failure's step at most.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Observe_CheatOfSomeShare_IsOutAfterAboutTheExpectedChecks(double share)
    {
        var random = new Random(7);
        const int runs = 2000;
        var total = 0;
        for (var run = 0; run < runs; run++)
        {
            var standing = new NodeStanding();
            for (var change = StandingChange.None; change != StandingChange.Fired; total++)
                (standing, change) = standing.Observe(random.NextDouble() < share ? ObservationKind.Failed : ObservationKind.Passed, Request);
        }

        var drift = NodeStanding.ThresholdMicronats / NodeStanding.ExpectedChecks(share);
        Assert.InRange(total / (double)runs, NodeStanding.ExpectedChecks(share) * 0.85, NodeStanding.ExpectedChecks(share) + NodeStanding.FailureMicronats / drift);
    }

    [Fact]
    public void Observe_SilenceInARow_JailsAndWorkForgives()
    {
        var standing = new NodeStanding();
        (standing, var change) = standing.Observe(ObservationKind.Silent, Request);
        (standing, change) = standing.Observe(ObservationKind.Worked, Request);
        for (var i = 0; i < NodeStanding.SilencesMax; i++)
        {
            Assert.Equal(StandingChange.None, change);
            (standing, change) = standing.Observe(ObservationKind.Silent, Request);
        }

        Assert.Equal(StandingChange.Unreliable, change);
    }

    [Fact]
    public void History_OfALongStruggle_StaysWithinTheEvidenceLimit()
    {
        var standing = new NodeStanding();
        for (var i = 0; i < 2000; i++)
            (standing, _) = standing.Observe(i % 17 == 0 ? ObservationKind.Failed : ObservationKind.Passed, Request);
        Assert.True(standing.History.Count <= SlashCase.HistoryMax);
        Assert.Equal(standing.Micronats, NodeStanding.Recount(standing.History));
    }

    [Fact]
    public void Exposure_Fits_UpToTheRatioOfTheCollateral()
    {
        var (collateral, value) = (new Micros(1_000_099), new Micros(1_000));
        Assert.Equal(new Micros(10_000), Exposure.Cap(collateral, 100));
        Assert.True(Exposure.Fits(new Micros(9_000), value, collateral, 100));
        Assert.False(Exposure.Fits(new Micros(9_001), value, collateral, 100));
        Assert.False(Exposure.Fits(Micros.Zero, value, Micros.Zero, 100));
    }
}
