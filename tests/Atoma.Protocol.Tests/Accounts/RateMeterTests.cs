using Atoma.Protocol.Accounts;
using CsCheck;

namespace Atoma.Protocol.Tests.Accounts;

public sealed class RateMeterTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Take_AllAtOnce_ThenRefuses_UntilOneCameBack()
    {
        var meter = default(RateMeter);
        for (var i = 0; i < 60; i++)
        {
            var (after, reading) = meter.Take(60, 1, Start);
            Assert.True(reading.Allowed);
            Assert.Equal(59 - i, reading.Remaining);
            meter = after;
        }

        var (same, refused) = meter.Take(60, 1, Start);
        Assert.False(refused.Allowed);
        Assert.Equal(meter, same);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(1), refused.Reset);
        Assert.False(meter.Take(60, 1, Start + refused.RetryAfter - TimeSpan.FromTicks(1)).Reading.Allowed);
        Assert.True(meter.Take(60, 1, Start + refused.RetryAfter).Reading.Allowed);
    }

    [Fact]
    public void Take_MoreThanTheLimit_IsNeverAllowed()
    {
        var (meter, reading) = default(RateMeter).Take(10, 11, Start);

        Assert.False(reading.Allowed);
        Assert.Equal(default, meter);
        Assert.Equal(10, reading.Remaining);
    }

    [Fact]
    public void Take_Nothing_OnlyReads()
    {
        var (meter, _) = default(RateMeter).Take(10, 4, Start);

        var (after, reading) = meter.Take(10, 0, Start);

        Assert.True(reading.Allowed);
        Assert.Equal((meter, 6), (after, reading.Remaining));
    }

    /// <summary>Whatever is asked and when, no minute sees more than the limit beyond what one burst may take.</summary>
    [Fact]
    public void Take_AnyHistory_AtMostTwiceTheLimitInAMinute_AndTheRateInTheLongRun() => Gen.Select(
        Gen.Int[1, 1000], Gen.Select(Gen.Int[0, 40], Gen.Int[0, 5000]).Array[1, 200]).Sample((limit, asks) =>
        {
            var (meter, now, taken) = (default(RateMeter), Start, new List<(DateTimeOffset At, int Amount)>());
            foreach (var (amount, ms) in asks)
            {
                now += TimeSpan.FromMilliseconds(ms);
                var (after, reading) = meter.Take(limit, amount, now);
                meter = after;
                Assert.InRange(reading.Remaining, 0, limit);
                if (reading.Allowed)
                    taken.Add((now, amount));
            }

            var minutes = (now - Start).TotalMinutes;
            Assert.True(taken.Sum(t => t.Amount) <= limit * (1 + minutes) + 1e-6);
        });
}
