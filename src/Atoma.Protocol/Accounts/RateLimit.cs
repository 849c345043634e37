using Atoma.Protocol.Common;

namespace Atoma.Protocol.Accounts;

/// <summary>What a meter says after it was asked.</summary>
/// <param name="Allowed">Whether it was taken.</param>
/// <param name="Remaining">What could be taken at once now.</param>
/// <param name="RetryAfter">Until what was asked for could be taken; zero when it was, and longer than a minute never.</param>
/// <param name="Reset">Until all of the limit could be taken at once.</param>
public readonly record struct RateReading(bool Allowed, int Remaining, TimeSpan RetryAfter, TimeSpan Reset);

/// <summary>
/// A rate limit as a pure machine: the generic cell rate algorithm (ITU-T I.371), in 100 ns ticks and integers. A whole minute's
/// worth may come at once; what was taken comes back evenly over a minute.
/// </summary>
/// <param name="EmptyAt">When nothing will be left of what was taken.</param>
public readonly record struct RateMeter(DateTimeOffset EmptyAt)
{
    /// <summary>Highest limit per minute: one tick each.</summary>
    public const int PerMinuteMax = 600_000_000;

    private static readonly long Window = TimeSpan.FromMinutes(1).Ticks;

    /// <param name="perMinute">The limit, 1 to <see cref="PerMinuteMax"/>.</param>
    /// <param name="amount">Wanted, 0 or more; more than the limit is never allowed.</param>
    /// <param name="now">Time.</param>
    /// <returns>The meter after it, unchanged when it was refused.</returns>
    public (RateMeter After, RateReading Reading) Take(int perMinute, int amount, DateTimeOffset now)
    {
        Invariant.Assert(perMinute is > 0 and <= PerMinuteMax);
        Invariant.Assert(amount >= 0);
        var used = Math.Clamp((EmptyAt - now).Ticks, 0, Window);
        var cost = Ticks(amount, perMinute);
        var allowed = used + cost <= Window;
        var after = allowed ? used + cost : used;
        var meter = allowed && amount > 0 ? new RateMeter(now.AddTicks(after)) : this;
        return (meter, new RateReading(
            allowed,
            (int)((Window - after) * (Int128)perMinute / Window),
            allowed ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(used, used + cost - Window)),
            TimeSpan.FromTicks(after)));
    }

    /// <summary>Rounded up, so that no more than the limit passes in a minute.</summary>
    private static long Ticks(int amount, int perMinute) => (long)Int128.Min(long.MaxValue / 2, ((Int128)amount * Window + perMinute - 1) / perMinute);
}
