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
    /// <summary>W₁ = R and W₂ = 2R, as in [W]'s solved case.</summary>
    public static EconomicParameters Standard(double reward, double collateral, double adversaryShare, int checkers = 1) =>
        new(reward, collateral, adversaryShare, checkers, reward, 2 * reward);
}

/// <summary>When honesty pays (P6). Source: [W] appendix with its misprints corrected.</summary>
public static class Economics
{
    /// <summary>
    /// P6.1 solved for p: the audit probability above which honest play wins; above 1 when none does.
    /// p &gt; (W₁ − R + C) / (S + W₁ − rᴺ(W₂ + S − R) + (1 − rᴺ − (1−r)ᴺ)C), with C = 1.
    /// </summary>
    public static double MinimumAuditProbability(EconomicParameters e)
    {
        var allOwn = Math.Pow(e.AdversaryShare, e.Checkers);
        var mixed = 1 - allOwn - Math.Pow(1 - e.AdversaryShare, e.Checkers);
        var gain = e.GainUnaudited - e.Reward + 1;
        var stake = e.Collateral + e.GainUnaudited - allOwn * (e.GainColluding + e.Collateral - e.Reward) + mixed;
        return stake <= 0 ? double.PositiveInfinity : gain / stake;
    }

    /// <summary>P6.1 itself: expected gain of honest play less that of cheating, in units of C; honesty pays iff above 0.</summary>
    public static double HonestAdvantage(EconomicParameters e, double auditProbability)
    {
        var p = auditProbability;
        var allOwn = Math.Pow(e.AdversaryShare, e.Checkers);
        var mixed = 1 - allOwn - Math.Pow(1 - e.AdversaryShare, e.Checkers);
        return e.Reward + p * e.Collateral - (1 - p) * e.GainUnaudited - 1 + mixed * p
            - p * allOwn * (e.GainColluding + e.Collateral - e.Reward);
    }
}
