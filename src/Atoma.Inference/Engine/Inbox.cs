using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>Where callers leave jobs for the engine thread: two bounded queues and the bell that wakes it.</summary>
internal sealed class Inbox(int generationLimit, int checkLimit)
{
    private readonly object _gate = new();
    private readonly LinkedList<GenerationJob> _generations = new();
    private readonly LinkedList<CheckJob> _checks = new();
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
        lock (_gate)
        {
            RequireOpen();
            if (_generations.Count >= generationLimit + freeSlots)
                throw new EngineRefusedException(EngineRefusal.QueueFull, $"All slots are busy and {_generations.Count} tasks wait; at most {generationLimit} may.");
            _generations.AddLast(job);
            Ring();
        }
    }

    /// <exception cref="EngineRefusedException">Queue full, or the engine is stopping.</exception>
    public void Add(CheckJob job)
    {
        lock (_gate)
        {
            RequireOpen();
            if (_checks.Count >= checkLimit)
                throw new EngineRefusedException(EngineRefusal.QueueFull, $"{_checks.Count} checks wait; at most {checkLimit} may.");
            _checks.AddLast(job);
            Ring();
        }
    }

    public GenerationJob? TakeGeneration() => Take(_generations);

    public CheckJob? TakeCheck() => Take(_checks);

    /// <summary>Takes out jobs cancelled while they waited, so that they do not fill the queue.</summary>
    public void DropCancelled()
    {
        lock (_gate)
        {
            for (var node = _generations.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.IsCancelled)
                {
                    node.Value.End();
                    _generations.Remove(node);
                }

                node = next;
            }

            for (var node = _checks.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.IsCancelled)
                {
                    node.Value.End();
                    _checks.Remove(node);
                }

                node = next;
            }
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

    private T? Take<T>(LinkedList<T> queue)
        where T : class
    {
        lock (_gate)
        {
            var first = queue.First;
            if (first is null)
                return null;
            queue.RemoveFirst();
            return first.Value;
        }
    }

    private void RequireOpen()
    {
        if (_closed is { } reason)
            throw new EngineRefusedException(reason, reason == EngineRefusal.Stopping ? "The engine is stopping." : "The engine has failed; load it again.");
    }

    private void Ring()
    {
        _rung = true;
        Monitor.PulseAll(_gate);
    }
}
