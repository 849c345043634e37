using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>What a disk would keep, without one: the rules of the real stores in a few lines. One thread at a time.</summary>
internal sealed class MemoryStore : IOutboxStore, ICursorStore
{
    private readonly List<OutboxRow> _rows = [];
    private readonly Dictionary<string, ChainPoint> _cursors = new(StringComparer.Ordinal);
    private ChainIdentity? _identity;

    public Task<OutboxAddStatus> AddTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        SettlementForm.CheckNew(row);
        if (_rows.Find(other => other.Key == row.Key) is { } there)
            return Task.FromResult(there.AsksSameAs(row) ? OutboxAddStatus.AlreadyThere : OutboxAddStatus.KeyReused);
        _rows.Add(row);
        return Task.FromResult(OutboxAddStatus.Added);
    }

    public Task<OutboxUpdateStatus> UpdateTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        SettlementForm.Check(row);
        var place = _rows.FindIndex(other => other.Key == row.Key);
        if (place < 0 || !_rows[place].IsOpen || _rows[place].Version != row.Version - 1)
            return Task.FromResult(OutboxUpdateStatus.VersionConflict);
        if (row.Nonce is not null && _rows.Exists(other => other.Key != row.Key && other.Sender == row.Sender && other.Nonce == row.Nonce))
            return Task.FromResult(OutboxUpdateStatus.NonceTaken);
        _rows[place] = row;
        return Task.FromResult(OutboxUpdateStatus.Done);
    }

    public Task<OutboxRow?> FindTransactionAsync(string key, CancellationToken cancellationToken) => Task.FromResult(_rows.Find(row => row.Key == key));

    public Task<IReadOnlyList<OutboxRow>> OpenTransactionsAsync(NodeId sender, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<OutboxRow>>(_rows.Where(row => row.Sender == sender && row.IsOpen).Take(limit).ToList());

    public Task<long?> LastNonceAsync(NodeId sender, CancellationToken cancellationToken)
    {
        var nonces = _rows.Where(row => row.Sender == sender).SelectMany(row => (long?[])[row.Nonce, row.SpentNonce]);
        return Task.FromResult(nonces.Max());
    }

    public Task<ChainPoint?> FindCursorAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(_cursors.TryGetValue(name, out var point) ? point : (ChainPoint?)null);

    public Task<bool> MoveCursorAsync(string name, ChainPoint? from, ChainPoint to, CancellationToken cancellationToken)
    {
        SettlementForm.CheckMove(name, from, to);
        var isThere = (_cursors.TryGetValue(name, out var point) ? point : (ChainPoint?)null) == from;
        if (isThere)
            _cursors[name] = to;
        return Task.FromResult(isThere);
    }

    public Task<ChainIdentity> PinChainAsync(ChainIdentity identity, CancellationToken cancellationToken) => Task.FromResult(_identity ??= identity);
}
