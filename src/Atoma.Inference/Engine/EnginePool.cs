using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>
/// Models that share a memory budget. One is loaded when it is first wanted and stays until another needs its room: then the
/// least recently used idle ones go, never one with a lease. Where all are at work the task waits, in turn and not for long;
/// meanwhile the models that have to make room take nothing new, so that no model keeps another out for ever.
/// </summary>
public sealed class EnginePool : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly PoolMachine _machine;
    private readonly EnginePoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool _stopped;

    /// <param name="sources">1 to <see cref="EnginePoolLimits.Models"/> models with different names; none is loaded yet.</param>
    /// <param name="options">Budget and waiting.</param>
    /// <param name="time">For how long a task waits.</param>
    /// <param name="logger">Says what is loaded and unloaded.</param>
    /// <exception cref="ArgumentException">Options out of range, or two models of one name.</exception>
    public EnginePool(IReadOnlyCollection<EngineSource> sources, EnginePoolOptions options, TimeProvider time, ILogger logger)
    {
        List<string> problems = [.. options.Problems()];
        if (sources.Count is < 1 or > EnginePoolLimits.Models)
            problems.Add($"a pool has 1 to {EnginePoolLimits.Models} models, not {sources.Count}");
        problems.AddRange(sources.GroupBy(s => s.ModelId).Where(g => g.Count() > 1).Select(g => $"{g.Count()} models are called {g.Key}"));
        if (problems.Count > 0)
            throw new ArgumentException($"Engine pool: {string.Join("; ", problems)}.", nameof(options));
        _options = options;
        _time = time;
        _logger = logger;
        BudgetBytes = options.BudgetBytes ?? AvailableMemory.Bytes() ?? long.MaxValue;
        _machine = new PoolMachine(sources, BudgetBytes, Release);
    }

    /// <summary>Bytes that the models in memory may take together.</summary>
    public long BudgetBytes { get; }

    /// <summary>Bytes taken, with those of models that are being loaded or unloaded: never more than the budget.</summary>
    public long UsedBytes => Look(m => m.UsedBytes);

    /// <summary>Names of the models in memory and ready, in order.</summary>
    public IReadOnlyList<string> Loaded =>
        Look(m => m.Models.Where(x => x.State == PooledState.Loaded).Select(x => x.Id).Order(StringComparer.Ordinal).ToArray());

    /// <summary>Sequences running in all engines.</summary>
    public int Busy => Look(m => m.Models.Sum(x => x.Engine?.Capacity.Busy ?? 0));

    /// <summary>Tasks that wait for a model.</summary>
    public int Waiting => Look(m => m.Waiting);

    /// <summary>The model's engine, loaded if it is not; first requests at once load it once. Dispose the lease when the task is done.</summary>
    /// <exception cref="EngineRefusedException">
    /// The model is unknown, can never fit, or cannot fit now; its load failed; or the pool stops. The message holds the numbers.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled before the lease was given. A load that has begun goes on.</exception>
    public async Task<EngineLease> RentAsync(string modelId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PoolWaiter waiter;
        lock (_gate)
        {
            if (_stopped)
                throw Stopping();
            var model = _machine.Require(modelId);
            if (_machine.TryRent(model) is { } lease)
                return lease;
            if (_machine.Waiting >= _options.WaitingLimit)
                throw new EngineRefusedException(EngineRefusal.MemoryBusy, $"{_machine.Waiting} tasks wait for models already. {_machine.Situation(model)}");
            _machine.Enqueue(waiter = new PoolWaiter(model));
            Settle();
        }

        await using var timer = _time.CreateTimer(_ => GiveUp(waiter), null, TimeSpan.FromSeconds(_options.WaitSeconds), Timeout.InfiniteTimeSpan);
        await using var registration = cancellationToken.UnsafeRegister(_ => Abandon(waiter, cancellationToken), null);
        return await waiter.Lease.Task;
    }

    /// <summary>Refuses all tasks with <see cref="EngineRefusal.Stopping"/>, those at work too, and frees all models.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            foreach (var waiter in _machine.TakeWaiters())
                waiter.Lease.SetException(Stopping());
        }

        await _stopping.CancelAsync();
        foreach (var model in _machine.Models)
        {
            await Look(_ => model.Transition);
            lock (_gate)
            {
                if (model.State == PooledState.Loaded)
                {
                    PoolMachine.Unload(model);
                    model.Transition = UnloadAsync(model);
                }
            }

            await Look(_ => model.Transition);
        }

        _stopping.Dispose();
    }

    private T Look<T>(Func<PoolMachine, T> at)
    {
        lock (_gate)
            return at(_machine);
    }

    /// <summary>Under the lock.</summary>
    private void Settle()
    {
        foreach (var model in _machine.Settle())
            model.Transition = model.State == PooledState.Loading ? LoadAsync(model) : UnloadAsync(model);
    }

    private async Task LoadAsync(PooledModel model)
    {
        // Begun under the lock: what loads must not run there.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        InferenceLog.PoolLoading(_logger, model.Id, model.Bytes / 1_000_000);
        try
        {
            var engine = await model.Source.LoadAsync(_stopping.Token);
            lock (_gate)
            {
                _machine.Loaded(model, engine);
                if (!_stopped)
                    Settle();
            }
        }
        catch (Exception exception)
        {
            LoadFailed(model, exception);
        }
    }

    private void LoadFailed(PooledModel model, Exception exception)
    {
        lock (_gate)
        {
            PoolMachine.Gone(model);
            if (_stopped)
                return;
            var waiters = _machine.TakeWaiters(model);
            InferenceLog.PoolLoadFailed(_logger, exception, model.Id, waiters.Count);
            foreach (var waiter in waiters)
                waiter.Lease.SetException(new EngineRefusedException(EngineRefusal.LoadFailed, $"The model {model.Id} could not be loaded: {exception.Message}"));
            Settle();
        }
    }

    private async Task UnloadAsync(PooledModel model)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Invariant.Assert(model.Leases == 0 || _stopped);
        InferenceLog.PoolUnloading(_logger, model.Id, model.Bytes / 1_000_000);
        try
        {
            await model.Engine!.DisposeAsync();
        }
        catch (Exception exception)
        {
            // It is gone all the same, and the next model needs its turn.
            InferenceLog.PoolUnloadFailed(_logger, exception, model.Id);
        }

        lock (_gate)
        {
            model.Engine = null;
            PoolMachine.Gone(model);
            if (!_stopped)
                Settle();
        }
    }

    private void Release(PooledModel model)
    {
        lock (_gate)
        {
            _machine.Return(model);
            if (!_stopped)
                Settle();
        }
    }

    /// <summary>The wait was long enough, unless the model is on its way.</summary>
    private void GiveUp(PoolWaiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Model.State == PooledState.Loading || !_machine.Leave(waiter))
                return;
            waiter.Lease.SetException(new EngineRefusedException(
                EngineRefusal.MemoryBusy, $"Waited {_options.WaitSeconds} s for room. {_machine.Situation(waiter.Model)}"));
            Settle();
        }
    }

    private void Abandon(PoolWaiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_machine.Leave(waiter))
                return;
            waiter.Lease.SetCanceled(cancellationToken);
            Settle();
        }
    }

    private static EngineRefusedException Stopping() => new(EngineRefusal.Stopping, "The engines are stopping.");
}
