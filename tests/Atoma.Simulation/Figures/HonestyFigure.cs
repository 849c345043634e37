using Atoma.Protocol.Integrity;
using Atoma.Protocol.Sampling;
using Atoma.Simulation.Core;

namespace Atoma.Simulation.Figures;

/// <summary>What honest play earns beyond cheating at one audit probability, measured and by P6.1, in units of C.</summary>
internal sealed record HonestyPoint(double Collateral, double Share, double OfMinimum, double Probability, double Formula, Rate Measured);

/// <summary>
/// P6.1 against its parts: the protocol's own audit test on random beacon steps, a checker that is the adversary's with
/// probability r, and what each outcome pays by P6's definitions (R = 1.2C, W₁ = R, W₂ = 2R, N = 1).
/// </summary>
internal static class HonestyFigure
{
    private const double Reward = 1.2;

    private static readonly (double S, double R)[] Cases = [(100, 0.1), (100, 1.0 / 3), (100, 0.5), (250, 0.5), (10, 0.5)];
    private static readonly double[] Factors = [0.5, 0.8, 0.9, 1.1, 1.2, 1.5];

    public static IReadOnlyList<HonestyPoint> Measure(int trials) =>
        [.. Cases.SelectMany(c => Factors.Select(f => (c.S, c.R, Factor: f))).AsParallel().AsOrdered().Select(x => Measure(x.S, x.R, x.Factor, trials))];

    private static HonestyPoint Measure(double collateral, double share, double factor, int trials)
    {
        var terms = EconomicParameters.Standard(Reward, collateral, share);
        // The protocol counts in millionths.
        var ppm = (int)Math.Round(Economics.MinimumAuditProbability(terms) * factor * Audit.Certain);
        var random = new Prng(Prng.Mix((ulong)(collateral * 1000 + share * 100) ^ (ulong)(factor * 7919)));
        double sum = 0, squares = 0;
        for (var i = 0; i < trials; i++)
        {
            var isAudited = Audit.IsDue(new BeaconReveal(0, default, 1, random.Hash()), random.Hash(), ppm);
            var cheating = !isAudited ? terms.GainUnaudited : random.Chance(share) ? terms.GainColluding - Reward : -collateral;
            var gain = Reward - 1 - cheating;
            sum += gain;
            squares += gain * gain;
        }

        return new HonestyPoint(collateral, share, factor, ppm / (double)Audit.Certain, Economics.HonestAdvantage(terms, ppm / (double)Audit.Certain), Rate.OfMean(sum, squares, trials));
    }
}
