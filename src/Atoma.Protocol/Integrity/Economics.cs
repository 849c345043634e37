using Atoma.Protocol.Common;

namespace Atoma.Protocol.Integrity;

/// <summary>
/// When honesty pays (P6). Source: appendix of the Sampling Consensus whitepaper [W] with its misprints corrected; the case of
/// one checker is also that of Hyperbolic's Proof-of-Sampling [H], arXiv 2405.00295.
/// </summary>
/// <remarks>
/// The game, per answer, in C: an honest node earns R − 1, and 1 more where an audit's checkers are mixed (the rule's last term).
/// A cheat gains W₁ when nobody looks, with probability 1−p. Audited, it gains W₂ − R when all N checkers are its own, rᴺ, and
/// else loses S.
/// </remarks>
public static class Economics
{
    /// <summary>
    /// P6.1 solved for p: the audit probability above which honest play wins; above 1 when none does.
    /// p &gt; (W₁ − R + C) / (S + W₁ − rᴺ(W₂ + S − R) + (1 − rᴺ − (1−r)ᴺ)C), with C = 1.
    /// </summary>
    public static double MinimumAuditProbability(EconomicParameters e)
    {
        var stake = e.Collateral + e.GainUnaudited - e.AllCheckersOwn * (e.GainColluding + e.Collateral - e.Reward) + e.CheckersMixed;
        return stake <= 0 ? double.PositiveInfinity : Temptation(e) / stake;
    }

    /// <summary>
    /// P6.1 solved for S: the least collateral, in C, with which this audit probability makes honesty pay; infinite when none
    /// does. S &gt; ((W₁ − R + C)/p − W₁ + rᴺ(W₂ − R) − (1 − rᴺ − (1−r)ᴺ)C) / (1 − rᴺ), with C = 1.
    /// </summary>
    /// <param name="e">Its collateral is not looked at.</param>
    /// <param name="auditProbability">p, 0 to 1.</param>
    public static double MinimumCollateral(EconomicParameters e, double auditProbability)
    {
        Invariant.Assert(auditProbability is >= 0 and <= 1);
        var atStake = 1 - e.AllCheckersOwn;
        if (auditProbability == 0 || atStake <= 0)
            return double.PositiveInfinity;
        var needed = Temptation(e) / auditProbability - e.GainUnaudited + e.AllCheckersOwn * (e.GainColluding - e.Reward) - e.CheckersMixed;
        return Math.Max(0, needed / atStake);
    }

    /// <summary>P6.1 itself: expected gain of honest play less that of cheating, in units of C; honesty pays iff above 0.</summary>
    public static double HonestAdvantage(EconomicParameters e, double auditProbability)
    {
        var p = auditProbability;
        return e.Reward + p * e.Collateral - (1 - p) * e.GainUnaudited - 1 + e.CheckersMixed * p
            - p * e.AllCheckersOwn * (e.GainColluding + e.Collateral - e.Reward);
    }

    /// <summary>
    /// P6.4: the audit probability that a budget pays for, p = b/(k·v), at most 1. At b = 1 % a check that costs 5 % of an answer
    /// buys p = 20 % where recomputing the answer buys 1 %, so the collateral needed falls from 199 C to 8.8 C (r = ½).
    /// </summary>
    /// <param name="budget">b: what audits may cost, as a fraction of the answers' price.</param>
    /// <param name="checkers">k checkers per audit.</param>
    /// <param name="checkCost">v: cost of one check, as a fraction of an answer's; measured, above 0.</param>
    public static double AuditProbability(double budget, int checkers, double checkCost)
    {
        Invariant.Assert(budget >= 0);
        Invariant.Assert(checkers > 0);
        Invariant.Assert(checkCost > 0);
        return Math.Min(1, budget / (checkers * checkCost));
    }

    /// <summary>Probability that one cheated answer is caught: it is audited, and not all of its checkers are the cheat's own.</summary>
    public static double CaughtPerAnswer(EconomicParameters e, double auditProbability) => auditProbability * (1 - e.AllCheckersOwn);

    /// <summary>
    /// Answers that may be open and unaudited at once (P6.3), since a node loses S only once: m open answers are one of m times
    /// cost, reward and gain. It errs on the safe side, because m answers are audited at least as likely as one.
    /// </summary>
    public static double ExposureAnswers(EconomicParameters e, double auditProbability)
    {
        var needed = MinimumCollateral(e, auditProbability);
        return needed == 0 ? double.PositiveInfinity : Math.Floor(e.Collateral / needed);
    }

    /// <summary>W₁ − R + C: what an unaudited cheat has more than an honest node.</summary>
    private static double Temptation(EconomicParameters e) => e.GainUnaudited - e.Reward + 1;
}
