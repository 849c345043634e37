namespace Atoma.Storage;

/// <summary>How to take back what the current command did, newest first.</summary>
internal sealed class UndoLog
{
    private readonly Stack<Action> _steps = new();

    public void Push(Action step) => _steps.Push(step);

    /// <summary>The command succeeded: what it did stays.</summary>
    public void Keep() => _steps.Clear();

    public void Undo()
    {
        while (_steps.TryPop(out var step))
            step();
    }
}

/// <summary>Rows of one table that a batch touches: read once, changed in memory, written once.</summary>
/// <param name="undo">Learns how to take each change back.</param>
/// <param name="load">Reads a row that was not read before; null when there is none.</param>
internal sealed class WorkingTable<TKey, TRow>(UndoLog undo, Func<TKey, TRow?> load)
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, TRow?> _rows = [];
    private readonly OrderedDictionary<TKey, bool> _changed = [];

    /// <summary>Rows to be written, each once, in the order of their first change; new ones are in no table yet.</summary>
    public IEnumerable<(TKey Key, TRow Row, bool IsNew)> Changed => _changed.Select(pair => (pair.Key, _rows[pair.Key]!, pair.Value));

    public int ChangedCount => _changed.Count;

    public TRow? Find(TKey key)
    {
        if (!_rows.TryGetValue(key, out var row))
            _rows.Add(key, row = load(key));
        return row;
    }

    /// <summary>Takes a row that was read beforehand.</summary>
    public void AddRead(TKey key, TRow row) => _rows.Add(key, row);

    public void Put(TKey key, TRow row)
    {
        var before = Find(key);
        if (_changed.TryAdd(key, before is null))
            undo.Push(() => _changed.RemoveAt(_changed.Count - 1));
        Set(key, row, before);
    }

    /// <summary>Changes what is looked up and is not written itself.</summary>
    public void PutUnwritten(TKey key, TRow? row) => Set(key, row, Find(key));

    private void Set(TKey key, TRow? row, TRow? before)
    {
        undo.Push(() => _rows[key] = before);
        _rows[key] = row;
    }
}
