namespace Atoma.Simulation.Core;

/// <summary>Virtual time: what is to happen, in order of its moment and, at one moment, in the order it was asked for.</summary>
internal sealed class Timeline
{
    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);

    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private long _order;
    private long _elapsedMs;

    public DateTimeOffset Now => Start.AddMilliseconds(_elapsedMs);

    public long ElapsedMs => _elapsedMs;

    public void After(long milliseconds, Action what) => _queue.Enqueue(what, (_elapsedMs + Math.Max(0, milliseconds), _order++));

    public void At(DateTimeOffset when, Action what) => After((long)Math.Ceiling((when - Now).TotalMilliseconds), what);

    /// <summary>The next thing to happen, its time now reached; null when nothing is left before <paramref name="endMs"/>.</summary>
    public Action? Next(long endMs)
    {
        if (!_queue.TryPeek(out _, out var key) || key.At > endMs)
            return null;
        _elapsedMs = key.At;
        return _queue.Dequeue();
    }
}
