namespace Atoma.Cli.Models;

/// <summary>One line that shows how far a download is, how fast, and how long it still takes.</summary>
public sealed class ProgressLine(TextWriter output, TimeProvider time, bool interactive)
{
    private const int BarWidth = 30;

    /// <summary>Often enough to look alive, seldom enough for a log.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long _started;
    private long _shown;
    private long _offset;

    /// <param name="offset">Bytes that were there from an earlier attempt.</param>
    public void Start(long offset)
    {
        _offset = offset;
        _started = time.GetTimestamp();
        _shown = 0;
    }

    public void Report(long done, long? total)
    {
        var finished = done == total;
        if (!interactive || (!finished && _shown != 0 && time.GetElapsedTime(_shown) < Interval))
            return;
        _shown = time.GetTimestamp();
        output.Write("\r" + Format(done, total, done - _offset, time.GetElapsedTime(_started)) + (finished ? "\n" : ""));
    }

    public static string Format(long done, long? total, long fresh, TimeSpan elapsed)
    {
        var speed = elapsed > TimeSpan.Zero ? fresh / elapsed.TotalSeconds : 0;
        var rate = $"{speed / 1e6,6:F1} MB/s";
        if (total is not > 0)
            return $"{done / 1e6:F1} MB {rate}";
        var filled = (int)(BarWidth * done / total.Value);
        var left = speed > 0 ? TimeSpan.FromSeconds(Math.Min((total.Value - done) / speed, 359_999)) : (TimeSpan?)null;
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] {100 * done / total.Value,3} % of {total.Value / 1e6:F1} MB {rate} "
            + (left is { } l ? $"{(int)l.TotalHours:00}:{l.Minutes:00}:{l.Seconds:00} left" : "        ");
    }
}
