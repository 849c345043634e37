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

    // P6.4: a budget of 1 % at v = 0.05 and r = ½ needs 8.8C instead of 199C.
    [Theory]
    [InlineData(0.01, 198.8)]
    [InlineData(0.20, 8.8)]
    public void MinimumAuditProbability_OfABudget_GivesTheCollateralOfP64(double probability, double collateral) =>
        Assert.Equal(probability, Economics.MinimumAuditProbability(EconomicParameters.Standard(1.2, collateral, 0.5)), 6);

    [Fact]
    public void MinimumAuditProbability_WithoutCollateral_CannotBeMet() =>
        Assert.True(Economics.MinimumAuditProbability(EconomicParameters.Standard(1.2, 0, 0.5)) > 1);
}
