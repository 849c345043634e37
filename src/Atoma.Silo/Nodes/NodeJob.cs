using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Silo.Nodes;

/// <summary>What a node keeps of one request until it is closed. Used by the agent's loop and the job's own task; fields are set once.</summary>
internal sealed class NodeJob : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private volatile int _cancelAt = int.MaxValue;

    public NodeJob(GenerationTask task, CancellationToken agentStopping)
    {
        Task = task;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(agentStopping);
        // Taken once: the job's task may still look at it after the job was closed.
        Stopped = _stop.Token;
    }

    public GenerationTask Task { get; }

    public CancellationToken Stopped { get; }

    /// <summary>Output length at which the requester's cancellation ends the answer.</summary>
    public int CancelAt
    {
        get => _cancelAt;
        set => _cancelAt = value;
    }

    /// <summary>The answer committed to, and the nonce that opens it.</summary>
    public (Hash32 Nonce, byte[] Transcript)? Committed { get; set; }

    /// <summary>Set once: a node commits to one output only.</summary>
    public Commitment? Commitment { get; set; }

    /// <summary>Votes not yet shown, by transcript digest.</summary>
    public Dictionary<Hash32, Vote> Votes { get; } = [];

    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
