using Xunit.Sdk;

namespace Atoma.Grains.Tests.Support;

/// <summary>Waits for what the grains do, and names what never came.</summary>
internal static class Eventually
{
    /// <summary>Long enough for a machine that does much else.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async Task TrueAsync(string phase, Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            if (patience.IsCancellationRequested)
                throw new XunitException($"Not within {Patience.TotalSeconds} s: {phase}.");
            await Task.Delay(Pause);
        }
    }

    public static Task TrueAsync(string phase, Func<bool> holds) => TrueAsync(phase, () => Task.FromResult(holds()));

    public static async Task<T> InTimeAsync<T>(string phase, Task<T> task)
    {
        await InTimeAsync(phase, (Task)task);
        return await task;
    }

    public static async Task InTimeAsync(string phase, Task task)
    {
        if (await Task.WhenAny(task, Task.Delay(Patience)) != task)
            throw new XunitException($"Not within {Patience.TotalSeconds} s: {phase}.");
        await task;
    }
}
