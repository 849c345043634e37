using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Migrations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// The books in one SQLite file, for the embedded network: group commit on one writer thread, reads beside it. Disposing
/// finishes what was accepted.
/// </summary>
public sealed class SqliteLedgerStore : ILedgerStore, IAccountStore, IDisposable
{
    private readonly TimeProvider _time;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;

    private SqliteLedgerStore(SqliteDatabase database, TimeProvider time, ILogger logger)
    {
        _time = time;
        _writer = new SqliteWriter(database, logger);
        _readers = new SqliteReaders(database);
    }

    /// <summary>Opens the file, which is made when missing, and migrates it to this program's schema.</summary>
    /// <param name="path">Of the file; two more appear beside it (-wal, -shm).</param>
    /// <param name="time">Clock of the entries.</param>
    /// <param name="logger">Where opening and failures are told.</param>
    /// <exception cref="StorageSchemaException">The file is from a newer or another program.</exception>
    public static SqliteLedgerStore Open(string path, TimeProvider time, ILogger<SqliteLedgerStore>? logger = null)
    {
        var log = logger ?? NullLogger<SqliteLedgerStore>.Instance;
        var database = new SqliteDatabase(path);
        database.Migrate(Migration.Load("Sqlite"), time, log);
        return new SqliteLedgerStore(database, time, log);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The command is malformed (<see cref="LedgerCommandForm"/>).</exception>
    /// <exception cref="OverflowException">A balance would not fit. Nothing changed.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; repeat the same command.</exception>
    public Task<LedgerResult> CommitAsync(LedgerCommand command, CancellationToken cancellationToken)
    {
        LedgerCommandForm.Check(command);
        return _writer.RunAsync(session => session.Apply(command, _time.GetUtcNow()), result => result.Succeeded, cancellationToken);
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

    public Task<Conservation> AuditAsync(CancellationToken cancellationToken) =>
        _readers.RunAsync(SqliteLedgerQueries.Audit, cancellationToken);

    public Task<ApiKeyRecord?> FindKeyAsync(Hash32 keyHash, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteLedgerQueries.ApiKey(connection, keyHash), cancellationToken);

    public Task AddKeyAsync(ApiKeyRecord key, CancellationToken cancellationToken) =>
        WriteAsync(session => session.AddKey(key), cancellationToken);

    public Task RevokeKeyAsync(Hash32 keyHash, DateTimeOffset at, CancellationToken cancellationToken) =>
        WriteAsync(session => session.RevokeKey(keyHash, at), cancellationToken);

    public void Dispose()
    {
        _writer.Dispose();
        _readers.Dispose();
    }

    private Task<bool> WriteAsync(Action<SqliteLedgerSession> work, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            session =>
            {
                work(session);
                return true;
            },
            static done => done,
            cancellationToken);
}
