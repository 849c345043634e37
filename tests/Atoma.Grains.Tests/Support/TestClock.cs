namespace Atoma.Grains.Tests.Support;

/// <summary>
/// The network's clock: stands still until a test moves it, so that no lease, deadline or window ends because the machine is
/// busy. Timers run in real time and find what is due by this clock.
/// </summary>
internal sealed class TestClock : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
