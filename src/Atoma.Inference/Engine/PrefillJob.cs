using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>Tokens to be computed once, and something to be made of their rows: a check or an embedding. The engine thread alone advances it.</summary>
/// <param name="flow">Whose it is, for the queue.</param>
internal abstract class PrefillJob(ulong flow)
{
    private volatile bool _cancelled;

    /// <summary>At least one.</summary>
    public abstract int[] Tokens { get; }

    /// <summary>Index of the first token whose row is wanted; those of all after it are.</summary>
    public abstract int FirstRow { get; }

    /// <summary>Rows of the last layer are wanted instead of logits.</summary>
    public abstract bool WantsHidden { get; }

    public ulong Flow => flow;

    public bool IsCancelled => _cancelled;

    /// <summary>Tokens computed so far.</summary>
    public int Fed { get; set; }

    /// <summary>Takes the next row; true when the job is done, or cannot go on.</summary>
    public abstract bool Take(Sampler sampler, ReadOnlySpan<float> row);

    public void Cancel() => _cancelled = true;

    public abstract void End();

    public abstract void Fail(EngineRefusal reason, string message);
}

/// <typeparam name="T">What it comes to.</typeparam>
/// <param name="flow">Whose it is, for the queue.</param>
internal abstract class PrefillJob<T>(ulong flow) : PrefillJob(flow)
{
    private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Outcome => _outcome.Task;

    public override void End() => _outcome.TrySetCanceled();

    public override void Fail(EngineRefusal reason, string message) => _outcome.TrySetException(new EngineRefusedException(reason, message));

    protected void Complete(T outcome) => _outcome.TrySetResult(outcome);
}
