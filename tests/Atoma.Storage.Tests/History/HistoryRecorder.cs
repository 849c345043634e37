using System.Collections.Concurrent;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage.Tests.History;

/// <summary>What histories are recorded of.</summary>
internal interface IHistoryTarget
{
    Task<LedgerResult> CommitAsync(LedgerCommand command);

    Task<Micros> BalanceAsync(LedgerAccount account);
}

/// <summary>A store as a target.</summary>
internal sealed class StoreTarget(ILedgerStore store) : IHistoryTarget
{
    public Task<LedgerResult> CommitAsync(LedgerCommand command) => store.CommitAsync(command, default);

    public Task<Micros> BalanceAsync(LedgerAccount account) => store.BalanceAsync(account, default);
}

/// <summary>Clients that call at once, each one call after the other.</summary>
internal sealed class HistoryRecorder(IHistoryTarget target)
{
    private readonly ConcurrentBag<HistoryEvent> _events = [];
    private long _clock;

    /// <param name="programs">Of each client what it asks, in order.</param>
    /// <param name="target">Whom.</param>
    public static async Task<IReadOnlyList<HistoryEvent>> RecordAsync(IReadOnlyList<IReadOnlyList<HistoryCall>> programs, IHistoryTarget target)
    {
        var recorder = new HistoryRecorder(target);
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clients = Task.WhenAll(programs.Select((program, client) => recorder.RunAsync(client, program, start.Task)));
        start.SetResult();
        await clients;
        return [.. recorder._events];
    }

    private async Task RunAsync(int client, IReadOnlyList<HistoryCall> program, Task start)
    {
        await start;
        foreach (var call in program)
        {
            var started = Interlocked.Increment(ref _clock);
            HistoryAnswer? answer = null;
            try
            {
                answer = call.Command is { } command
                    ? new HistoryAnswer(await target.CommitAsync(command), default)
                    : new HistoryAnswer(default, await target.BalanceAsync(call.Account!.Value));
            }
            catch (StorageUnavailableException)
            {
                // Nobody knows what became of it.
            }

            _events.Add(new HistoryEvent(client, call, started, answer is null ? long.MaxValue : Interlocked.Increment(ref _clock), answer));
        }
    }
}
