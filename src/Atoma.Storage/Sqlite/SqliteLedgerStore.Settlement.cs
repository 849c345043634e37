using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Storage.Sqlite;

/// <content>The outbox, cursors and vouchers, in the same file.</content>
public sealed partial class SqliteLedgerStore
{
    public Task<OutboxAddStatus> AddTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        SettlementForm.CheckNew(row);
        return _writer.SettleAsync(settlement => settlement.AddTransaction(row), cancellationToken);
    }

    public Task<OutboxUpdateStatus> UpdateTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        SettlementForm.Check(row);
        return _writer.SettleAsync(settlement => settlement.UpdateTransaction(row), cancellationToken);
    }

    public Task<OutboxRow?> FindTransactionAsync(string key, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteSettlementQueries.Transaction(connection, key), cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> OpenTransactionsAsync(NodeId sender, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteSettlementQueries.OpenTransactions(connection, sender, limit), cancellationToken);
    }

    public Task<long?> LastNonceAsync(NodeId sender, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteSettlementQueries.LastNonce(connection, sender), cancellationToken);

    public Task<ChainPoint?> FindCursorAsync(string name, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteSettlementQueries.Cursor(connection, name), cancellationToken);

    public Task<bool> MoveCursorAsync(string name, ChainPoint? from, ChainPoint to, CancellationToken cancellationToken)
    {
        SettlementForm.CheckMove(name, from, to);
        return _writer.SettleAsync(settlement => settlement.MoveCursor(name, from, to), cancellationToken);
    }

    public Task<ChainIdentity> PinChainAsync(ChainIdentity identity, CancellationToken cancellationToken)
    {
        SettlementForm.Check(identity);
        return _writer.SettleAsync(settlement => settlement.PinChain(identity), cancellationToken);
    }

    public Task<bool> PutVoucherAsync(RequesterVoucher voucher, CancellationToken cancellationToken)
    {
        SettlementForm.Check(voucher);
        return _writer.SettleAsync(settlement => settlement.PutVoucher(voucher), cancellationToken);
    }

    public Task<RequesterVoucher?> FindVoucherAsync(NodeId user, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteSettlementQueries.Voucher(connection, user), cancellationToken);

    public Task<IReadOnlyList<RequesterVoucher>> VouchersAsync(NodeId? after, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteSettlementQueries.Vouchers(connection, after, limit), cancellationToken);
    }
}
