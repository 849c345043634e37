namespace Atoma.Inference.Engine;

/// <summary>
/// A bounded queue that is fair between flows (accounts): whoever takes gets the oldest item of each flow in turn, and when the
/// queue is full a newcomer of a flow that waits less pushes out the newest item of the flow that waits most.
/// Not thread-safe.
/// </summary>
/// <param name="limit">Items that may wait.</param>
internal sealed class FairQueue<T>(int limit)
    where T : class
{
    private readonly Dictionary<ulong, LinkedList<T>> _flows = [];
    private readonly LinkedList<ulong> _turns = new();

    public int Count { get; private set; }

    /// <summary>Adds an item.</summary>
    /// <param name="flow">Whose it is.</param>
    /// <param name="item">Added last of its flow.</param>
    /// <param name="free">Items beyond the limit that will be taken at once.</param>
    /// <returns>What could not stay: null, the item itself, or another flow's newest.</returns>
    public T? Add(ulong flow, T item, int free = 0)
    {
        T? pushedOut = null;
        if (Count >= limit + free)
        {
            var (longest, length) = Longest();
            if (longest == flow || (_flows.TryGetValue(flow, out var own) ? own.Count : 0) + 1 >= length)
                return item;
            pushedOut = _flows[longest].Last!.Value;
            _flows[longest].RemoveLast();
            Count--;
        }

        if (!_flows.TryGetValue(flow, out var queue))
        {
            _flows.Add(flow, queue = new LinkedList<T>());
            _turns.AddLast(flow);
        }

        queue.AddLast(item);
        Count++;
        return pushedOut;
    }

    /// <summary>Takes the oldest item of the flow whose turn it is; null when empty.</summary>
    public T? Take()
    {
        if (_turns.First is not { } turn)
            return null;
        _turns.RemoveFirst();
        var queue = _flows[turn.Value];
        var item = queue.First!.Value;
        queue.RemoveFirst();
        Count--;
        if (queue.Count > 0)
            _turns.AddLast(turn);
        else
            _flows.Remove(turn.Value);
        return item;
    }

    /// <summary>Removes every item that satisfies a condition, and hands each out.</summary>
    public void Remove(Predicate<T> condition, Action<T> removed)
    {
        foreach (var (flow, queue) in _flows.ToArray())
        {
            for (var node = queue.First; node is not null;)
            {
                var next = node.Next;
                if (condition(node.Value))
                {
                    queue.Remove(node);
                    Count--;
                    removed(node.Value);
                }

                node = next;
            }

            if (queue.Count > 0)
                continue;
            _flows.Remove(flow);
            _turns.Remove(flow);
        }
    }

    private (ulong Flow, int Length) Longest()
    {
        var longest = (Flow: 0UL, Length: 0);
        foreach (var (flow, queue) in _flows)
        {
            if (queue.Count > longest.Length)
                longest = (flow, queue.Count);
        }

        return longest;
    }
}
