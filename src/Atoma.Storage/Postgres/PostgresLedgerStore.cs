using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;
using Atoma.Storage.Migrations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>
/// The books in PostgreSQL 15 or later, which several processes may share. Writes in groups; reads by the data source's own
/// connections. Disposing finishes what was accepted and leaves the data source to its owner.
/// </summary>
public sealed partial class PostgresLedgerStore : ILedgerStore, IAccountStore, IWebhookStore, IOutboxStore, ICursorStore, IVoucherStore, IDisposable
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly TimeProvider _time;
    private readonly PostgresWriter _writer;
    private readonly PostgresAuditor _auditor;

    private PostgresLedgerStore(NpgsqlDataSource dataSource, TimeProvider time, ILogger logger, Action? boundary)
    {
        _dataSource = dataSource;
        _time = time;
        _auditor = new PostgresAuditor(dataSource);
        _writer = new PostgresWriter(dataSource, time, logger, boundary);
    }

    /// <summary>Migrates the database to this program's schema and opens the books in it.</summary>
    /// <exception cref="StorageSchemaException">The database is from a newer or another program.</exception>
    public static PostgresLedgerStore Open(NpgsqlDataSource dataSource, TimeProvider time, ILogger<PostgresLedgerStore>? logger = null) =>
        Open(dataSource, time, boundary: null, logger);

    /// <param name="dataSource">Where.</param>
    /// <param name="time">Clock of the entries.</param>
    /// <param name="boundary">Called on the writer's thread at each boundary between writes.</param>
    /// <param name="logger">Where opening and failures are told.</param>
    internal static PostgresLedgerStore Open(
        NpgsqlDataSource dataSource, TimeProvider time, Action? boundary, ILogger<PostgresLedgerStore>? logger = null)
    {
        var log = logger ?? NullLogger<PostgresLedgerStore>.Instance;
        PostgresDatabase.Migrate(dataSource, Migration.Load("Postgres"), time, log);
        return new PostgresLedgerStore(dataSource, time, log, boundary);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The command is malformed (<see cref="LedgerCommandForm"/>).</exception>
    /// <exception cref="OverflowException">A balance would not fit. Nothing changed.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; repeat the same command.</exception>
    public Task<LedgerResult> CommitAsync(LedgerCommand command, CancellationToken cancellationToken)
    {
        LedgerCommandForm.Check(command);
        return _writer.CommitAsync(command, cancellationToken);
    }

    public async Task<Micros> BalanceAsync(LedgerAccount account, CancellationToken cancellationToken)
    {
        var found = await _dataSource
            .Statement("SELECT balance FROM account WHERE kind = $1 AND owner = $2", (short)account.Kind, account.Owner)
            .ReadAllAsync(reader => reader.Money(0), cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyDictionary<string, Micros>> BalancesAsync(AccountKind kind, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement("SELECT owner, balance FROM account WHERE kind = $1", (short)kind)
            .ReadAllAsync(reader => (Owner: reader.GetString(0), Balance: reader.Money(1)), cancellationToken);
        return found.ToDictionary(pair => pair.Owner, pair => pair.Balance, StringComparer.Ordinal);
    }

    public async Task<IReadOnlyList<LedgerEntry>> EntriesAsync(
        LedgerAccount account, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.EntriesMax);
        return await _dataSource
            .Statement(
                PostgresRows.EntrySelect + "WHERE a.kind = $1 AND a.owner = $2 AND e.sequence > $3 ORDER BY e.sequence LIMIT $4",
                (short)account.Kind, account.Owner, afterSequence, limit)
            .ReadAllAsync(PostgresRows.Entry, cancellationToken);
    }

    public async Task<IReadOnlyList<LedgerEntry>> EntriesBeforeAsync(
        LedgerAccount account, long? beforeSequence, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.EntriesMax);
        return await _dataSource
            .Statement(
                PostgresRows.EntrySelect + "WHERE a.kind = $1 AND a.owner = $2 AND e.sequence < $3 ORDER BY e.sequence DESC LIMIT $4",
                (short)account.Kind, account.Owner, beforeSequence ?? long.MaxValue, limit)
            .ReadAllAsync(PostgresRows.Entry, cancellationToken);
    }

    public async Task<IReadOnlyList<OpenHold>> OpenHoldsAsync(LedgerAccount payer, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                """
                SELECT h.id, h.amount, t.at, h.expires_at
                FROM account a JOIN hold h ON h.payer = a.id AND h.state = 0 JOIN transfer t ON t.id = h.id
                WHERE a.kind = $1 AND a.owner = $2 ORDER BY h.expires_at, h.id LIMIT $3
                """,
                (short)payer.Kind, payer.Owner, limit)
            .ReadAllAsync(reader => new OpenHold(reader.Hash(0), reader.Money(1), reader.Time(2), reader.Time(3)), cancellationToken);
    }

    public async Task<IReadOnlyList<Hash32>> ExpiredHoldsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                """
                SELECT id FROM hold h WHERE state = 0 AND expires_at <= $1
                    AND NOT EXISTS (SELECT 1 FROM request r WHERE r.id = h.id AND r.is_open)
                ORDER BY expires_at, id LIMIT $2
                """,
                now.UtcTicks, limit)
            .ReadAllAsync(reader => reader.Hash(0), cancellationToken);
    }

    public async Task<IReadOnlyList<LedgerEntry>> EntriesOfAsync(IReadOnlyList<Hash32> operations, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(operations.Count, StorageLimits.RowsMax);
        var ids = operations.Select(id => id.ToArray()).ToArray();
        return await _dataSource.Statement(PostgresRows.EntrySelect + "WHERE e.operation = ANY ($1) ORDER BY e.sequence", [ids])
            .ReadAllAsync(PostgresRows.Entry, cancellationToken);
    }

    public async Task<RequestRow?> FindRequestAsync(Hash32 id, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement($"SELECT {PostgresRows.RequestColumns} FROM request WHERE id = $1", id.ToArray())
            .ReadAllAsync(PostgresRows.Request, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<RequestRow?> FindRequestAsync(string account, string idempotencyKey, CancellationToken cancellationToken)
    {
        var found = await _dataSource
            .Statement(
                $"SELECT {PostgresRows.RequestColumns} FROM request WHERE account = $1 AND idempotency_key = $2 AND idempotency_key <> ''",
                account, idempotencyKey)
            .ReadAllAsync(PostgresRows.Request, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<Hash32>> OpenRequestsAsync(DateTimeOffset dueBy, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement("SELECT id FROM request WHERE is_open AND deadline <= $1 ORDER BY deadline, sequence LIMIT $2", dueBy.UtcTicks, limit)
            .ReadAllAsync(reader => reader.Hash(0), cancellationToken);
    }

    public async Task<IReadOnlyList<RequestRow>> RecentRequestsAsync(string? account, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        const string Order = "ORDER BY created_at DESC, sequence DESC LIMIT $1";
        var command = account is null
            ? _dataSource.Statement($"SELECT {PostgresRows.RequestColumns} FROM request {Order}", limit)
            : _dataSource.Statement($"SELECT {PostgresRows.RequestColumns} FROM request WHERE account = $2 {Order}", limit, account);
        return await command.ReadAllAsync(PostgresRows.Request, cancellationToken);
    }

    public async Task<IReadOnlyList<PhaseCount>> RequestCountsAsync(CancellationToken cancellationToken) =>
        await _dataSource.Statement("SELECT phase, count(*) FROM request GROUP BY phase ORDER BY phase")
            .ReadAllAsync(reader => new PhaseCount(reader.GetInt32(0), reader.GetInt64(1)), cancellationToken);

    public async Task<SlashRow?> FindSlashAsync(Hash32 id, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement($"SELECT {PostgresRows.SlashColumns} FROM slash WHERE id = $1", id.ToArray())
            .ReadAllAsync(PostgresRows.Slash, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<SlashRow>> OpenSlashesAsync(DateTimeOffset dueBy, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                $"SELECT {PostgresRows.SlashColumns} FROM slash WHERE is_open AND due_at <= $1 ORDER BY due_at, sequence LIMIT $2",
                dueBy.UtcTicks, limit)
            .ReadAllAsync(PostgresRows.Slash, cancellationToken);
    }

    public async Task<IReadOnlyList<SlashRow>> SlashesAsync(string? node, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        const string Order = "ORDER BY sequence DESC LIMIT $1";
        var command = node is null
            ? _dataSource.Statement($"SELECT {PostgresRows.SlashColumns} FROM slash {Order}", limit)
            : _dataSource.Statement($"SELECT {PostgresRows.SlashColumns} FROM slash WHERE node = $2 {Order}", limit, node);
        return await command.ReadAllAsync(PostgresRows.Slash, cancellationToken);
    }

    public async Task<PayoutRow?> FindPayoutAsync(Hash32 id, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement($"SELECT {PostgresRows.PayoutColumns} FROM payout WHERE id = $1", id.ToArray())
            .ReadAllAsync(PostgresRows.Payout, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<PayoutRow>> PayoutsAsync(string? node, PayoutState? state, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        List<string> conditions = ["true"];
        List<object> values = [limit];
        if (node is not null)
        {
            values.Add(node);
            conditions.Add($"node = ${values.Count}");
        }

        if (state is { } wanted)
        {
            values.Add((short)wanted);
            conditions.Add($"state = ${values.Count}");
        }

        return await _dataSource
            .Statement(
                $"SELECT {PostgresRows.PayoutColumns} FROM payout WHERE {string.Join(" AND ", conditions)} ORDER BY sequence DESC LIMIT $1",
                [.. values])
            .ReadAllAsync(PostgresRows.Payout, cancellationToken);
    }

    public Task<Conservation> AuditAsync(CancellationToken cancellationToken) => _auditor.AuditAsync(cancellationToken);

    public Task<Conservation> RecountAsync(CancellationToken cancellationToken) => _auditor.RecountAsync(cancellationToken);

    public void Dispose()
    {
        _writer.Dispose();
        _auditor.Dispose();
    }
}
