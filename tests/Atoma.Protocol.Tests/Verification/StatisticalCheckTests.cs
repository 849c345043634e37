using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Verification;

public sealed class StatisticalCheckTests
{
    private static readonly StatisticalThreshold[] Thresholds = [new(16, 0.01, 0.02, 0.5), new(64, 0.005, 0.01, 0.5)];

    [Fact]
    public void Judge_EverythingUnderItsThreshold_IsAMatch() =>
        Assert.Equal(CheckOutcome.Match, Judge(Repeat(64, 0.004, 0.009)));

    [Theory]
    [InlineData(0.006, 0)]
    [InlineData(0, 0.011)]
    public void Judge_AMeanAboveItsThreshold_IsAMismatch(double margin, double distance) =>
        Assert.Equal(Verdict.Mismatch, Judge(Repeat(64, margin, distance)).Verdict);

    [Fact]
    public void Judge_OneTokenPutIntoALongAnswer_IsAMismatchThere()
    {
        var positions = Repeat(1000, 0, 0);
        positions[700] = new PositionObservation(0.6, 0);
        var outcome = Judge(positions);
        Assert.Equal((Verdict.Mismatch, 700), (outcome.Verdict, outcome.Position));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public void Judge_TooShort_IsInconclusive(int count) =>
        Assert.Equal(Verdict.Inconclusive, Judge(Repeat(count, 4, 1)).Verdict);

    [Theory]
    [InlineData(16, Verdict.Match)]
    [InlineData(63, Verdict.Match)]
    [InlineData(64, Verdict.Mismatch)]
    [InlineData(5000, Verdict.Mismatch)]
    public void Judge_BetweenTwoLengths_HoldsToTheMoreLenient(int count, Verdict expected) =>
        Assert.Equal(expected, Judge(Repeat(count, 0.007, 0.015)).Verdict);

    [Fact]
    public void Judge_Fault_IsTheVerdictWhateverTheLength() =>
        Assert.Equal(CheckOutcome.Mismatch(3, "x"), StatisticalCheck.Judge(new AnswerObservation(CheckOutcome.Mismatch(3, "x"), []), []));

    [Fact]
    public void Judge_PairWithoutThresholds_IsInconclusive() =>
        Assert.Equal(Verdict.Inconclusive, StatisticalCheck.Judge(new AnswerObservation(null, Repeat(64, 0, 0)), []).Verdict);

    [Fact]
    public void Published_EveryPair_HasRisingLengthsPositiveThresholdsAndProvenance()
    {
        Assert.NotEmpty(PublishedThresholds.All);
        Assert.All(PublishedThresholds.All, pair =>
        {
            Assert.NotEmpty(pair.Provenance);
            Assert.Equal(pair.Thresholds.Select(t => t.Positions).Order().Distinct(), pair.Thresholds.Select(t => t.Positions));
            Assert.All(pair.Thresholds, t =>
            {
                Assert.InRange(t.Positions, StatisticalLimits.PositionsMin, VerificationLimits.OutputTokens);
                Assert.InRange(t.MeanMargin, 1e-9, StatisticalLimits.MarginNats);
                Assert.InRange(t.MeanDistance, 1e-9, StatisticalLimits.DistanceNats);
                Assert.InRange(t.LargestMargin, 1e-9, StatisticalLimits.MarginNats);
            });
        });
        Assert.Empty(PublishedThresholds.Find(Hash32.Zero, Hash32.Zero));
    }

    private static CheckOutcome Judge(PositionObservation[] positions) => StatisticalCheck.Judge(new AnswerObservation(null, positions), Thresholds);

    private static PositionObservation[] Repeat(int count, double margin, double distance) => [.. Enumerable.Repeat(new PositionObservation(margin, distance), count)];
}
