using Atoma.Protocol.Common;

namespace Atoma.Silo.Gateway;

/// <summary>
/// Passes a node's messages on: those of one request one after the other, as they came; those of different requests do not wait
/// for each other, nor does the connection's heartbeat for any of them.
/// </summary>
/// <param name="capacity">Messages on their way at once; whoever brings more waits.</param>
internal sealed class OrderedRelay(int capacity) : IDisposable
{
    private readonly SemaphoreSlim _room = new(capacity, capacity);
    private readonly Dictionary<Hash32, Task> _last = [];

    /// <summary>Waits for room, not for the work.</summary>
    /// <param name="request">Whose turn it is.</param>
    /// <param name="work">Deals with its own failures.</param>
    public async Task EnqueueAsync(Hash32 request, Func<Task> work)
    {
        await _room.WaitAsync();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_last)
        {
            before = _last.GetValueOrDefault(request, Task.CompletedTask);
            _last[request] = done.Task;
        }

        _ = RunAsync(request, before, work, done);
    }

    /// <summary>When all that was brought so far has been passed on.</summary>
    public Task DrainAsync()
    {
        lock (_last)
        {
            return Task.WhenAll(_last.Values.ToArray());
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task RunAsync(Hash32 request, Task before, Func<Task> work, TaskCompletionSource done)
    {
        await before;
        try
        {
            await work();
        }
        finally
        {
            lock (_last)
            {
                if (_last[request] == done.Task)
                    _last.Remove(request);
            }

            _room.Release();
            done.SetResult();
        }
    }
}
