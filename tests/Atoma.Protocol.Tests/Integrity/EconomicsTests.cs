using Atoma.Protocol.Integrity;
using CsCheck;

namespace Atoma.Protocol.Tests.Integrity;

public sealed class EconomicsTests
{
    // P6.2: R = 1.2C, N = 1.
    [Theory]
    [InlineData(100, 0.1, 0.0110)]
    [InlineData(100, 1.0 / 3, 0.0148)]
    [InlineData(100, 0.5, 0.0198)]
    [InlineData(250, 0.5, 0.0080)]
    [InlineData(10, 0.5, 0.1786)]
    public void Economics_MinimumAuditProbability_ReproducesTable(double collateral, double share, double probability) =>
        Assert.Equal(probability, Economics.MinimumAuditProbability(EconomicParameters.Standard(1.2, collateral, share)), 4);

    // P6.1: p > C / ((1−r)(R+S)); R=1.2C, r=½, S=250C → 0.00796.
    [Fact]
    public void MinimumAuditProbability_OneChecker_IsTheSolvedForm()
    {
        Assert.Equal(0.00796, Economics.MinimumAuditProbability(EconomicParameters.Standard(1.2, 250, 0.5)), 5);
        Gen.Select(Gen.Double[1, 3], Gen.Double[1, 1000], Gen.Double[0, 0.9]).Sample((reward, collateral, share) => Assert.Equal(
            1 / ((1 - share) * (reward + collateral)),
            Economics.MinimumAuditProbability(EconomicParameters.Standard(reward, collateral, share)), 9));
    }

    [Fact]
    public void HonestAdvantage_AtTheMinimum_IsZeroAndRisesAboveIt() =>
        Gen.Select(Gen.Double[1, 3], Gen.Double[5, 1000], Gen.Double[0, 0.6], Gen.Int[1, 5]).Sample((reward, collateral, share, checkers) =>
        {
            var e = EconomicParameters.Standard(reward, collateral, share, checkers);
            var p = Economics.MinimumAuditProbability(e);
            Assert.Equal(0, Economics.HonestAdvantage(e, p), 9);
            Assert.True(Economics.HonestAdvantage(e, p * 1.01) > 0);
            Assert.True(Economics.HonestAdvantage(e, p * 0.99) < 0);
        });

    // P6.4: b = 1 %, r = ½; recomputing (v = 1) needs 199C, a check at v = 0.05 needs 8.8C.
    [Theory]
    [InlineData(1, 0.01, 198.8)]
    [InlineData(0.05, 0.20, 8.8)]
    public void MinimumCollateral_OfABudget_IsThatOfP64(double checkCost, double probability, double collateral)
    {
        var p = Economics.AuditProbability(budget: 0.01, checkers: 1, checkCost);
        Assert.Equal(probability, p, 12);
        Assert.Equal(collateral, Economics.MinimumCollateral(EconomicParameters.Standard(1.2, 0, 0.5), p), 9);
    }

    [Fact]
    public void MinimumCollateral_IsTheInverseOfMinimumAuditProbability() =>
        Gen.Select(Gen.Double[1, 3], Gen.Double[0, 0.9], Gen.Int[1, 7], Gen.Double[0.001, 0.2]).Sample((reward, share, checkers, p) =>
        {
            var e = EconomicParameters.Standard(reward, 0, share, checkers);
            var collateral = Economics.MinimumCollateral(e, p);
            if (collateral > 0)
                Assert.Equal(p, Economics.MinimumAuditProbability(e with { Collateral = collateral }), 9);
            Assert.True(Economics.HonestAdvantage(e with { Collateral = collateral + 0.01 }, p) > 0);
        });

    [Fact]
    public void MinimumCollateral_WithoutAuditsOrWithAllNodesTheAdversarys_IsInfinite()
    {
        Assert.Equal(double.PositiveInfinity, Economics.MinimumCollateral(EconomicParameters.Standard(1.2, 0, 0.5), 0));
        Assert.Equal(double.PositiveInfinity, Economics.MinimumCollateral(EconomicParameters.Standard(1.2, 0, 1), 1));
    }

    /// <summary>Plays the game of the remarks with a coin for each step; the mean must come to what the formula says.</summary>
    [Theory]
    [InlineData(0.1, 1, 0.05)]
    [InlineData(0.5, 1, 0.01)]
    [InlineData(0.5, 3, 0.02)]
    public void HonestAdvantage_EqualsTheSimulatedGame(double share, int checkers, double p)
    {
        const int Rounds = 1_000_000;
        var e = EconomicParameters.Standard(1.2, 50, share, checkers);
        var random = new Random(11);
        double sum = 0, squares = 0;
        var caught = 0;
        for (var i = 0; i < Rounds; i++)
        {
            var honest = e.Reward - 1;
            var cheat = e.GainUnaudited;
            if (random.NextDouble() < p)
            {
                var own = Enumerable.Range(0, checkers).Count(_ => random.NextDouble() < share);
                caught += own < checkers ? 1 : 0;
                cheat = own == checkers ? e.GainColluding - e.Reward : -e.Collateral;
                honest += own > 0 && own < checkers ? 1 : 0;
            }

            var difference = honest - cheat;
            sum += difference;
            squares += difference * difference;
        }

        var mean = sum / Rounds;
        var error = Math.Sqrt((squares / Rounds - mean * mean) / Rounds);
        Assert.InRange(Economics.HonestAdvantage(e, p), mean - 5 * error, mean + 5 * error);
        var expected = Economics.CaughtPerAnswer(e, p);
        Assert.InRange((double)caught / Rounds, expected - 5 * Math.Sqrt(expected / Rounds), expected + 5 * Math.Sqrt(expected / Rounds));
    }

    // P6.3: S is lost once. Twice the collateral covers twice the open answers.
    [Fact]
    public void ExposureAnswers_GrowWithTheCollateral()
    {
        var e = EconomicParameters.Standard(1.2, 8.8 * 10.5, 0.5);
        Assert.Equal(10, Economics.ExposureAnswers(e, 0.2));
        Assert.Equal(0, Economics.ExposureAnswers(e with { Collateral = 8.7 }, 0.2));
    }

    [Fact]
    public void AuditProbability_OfABudgetBeyondFullAudit_IsOne()
    {
        Assert.Equal(1, Economics.AuditProbability(0.5, 3, 0.1));
        Assert.Equal(0.1, Economics.AuditProbability(0.03, 3, 0.1), 12);
    }

    [Fact]
    public void MinimumAuditProbability_WithoutCollateral_CannotBeMet() =>
        Assert.True(Economics.MinimumAuditProbability(EconomicParameters.Standard(1.2, 0, 0.5)) > 1);

    [Fact]
    public void Problems_NameEveryParameterOutOfRange()
    {
        Assert.Empty(EconomicParameters.Standard(1.2, 250, 0.5).Problems());
        var problems = new EconomicParameters(0.5, -1, double.NaN, 0, double.PositiveInfinity, 2).Problems();
        Assert.Equal(["The reward R", "The collateral S", "The share r", "The number of checkers N", "The gain W₁"], problems.Select(p => p[..p.IndexOf(" is ", StringComparison.Ordinal)]));
    }
}
