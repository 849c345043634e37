using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>Where callers leave jobs for the engine thread: two bounded fair queues and the bell that wakes it.</summary>
internal sealed class Inbox(int generationLimit, int checkLimit)
{
    private readonly object _gate = new();
    private readonly FairQueue<GenerationJob> _generations = new(generationLimit);
    private readonly FairQueue<PrefillJob> _checks = new(checkLimit);
    private bool _rung;
    private EngineRefusal? _closed;

    /// <summary>Generations waiting.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _generations.Count;
        }
    }

    /// <summary>Why nothing is taken any more, null while jobs are.</summary>
    public EngineRefusal? Closed
    {
        get
        {
            lock (_gate)
                return _closed;
        }
    }

    /// <param name="job">The job to leave.</param>
    /// <param name="freeSlots">Jobs that need not wait: they do not count against the limit.</param>
    /// <exception cref="EngineRefusedException">Queue full, or the engine is stopping.</exception>
    public void Add(GenerationJob job, int freeSlots)
    {
        GenerationJob? left;
        lock (_gate)
        {
            RequireOpen();
            left = _generations.Add(job.Flow, job, freeSlots);
            Ring();
        }

        if (ReferenceEquals(left, job))
            throw new EngineRefusedException(EngineRefusal.QueueFull, $"All slots are busy and {generationLimit} tasks wait, as many as may.");
        left?.Fail(EngineRefusal.QueueFull, "The queue is full, and others have fewer tasks in it.");
    }

    /// <exception cref="EngineRefusedException">Queue full, or the engine is stopping.</exception>
    public void Add(PrefillJob job)
    {
        PrefillJob? left;
        lock (_gate)
        {
            RequireOpen();
            left = _checks.Add(job.Flow, job);
            Ring();
        }

        if (ReferenceEquals(left, job))
            throw new EngineRefusedException(EngineRefusal.QueueFull, $"{checkLimit} checks and embeddings wait, as many as may.");
        left?.Fail(EngineRefusal.QueueFull, "The queue of checks and embeddings is full, and others have fewer in it.");
    }

    public GenerationJob? TakeGeneration()
    {
        lock (_gate)
            return _generations.Take();
    }

    public PrefillJob? TakeCheck()
    {
        lock (_gate)
            return _checks.Take();
    }

    /// <summary>Takes out jobs cancelled while they waited, so that they do not fill the queue.</summary>
    public void DropCancelled()
    {
        lock (_gate)
        {
            _generations.Remove(static j => j.IsCancelled, static j => j.End());
            _checks.Remove(static j => j.IsCancelled, static j => j.End());
        }
    }

    /// <summary>Wakes the engine thread: a job came, was cancelled, or the engine is to stop.</summary>
    public void Wake()
    {
        lock (_gate)
            Ring();
    }

    /// <summary>Refuses everything from now on; the first reason stands.</summary>
    public void Close(EngineRefusal reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            Ring();
        }
    }

    /// <summary>Returns at once while there is work at hand, else when the bell rings; false once closed.</summary>
    public bool Wait(bool busy)
    {
        lock (_gate)
        {
            while (_closed is null && !busy && !_rung && _generations.Count == 0 && _checks.Count == 0)
                Monitor.Wait(_gate);
            _rung = false;
            return _closed is null;
        }
    }

    private void RequireOpen()
    {
        if (_closed is { } reason)
            throw new EngineRefusedException(reason, reason == EngineRefusal.Stopping ? "The engine is stopping." : "The engine has failed; it is being loaded again.");
    }

    private void Ring()
    {
        _rung = true;
        Monitor.PulseAll(_gate);
    }
}
