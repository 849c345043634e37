using System.Collections.Concurrent;
using Atoma.Api.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Atoma.Api.Tests;

/// <summary>Waits for what another thread does, without guessing how long.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<T> Async<T>(Func<T?> find)
        where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (find() is { } found)
                return found;
            await Task.Delay(5, patience.Token);
        }
    }

    public static Task<FakeRequest> SingleAsync(ConcurrentDictionary<string, FakeRequest> requests) => Async(() => requests.Values.FirstOrDefault());

    /// <summary>Moves the clock until the task is done.</summary>
    public static async Task<T> AdvancingAsync<T>(FakeTimeProvider time, Task<T> task, TimeSpan? step = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!task.IsCompleted)
        {
            time.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(5, patience.Token);
        }

        return await task;
    }
}
