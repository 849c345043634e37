using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>Decides which model of a pool is where, and who gets a lease when. No thread, no clock: its pool calls it under a lock and does what it says.</summary>
/// <param name="sources">Models with different names.</param>
/// <param name="budgetBytes">Bytes that the models in memory may take together.</param>
/// <param name="release">Called when a lease is given back.</param>
internal sealed class PoolMachine(IEnumerable<EngineSource> sources, long budgetBytes, Action<PooledModel> release)
{
    private readonly List<PoolWaiter> _waiting = [];
    private long _uses;

    public IReadOnlyList<PooledModel> Models { get; } = [.. sources.Select(s => new PooledModel(s))];

    public int Waiting => _waiting.Count;

    public long UsedBytes => Models.Where(m => m.State != PooledState.OnDisk).Sum(m => m.Bytes);

    /// <summary>The model of that name.</summary>
    /// <exception cref="EngineRefusedException">There is none, or it never fits.</exception>
    public PooledModel Require(string modelId)
    {
        var model = Models.FirstOrDefault(m => m.Id == modelId)
            ?? throw new EngineRefusedException(EngineRefusal.UnknownModel, $"No model {modelId} is served here.");
        return model.Bytes <= budgetBytes ? model : throw new EngineRefusedException(EngineRefusal.MemoryNever,
            $"The model {modelId} needs about {Megabytes(model.Bytes)} of memory, and all models together may take {Megabytes(budgetBytes)}. "
            + "Give more, or fewer slots or a shorter context, which take less cache.");
    }

    /// <summary>A lease where there is nothing to wait for.</summary>
    public EngineLease? TryRent(PooledModel model) => model is { State: PooledState.Loaded, IsDraining: false } ? Lease(model) : null;

    public void Enqueue(PoolWaiter waiter) => _waiting.Add(waiter);

    /// <returns>False when it waits no longer.</returns>
    public bool Leave(PoolWaiter waiter) => _waiting.Remove(waiter);

    public void Return(PooledModel model)
    {
        model.Leases--;
        Invariant.Assert(model.Leases >= 0);
        model.LastUse = ++_uses;
    }

    /// <summary>All that wait for it get it, whoever else wants the room: it was loaded for them.</summary>
    public void Loaded(PooledModel model, IInferenceEngine engine)
    {
        Invariant.Assert(model.State == PooledState.Loading);
        model.State = PooledState.Loaded;
        model.Engine = engine;
        model.LastUse = ++_uses;
        Grant(_waiting.FindAll(w => w.Model == model));
    }

    /// <summary>Its load failed, or its engine has ended.</summary>
    public static void Gone(PooledModel model)
    {
        Invariant.Assert(model.State is PooledState.Loading or PooledState.Unloading);
        model.State = PooledState.OnDisk;
    }

    /// <summary>Takes all waiters, or those of one model, out of the queue.</summary>
    public IReadOnlyList<PoolWaiter> TakeWaiters(PooledModel? of = null)
    {
        var taken = _waiting.FindAll(w => of is null || w.Model == of);
        _waiting.RemoveAll(taken.Contains);
        return taken;
    }

    /// <summary>From now on it is going; its engine is to be disposed.</summary>
    public static void Unload(PooledModel model)
    {
        Invariant.Assert(model.State == PooledState.Loaded);
        model.State = PooledState.Unloading;
        model.IsDraining = false;
    }

    /// <summary>Gives out what is ready and makes room for who has waited longest. Called after every change.</summary>
    /// <returns>Models that are now to be loaded or unloaded, as their state says.</returns>
    public IReadOnlyList<PooledModel> Settle()
    {
        List<PooledModel> begun = [];
        while (true)
        {
            var turn = _waiting.FindIndex(w => w.Model.State is PooledState.OnDisk or PooledState.Unloading);
            // Those who came before it have what is there.
            Grant([.. _waiting.Take(turn < 0 ? _waiting.Count : turn).Where(w => w.Model.State == PooledState.Loaded)]);
            var next = _waiting.Find(w => w.Model.State is PooledState.OnDisk or PooledState.Unloading)?.Model;
            // A model that is still going has to be gone before it can come back; that is never long.
            var plan = next is { State: PooledState.OnDisk } ? RoomPlan.For(Models, next, budgetBytes) : RoomPlan.None;
            foreach (var model in plan.Unload)
                Unload(model);
            begun.AddRange(plan.Unload);
            foreach (var model in Models)
                model.IsDraining = plan.Drain.Contains(model);
            Grant(_waiting.FindAll(w => w.Model is { State: PooledState.Loaded, IsDraining: false }));
            if (!plan.Fits)
                return begun;
            next!.State = PooledState.Loading;
            begun.Add(next);
        }
    }

    /// <summary>What a model needs and what stands in its way, for people.</summary>
    public string Situation(PooledModel model)
    {
        var others = Models.Where(m => m.State != PooledState.OnDisk && m != model).ToArray();
        return $"The model {model.Id} needs about {Megabytes(model.Bytes)}; of {Megabytes(budgetBytes)} for all models, "
            + $"{Megabytes(others.Sum(m => m.Bytes))} are taken ({string.Join(", ", others.Select(m => $"{m.Id} by {m.Leases} task(s)"))}). Try again later.";
    }

    private void Grant(IReadOnlyList<PoolWaiter> ready)
    {
        foreach (var waiter in ready)
        {
            _waiting.Remove(waiter);
            waiter.Lease.SetResult(Lease(waiter.Model));
        }
    }

    private EngineLease Lease(PooledModel model)
    {
        model.Leases++;
        model.LastUse = ++_uses;
        return new EngineLease(model.Engine!, () => release(model));
    }

    private static string Megabytes(long bytes) => $"{bytes / 1_000_000.0:F0} MB";
}
