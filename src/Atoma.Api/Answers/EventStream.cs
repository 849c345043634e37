using Microsoft.AspNetCore.Http.Features;

namespace Atoma.Api.Answers;

/// <summary>Server-sent events to one client, and comments while there are none. One write at a time: the caller sees to that with <see cref="EnterAsync"/>.</summary>
internal sealed class EventStream(HttpContext context, Limits limits, TimeProvider time) : IDisposable
{
    private static readonly byte[] DataPrefix = "data: "u8.ToArray();
    private static readonly byte[] EventEnd = "\n\n"u8.ToArray();
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();
    private static readonly byte[] Ping = ": ping\n\n"u8.ToArray();

    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _written = time.GetTimestamp();
    private bool _ended;

    /// <summary>Whether anything was sent: from then on an error is an event, not a status.</summary>
    public bool Started { get; private set; }

    private CancellationToken Gone => context.RequestAborted;

    /// <summary>Disposed of, it lets the next writer in.</summary>
    public async Task<IDisposable> EnterAsync()
    {
        await _gate.WaitAsync(Gone);
        return new Turn(_gate);
    }

    public async Task WriteAsync(string? id, byte[] json)
    {
        Start();
        byte[] idLine = id is null ? [] : System.Text.Encoding.ASCII.GetBytes($"id: {id}\n");
        await context.Response.Body.WriteAsync((byte[])[.. idLine, .. DataPrefix, .. json, .. EventEnd], Gone);
        _written = time.GetTimestamp();
    }

    public Task FlushAsync() => context.Response.Body.FlushAsync(Gone);

    /// <summary>The mark that OpenAI's clients wait for.</summary>
    public async Task EndAsync()
    {
        Start();
        _ended = true;
        await context.Response.Body.WriteAsync(Done, Gone);
        await FlushAsync();
    }

    /// <summary>Sends a comment whenever nothing else was sent for a while, so that nobody between us and the client takes the connection for dead.</summary>
    public async Task PingAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(limits.PingPause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                using var turn = await EnterAsync();
                if (_ended || time.GetElapsedTime(_written) < limits.PingPause)
                    continue;
                Start();
                await context.Response.Body.WriteAsync(Ping, stop);
                await FlushAsync();
                _written = time.GetTimestamp();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The stream has ended, or its client is gone: who writes to it finds out.
        }
    }

    public void Dispose() => _gate.Dispose();

    private void Start()
    {
        if (Started)
            return;
        Started = true;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        // Neither kept, nor collected, nor compressed on the way.
        context.Response.Headers.CacheControl = "no-cache, no-transform";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
