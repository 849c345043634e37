using Atoma.Protocol.Common;

namespace Atoma.Protocol.Accounts;

/// <summary>How often a budget starts anew. Stored: append only.</summary>
public enum BudgetPeriod : byte
{
    /// <summary>Never: the limit is for the key's whole life.</summary>
    None = 0,

    /// <summary>At midnight, UTC.</summary>
    Day = 1,

    /// <summary>At midnight of the first of each month, UTC.</summary>
    Month = 2,
}

/// <summary>
/// What a key may spend in a window of time. A hold charges all of its amount; what a post releases, or a void or an expiry
/// returns, is given back. Charge and money move in one transaction, so parallel requests cannot pass the limit together.
/// </summary>
/// <param name="Limit">Most that a window may spend; 0 or above. May be changed at any time, also below what is used.</param>
/// <param name="Period">Length of a window.</param>
/// <param name="Used">Charged in the window and not given back; 0 or above.</param>
/// <param name="WindowStart">When the window began; the Unix epoch for <see cref="BudgetPeriod.None"/>.</param>
public sealed record KeyBudget(Micros Limit, BudgetPeriod Period, Micros Used, DateTimeOffset WindowStart)
{
    /// <summary>A budget of which nothing is used.</summary>
    public static KeyBudget New(Micros limit, BudgetPeriod period, DateTimeOffset now) => new(limit, period, Micros.Zero, StartOf(period, now));

    /// <summary>The budget as it is now: in a later window than the stored one nothing is used. A clock that goes back changes nothing.</summary>
    public KeyBudget At(DateTimeOffset now)
    {
        var start = StartOf(Period, now);
        return start > WindowStart ? this with { Used = Micros.Zero, WindowStart = start } : this;
    }

    /// <summary>What the window of <paramref name="now"/> may still spend; 0 when the limit was lowered below what is used.</summary>
    public Micros Remaining(DateTimeOffset now) => Micros.Max(Limit - At(now).Used, Micros.Zero);

    /// <summary>The budget with the amount charged; null when that would pass the limit.</summary>
    public KeyBudget? Charge(Micros amount, DateTimeOffset now)
    {
        var current = At(now);
        return amount <= current.Limit - current.Used ? current with { Used = current.Used + amount } : null;
    }

    /// <summary>
    /// The budget with the amount given back, if its window is still the one that was charged. Never below zero: changing the
    /// period starts a window that may bear the time of an earlier one.
    /// </summary>
    public KeyBudget GiveBack(Micros amount, DateTimeOffset chargedWindow) =>
        WindowStart == chargedWindow ? this with { Used = Micros.Max(Used - amount, Micros.Zero) } : this;

    /// <summary>The budget under new terms: the same period goes on with what it used, another starts at zero.</summary>
    public KeyBudget WithTerms(Micros limit, BudgetPeriod period, DateTimeOffset now) =>
        period == Period ? this with { Limit = limit } : New(limit, period, now);

    private static DateTimeOffset StartOf(BudgetPeriod period, DateTimeOffset now) => period switch
    {
        BudgetPeriod.None => DateTimeOffset.UnixEpoch,
        BudgetPeriod.Day => new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero),
        BudgetPeriod.Month => new DateTimeOffset(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero),
        _ => throw new InvariantException($"Unknown budget period {period}."),
    };
}
