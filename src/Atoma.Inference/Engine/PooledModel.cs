using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>Where a model of a pool is. All but <see cref="OnDisk"/> take its memory.</summary>
internal enum PooledState
{
    OnDisk,
    Loading,
    Loaded,
    Unloading,
}

/// <summary>One model of a pool; changed under the pool's lock only.</summary>
internal sealed class PooledModel(EngineSource source)
{
    public EngineSource Source => source;

    public string Id => source.ModelId;

    public long Bytes => source.Bytes;

    public PooledState State { get; set; }

    /// <summary>Set while <see cref="PooledState.Loaded"/>.</summary>
    public IInferenceEngine? Engine { get; set; }

    /// <summary>Leases not yet given back.</summary>
    public int Leases { get; set; }

    /// <summary>Number of the last use of any model that was this one's.</summary>
    public long LastUse { get; set; }

    /// <summary>Another model waits for this one to become idle: it ends what it does, and takes nothing new.</summary>
    public bool IsDraining { get; set; }

    /// <summary>The load or unload under way, or the last one; never faults.</summary>
    public Task Transition { get; set; } = Task.CompletedTask;
}

/// <summary>A task that waits for a model.</summary>
internal sealed class PoolWaiter(PooledModel model)
{
    public PooledModel Model => model;

    public TaskCompletionSource<EngineLease> Lease { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
