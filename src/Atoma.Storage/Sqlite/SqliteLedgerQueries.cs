using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>What readers ask, each in the snapshot its caller opened.</summary>
internal static class SqliteLedgerQueries
{
    public static Micros Balance(SqliteConnection connection, LedgerAccount account)
    {
        using var statement = new SqliteStatement(connection, "SELECT balance FROM account WHERE kind = $1 AND owner = $2", 2);
        using var reader = statement.Bind(account.Kind, account.Owner).Read();
        return reader.Read() ? reader.Money(0) : Micros.Zero;
    }

    public static IReadOnlyDictionary<string, Micros> Balances(SqliteConnection connection, AccountKind kind)
    {
        using var statement = new SqliteStatement(connection, "SELECT owner, balance FROM account WHERE kind = $1", 1);
        return statement.Bind(kind).ReadAll(reader => (Owner: reader.GetString(0), Balance: reader.Money(1)))
            .ToDictionary(pair => pair.Owner, pair => pair.Balance, StringComparer.Ordinal);
    }

    public static IReadOnlyList<LedgerEntry> Entries(SqliteConnection connection, LedgerAccount account, long afterSequence, int limit)
    {
        using var statement = new SqliteStatement(
            connection, SqliteRows.EntrySelect + "WHERE a.kind = $1 AND a.owner = $2 AND e.sequence > $3 ORDER BY e.sequence LIMIT $4", 4);
        return statement.Bind(account.Kind, account.Owner, afterSequence, limit).ReadAll(SqliteRows.Entry);
    }

    public static IReadOnlyList<LedgerEntry> EntriesOf(SqliteConnection connection, IEnumerable<Hash32> operations)
    {
        using var statement = new SqliteStatement(connection, SqliteRows.EntrySelect + "WHERE e.operation = $1", 1);
        return operations.Distinct()
            .SelectMany(id => statement.Bind(id).ReadAll(SqliteRows.Entry))
            .OrderBy(entry => entry.Sequence)
            .ToList();
    }

    public static RequestRow? Request(SqliteConnection connection, Hash32 id)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.RequestColumns} FROM request WHERE id = $1", 1);
        return statement.Bind(id).ReadFirst(SqliteRows.Request);
    }

    public static RequestRow? Request(SqliteConnection connection, string account, string idempotencyKey)
    {
        using var statement = new SqliteStatement(
            connection,
            $"SELECT {SqliteRows.RequestColumns} FROM request WHERE account = $1 AND idempotency_key = $2 AND idempotency_key <> ''",
            2);
        return statement.Bind(account, idempotencyKey).ReadFirst(SqliteRows.Request);
    }

    public static IReadOnlyList<Hash32> OpenRequests(SqliteConnection connection, DateTimeOffset dueBy, int limit)
    {
        using var statement = new SqliteStatement(
            connection, "SELECT id FROM request WHERE is_open = 1 AND deadline <= $1 ORDER BY deadline, sequence LIMIT $2", 2);
        return statement.Bind(dueBy, limit).ReadAll(reader => reader.Hash(0));
    }

    public static IReadOnlyList<RequestRow> RecentRequests(SqliteConnection connection, string? account, int limit)
    {
        var where = account is null ? "WHERE $1 IS NULL" : "WHERE account = $1";
        using var statement = new SqliteStatement(
            connection, $"SELECT {SqliteRows.RequestColumns} FROM request {where} ORDER BY created_at DESC, sequence DESC LIMIT $2", 2);
        return statement.Bind(account, limit).ReadAll(SqliteRows.Request);
    }

    public static IReadOnlyList<PhaseCount> RequestCounts(SqliteConnection connection)
    {
        using var statement = new SqliteStatement(connection, "SELECT phase, count(*) FROM request GROUP BY phase ORDER BY phase");
        return statement.ReadAll(reader => new PhaseCount(reader.GetInt32(0), reader.GetInt64(1)));
    }

    public static SlashRow? Slash(SqliteConnection connection, Hash32 id)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.SlashColumns} FROM slash WHERE id = $1", 1);
        return statement.Bind(id).ReadFirst(SqliteRows.Slash);
    }

    public static IReadOnlyList<SlashRow> OpenSlashes(SqliteConnection connection, DateTimeOffset dueBy, int limit)
    {
        using var statement = new SqliteStatement(
            connection,
            $"SELECT {SqliteRows.SlashColumns} FROM slash WHERE is_open = 1 AND due_at <= $1 ORDER BY due_at, sequence LIMIT $2",
            2);
        return statement.Bind(dueBy, limit).ReadAll(SqliteRows.Slash);
    }

    public static IReadOnlyList<SlashRow> Slashes(SqliteConnection connection, string? node, int limit)
    {
        var where = node is null ? "WHERE $1 IS NULL" : "WHERE node = $1";
        using var statement = new SqliteStatement(
            connection, $"SELECT {SqliteRows.SlashColumns} FROM slash {where} ORDER BY sequence DESC LIMIT $2", 2);
        return statement.Bind(node, limit).ReadAll(SqliteRows.Slash);
    }

    public static ApiKeyRecord? ApiKey(SqliteConnection connection, Hash32 keyHash)
    {
        using var statement = new SqliteStatement(
            connection, "SELECT key_hash, account, scope, label, created_at, revoked_at FROM api_key WHERE key_hash = $1", 1);
        return statement.Bind(keyHash).ReadFirst(SqliteRows.ApiKey);
    }

    /// <summary>P11: adds up every entry of every account and compares.</summary>
    public static Conservation Audit(SqliteConnection connection)
    {
        using var statement = new SqliteStatement(connection, """
            SELECT a.kind, a.balance, coalesce(e.total, 0), coalesce(e.debits, 0)
            FROM account a LEFT JOIN (
                SELECT account, sum(amount) AS total, sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS debits
                FROM entry GROUP BY account) e ON e.account = a.id
            """);
        Micros deposits = default, withdrawals = default, burned = default, inside = default, escrow = default;
        var mismatched = 0;
        using (var reader = statement.Read())
        {
            while (reader.Read())
            {
                var kind = (AccountKind)reader.GetByte(0);
                var (balance, total, debits) = (reader.Money(1), reader.Money(2), reader.Money(3));
                if (balance != total)
                    mismatched++;
                switch (kind)
                {
                    case AccountKind.External:
                        deposits = debits;
                        withdrawals = total + debits;
                        continue;
                    case AccountKind.Burn:
                        burned = balance;
                        continue;
                    case AccountKind.Escrow:
                        escrow = balance;
                        break;
                }

                inside += balance;
            }
        }

        return new Conservation(deposits, withdrawals, burned, inside, OpenHolds(connection), escrow, mismatched);
    }

    private static Micros OpenHolds(SqliteConnection connection)
    {
        using var statement = new SqliteStatement(connection, "SELECT coalesce(sum(amount), 0) FROM hold WHERE state = 0");
        using var reader = statement.Read();
        return reader.Read() ? reader.Money(0) : Micros.Zero;
    }
}
