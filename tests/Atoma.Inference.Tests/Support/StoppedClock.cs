namespace Atoma.Inference.Tests.Support;

/// <summary>Always 2 January 2026, 03:04:05 UTC.</summary>
internal sealed class StoppedClock : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
}
