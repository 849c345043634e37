using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;
using Atoma.Storage.Migrations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// The books in one SQLite file, for the embedded network: group commit on one writer thread, reads beside it. Disposing
/// finishes what was accepted.
/// </summary>
public sealed partial class SqliteLedgerStore : ILedgerStore, IAccountStore, IWebhookStore, IOutboxStore, ICursorStore, IVoucherStore, IDisposable
{
    private readonly TimeProvider _time;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;
    private readonly SqliteAuditor _auditor = new();

    private SqliteLedgerStore(SqliteDatabase database, TimeProvider time, ILogger logger, Action? boundary)
    {
        _time = time;
        _writer = new SqliteWriter(database, logger, boundary);
        _readers = new SqliteReaders(database);
    }

    /// <summary>Opens the file, which is made when missing, and migrates it to this program's schema.</summary>
    /// <param name="path">Of the file; two more appear beside it (-wal, -shm).</param>
    /// <param name="time">Clock of the entries.</param>
    /// <param name="logger">Where opening and failures are told.</param>
    /// <exception cref="StorageSchemaException">The file is from a newer or another program.</exception>
    public static SqliteLedgerStore Open(string path, TimeProvider time, ILogger<SqliteLedgerStore>? logger = null) =>
        Open(path, time, boundary: null, logger);

    /// <param name="path">As above.</param>
    /// <param name="time">As above.</param>
    /// <param name="boundary">Called on the writer's thread at each boundary between writes.</param>
    /// <param name="logger">As above.</param>
    internal static SqliteLedgerStore Open(string path, TimeProvider time, Action? boundary, ILogger<SqliteLedgerStore>? logger = null)
    {
        var log = logger ?? NullLogger<SqliteLedgerStore>.Instance;
        var database = new SqliteDatabase(path);
        database.Migrate(Migration.Load("Sqlite"), time, log);
        return new SqliteLedgerStore(database, time, log, boundary);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The command is malformed (<see cref="LedgerCommandForm"/>).</exception>
    /// <exception cref="OverflowException">A balance would not fit. Nothing changed.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; repeat the same command.</exception>
    public Task<LedgerResult> CommitAsync(LedgerCommand command, CancellationToken cancellationToken)
    {
        LedgerCommandForm.Check(command);
        return _writer.CommitAsync(command, _time, cancellationToken);
    }

    public Task<Micros> BalanceAsync(LedgerAccount account, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.Balance(connection, account), cancellationToken);

    public Task<IReadOnlyDictionary<string, Micros>> BalancesAsync(AccountKind kind, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.Balances(connection, kind), cancellationToken);

    public Task<IReadOnlyList<LedgerEntry>> EntriesAsync(
        LedgerAccount account, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.EntriesMax);
        return _readers.RunAsync(
            connection => SqliteLedgerQueries.Entries(connection, account, afterSequence, limit), cancellationToken);
    }

    public Task<IReadOnlyList<LedgerEntry>> EntriesBeforeAsync(
        LedgerAccount account, long? beforeSequence, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.EntriesMax);
        return _readers.RunAsync(
            connection => SqliteLedgerQueries.EntriesBefore(connection, account, beforeSequence ?? long.MaxValue, limit), cancellationToken);
    }

    public Task<IReadOnlyList<OpenHold>> OpenHoldsAsync(LedgerAccount payer, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.OpenHolds(connection, payer, limit), cancellationToken);
    }

    public Task<IReadOnlyList<Hash32>> ExpiredHoldsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.ExpiredHolds(connection, now, limit), cancellationToken);
    }

    public Task<IReadOnlyList<LedgerEntry>> EntriesOfAsync(IReadOnlyList<Hash32> operations, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(operations.Count, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.EntriesOf(connection, operations), cancellationToken);
    }

    public Task<RequestRow?> FindRequestAsync(Hash32 id, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.Request(connection, id), cancellationToken);

    public Task<RequestRow?> FindRequestAsync(string account, string idempotencyKey, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.Request(connection, account, idempotencyKey), cancellationToken);

    public Task<IReadOnlyList<Hash32>> OpenRequestsAsync(DateTimeOffset dueBy, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.OpenRequests(connection, dueBy, limit), cancellationToken);
    }

    public Task<IReadOnlyList<RequestRow>> RecentRequestsAsync(string? account, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.RecentRequests(connection, account, limit), cancellationToken);
    }

    public Task<IReadOnlyList<PhaseCount>> RequestCountsAsync(CancellationToken cancellationToken) =>
        _readers.RunAsync(SqliteLedgerQueries.RequestCounts, cancellationToken);

    public Task<SlashRow?> FindSlashAsync(Hash32 id, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.Slash(connection, id), cancellationToken);

    public Task<IReadOnlyList<SlashRow>> OpenSlashesAsync(DateTimeOffset dueBy, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.OpenSlashes(connection, dueBy, limit), cancellationToken);
    }

    public Task<IReadOnlyList<SlashRow>> SlashesAsync(string? node, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.Slashes(connection, node, limit), cancellationToken);
    }

    public Task<PayoutRow?> FindPayoutAsync(Hash32 id, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.Payout(connection, id), cancellationToken);

    public Task<IReadOnlyList<PayoutRow>> PayoutsAsync(string? node, PayoutState? state, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteLedgerQueries.Payouts(connection, node, state, limit), cancellationToken);
    }

    public Task<Conservation> AuditAsync(CancellationToken cancellationToken) =>
        _readers.RunAsync(_auditor.Audit, cancellationToken);

    public Task<Conservation> RecountAsync(CancellationToken cancellationToken) =>
        _readers.RunAsync(_auditor.Recount, cancellationToken);

    public void Dispose()
    {
        _writer.Dispose();
        _readers.Dispose();
    }
}
