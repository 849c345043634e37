using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>What readers ask, each in the snapshot its caller opened.</summary>
internal static class SqliteLedgerQueries
{
    public static Micros Balance(SqliteConnection connection, LedgerAccount account)
    {
        using var statement = new SqliteStatement(connection, "SELECT balance FROM account WHERE kind = ?1 AND owner = ?2");
        return statement.Bind(account.Kind, account.Owner).ReadFirst(row => row.Money(0));
    }

    public static IReadOnlyDictionary<string, Micros> Balances(SqliteConnection connection, AccountKind kind)
    {
        using var statement = new SqliteStatement(connection, "SELECT owner, balance FROM account WHERE kind = ?1");
        return statement.Bind(kind).ReadAll(row => (Owner: row.Text(0), Balance: row.Money(1)))
            .ToDictionary(pair => pair.Owner, pair => pair.Balance, StringComparer.Ordinal);
    }

    public static IReadOnlyList<LedgerEntry> Entries(SqliteConnection connection, LedgerAccount account, long afterSequence, int limit)
    {
        using var statement = new SqliteStatement(
            connection, SqliteRows.EntrySelect + "WHERE a.kind = ?1 AND a.owner = ?2 AND e.sequence > ?3 ORDER BY e.sequence LIMIT ?4");
        return statement.Bind(account.Kind, account.Owner, afterSequence, limit).ReadAll(SqliteRows.Entry);
    }

    public static IReadOnlyList<LedgerEntry> EntriesBefore(SqliteConnection connection, LedgerAccount account, long beforeSequence, int limit)
    {
        using var statement = new SqliteStatement(
            connection, SqliteRows.EntrySelect + "WHERE a.kind = ?1 AND a.owner = ?2 AND e.sequence < ?3 ORDER BY e.sequence DESC LIMIT ?4");
        return statement.Bind(account.Kind, account.Owner, beforeSequence, limit).ReadAll(SqliteRows.Entry);
    }

    public static IReadOnlyList<LedgerEntry> EntriesOf(SqliteConnection connection, IEnumerable<Hash32> operations)
    {
        using var statement = new SqliteStatement(connection, SqliteRows.EntrySelect + "WHERE e.operation = ?1");
        return operations.Distinct()
            .SelectMany(id => statement.Bind(id).ReadAll(SqliteRows.Entry))
            .OrderBy(entry => entry.Sequence)
            .ToList();
    }

    public static RequestRow? Request(SqliteConnection connection, Hash32 id)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.RequestColumns} FROM request WHERE id = ?1");
        return statement.Bind(id).ReadFirst(SqliteRows.Request);
    }

    public static RequestRow? Request(SqliteConnection connection, string account, string idempotencyKey)
    {
        using var statement = new SqliteStatement(
            connection,
            $"SELECT {SqliteRows.RequestColumns} FROM request WHERE account = ?1 AND idempotency_key = ?2 AND idempotency_key <> ''");
        return statement.Bind(account, idempotencyKey).ReadFirst(SqliteRows.Request);
    }

    public static IReadOnlyList<Hash32> OpenRequests(SqliteConnection connection, DateTimeOffset dueBy, int limit)
    {
        using var statement = new SqliteStatement(
            connection, "SELECT id FROM request WHERE is_open = 1 AND deadline <= ?1 ORDER BY deadline, sequence LIMIT ?2");
        return statement.Bind(dueBy, limit).ReadAll(row => row.Hash(0));
    }

    public static IReadOnlyList<RequestRow> RecentRequests(SqliteConnection connection, string? account, int limit)
    {
        var where = account is null ? "WHERE ?1 IS NULL" : "WHERE account = ?1";
        using var statement = new SqliteStatement(
            connection, $"SELECT {SqliteRows.RequestColumns} FROM request {where} ORDER BY created_at DESC, sequence DESC LIMIT ?2");
        return statement.Bind(account, limit).ReadAll(SqliteRows.Request);
    }

    public static IReadOnlyList<PhaseCount> RequestCounts(SqliteConnection connection)
    {
        using var statement = new SqliteStatement(connection, "SELECT phase, count(*) FROM request GROUP BY phase ORDER BY phase");
        return statement.ReadAll(row => new PhaseCount(row.Int(0), row.Long(1)));
    }

    public static SlashRow? Slash(SqliteConnection connection, Hash32 id)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.SlashColumns} FROM slash WHERE id = ?1");
        return statement.Bind(id).ReadFirst(SqliteRows.Slash);
    }

    public static IReadOnlyList<SlashRow> OpenSlashes(SqliteConnection connection, DateTimeOffset dueBy, int limit)
    {
        using var statement = new SqliteStatement(
            connection,
            $"SELECT {SqliteRows.SlashColumns} FROM slash WHERE is_open = 1 AND due_at <= ?1 ORDER BY due_at, sequence LIMIT ?2");
        return statement.Bind(dueBy, limit).ReadAll(SqliteRows.Slash);
    }

    public static IReadOnlyList<SlashRow> Slashes(SqliteConnection connection, string? node, int limit)
    {
        var where = node is null ? "WHERE ?1 IS NULL" : "WHERE node = ?1";
        using var statement = new SqliteStatement(
            connection, $"SELECT {SqliteRows.SlashColumns} FROM slash {where} ORDER BY sequence DESC LIMIT ?2");
        return statement.Bind(node, limit).ReadAll(SqliteRows.Slash);
    }

    public static PayoutRow? Payout(SqliteConnection connection, Hash32 id)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.PayoutColumns} FROM payout WHERE id = ?1");
        return statement.Bind(id).ReadFirst(SqliteRows.Payout);
    }

    public static IReadOnlyList<PayoutRow> Payouts(SqliteConnection connection, string? node, PayoutState? state, int limit)
    {
        var byNode = node is null ? "?1 IS NULL" : "node = ?1";
        var byState = state is null ? "?2 IS NULL" : "state = ?2";
        using var statement = new SqliteStatement(
            connection, $"SELECT {SqliteRows.PayoutColumns} FROM payout WHERE {byNode} AND {byState} ORDER BY sequence DESC LIMIT ?3");
        return statement.Bind(node, state, limit).ReadAll(SqliteRows.Payout);
    }

    public static IReadOnlyList<OpenHold> OpenHolds(SqliteConnection connection, LedgerAccount payer, int limit)
    {
        using var statement = new SqliteStatement(connection, """
            SELECT h.id, h.amount, t.at, h.expires_at FROM account a JOIN hold h ON h.payer = a.id AND h.state = 0 JOIN transfer t ON t.id = h.id
            WHERE a.kind = ?1 AND a.owner = ?2 ORDER BY h.expires_at, h.id LIMIT ?3
            """);
        return statement.Bind(payer.Kind, payer.Owner, limit)
            .ReadAll(row => new OpenHold(row.Hash(0), row.Money(1), row.Time(2), row.Time(3)));
    }

    public static IReadOnlyList<Hash32> ExpiredHolds(SqliteConnection connection, DateTimeOffset now, int limit)
    {
        using var statement = new SqliteStatement(connection, """
            SELECT id FROM hold h WHERE state = 0 AND expires_at <= ?1
                AND NOT EXISTS (SELECT 1 FROM request r WHERE r.id = h.id AND r.is_open = 1)
            ORDER BY expires_at, id LIMIT ?2
            """);
        return statement.Bind(now, limit).ReadAll(row => row.Hash(0));
    }
}
