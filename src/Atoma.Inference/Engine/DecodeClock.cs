using System.Diagnostics;

namespace Atoma.Inference.Engine;

/// <summary>How long the decode that runs has been running: set by the engine thread, read by the watchdog.</summary>
internal sealed class DecodeClock
{
    private long _since;

    public void Start() => Volatile.Write(ref _since, Stopwatch.GetTimestamp());

    public void Stop() => Volatile.Write(ref _since, 0);

    /// <summary>Zero while none runs.</summary>
    public TimeSpan Elapsed => Volatile.Read(ref _since) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;
}
