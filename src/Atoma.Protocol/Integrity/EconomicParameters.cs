namespace Atoma.Protocol.Integrity;

/// <summary>The parameters of P6, in units of the cost C of computing one answer unless said otherwise.</summary>
/// <param name="Reward">R: what an answer earns.</param>
/// <param name="Collateral">S: what a caught cheat loses.</param>
/// <param name="AdversaryShare">r, 0 to 1.</param>
/// <param name="Checkers">N checkers per audit.</param>
/// <param name="GainUnaudited">W₁: gain from cheating unaudited.</param>
/// <param name="GainColluding">W₂: gain when all N checkers are the cheat's own.</param>
public readonly record struct EconomicParameters(
    double Reward, double Collateral, double AdversaryShare, int Checkers, double GainUnaudited, double GainColluding)
{
    /// <summary>Largest amount in C: beyond it doubles no longer resolve one answer's cost, and no answer is worth it.</summary>
    public const double AmountMax = 1e9;

    /// <summary>W₁ = R and W₂ = 2R, as in [W]'s solved case.</summary>
    public static EconomicParameters Standard(double reward, double collateral, double adversaryShare, int checkers = 1) =>
        new(reward, collateral, adversaryShare, checkers, reward, 2 * reward);

    /// <summary>rᴺ: probability that all checkers of an audit are the cheat's own.</summary>
    public double AllCheckersOwn => Math.Pow(AdversaryShare, Checkers);

    /// <summary>1 − rᴺ − (1−r)ᴺ: probability that some are and some are not.</summary>
    public double CheckersMixed => 1 - AllCheckersOwn - Math.Pow(1 - AdversaryShare, Checkers);

    /// <summary>All problems at once; empty when every parameter is in its range.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        // Below 1 an answer earns less than it costs, and nobody computes it.
        Range(Reward, 1, AmountMax, "The reward R", " C");
        Range(Collateral, 0, AmountMax, "The collateral S", " C");
        Range(AdversaryShare, 0, 1, "The share r", "");
        Range(Checkers, 1, IntegrityLevel.CheckersMax, "The number of checkers N", "");
        Range(GainUnaudited, 0, AmountMax, "The gain W₁", " C");
        Range(GainColluding, 0, AmountMax, "The gain W₂", " C");
        return problems;

        void Range(double value, double from, double to, string name, string unit)
        {
            if (!(value >= from && value <= to))
                problems.Add(FormattableString.Invariant($"{name} is {value}{unit}; it must be {from} to {to:0}{unit}."));
        }
    }
}
