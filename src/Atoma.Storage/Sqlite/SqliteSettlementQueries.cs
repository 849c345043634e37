using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>What readers ask about the outbox, cursors and vouchers.</summary>
internal static class SqliteSettlementQueries
{
    private const string VoucherSelect = "SELECT user_address, cumulative, signature, accepted_at FROM voucher ";

    public static OutboxRow? Transaction(SqliteConnection connection, string key)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.OutboxColumns} FROM outbox WHERE idempotency_key = ?1");
        return statement.Bind(key).ReadFirst(SqliteRows.Outbox);
    }

    public static IReadOnlyList<OutboxRow> OpenTransactions(SqliteConnection connection, NodeId sender, int limit)
    {
        using var statement = new SqliteStatement(
            connection, $"SELECT {SqliteRows.OutboxColumns} FROM outbox WHERE sender = ?1 AND state < 3 ORDER BY sequence LIMIT ?2");
        return statement.Bind(sender.ToArray(), limit).ReadAll(SqliteRows.Outbox);
    }

    public static string? KeyOfNonce(SqliteConnection connection, NodeId sender, long nonce)
    {
        using var statement = new SqliteStatement(connection, "SELECT idempotency_key FROM outbox WHERE sender = ?1 AND nonce = ?2");
        return statement.Bind(sender.ToArray(), nonce).ReadFirst(row => row.Text(0));
    }

    public static long? LastNonce(SqliteConnection connection, NodeId sender)
    {
        using var statement = new SqliteStatement(connection, """
            SELECT max(last) FROM (
                SELECT max(nonce) AS last FROM outbox WHERE sender = ?1 AND nonce IS NOT NULL
                UNION ALL SELECT max(spent_nonce) FROM outbox WHERE sender = ?1 AND spent_nonce IS NOT NULL)
            """);
        return statement.Bind((object)sender.ToArray()).ReadFirst<long?>(row => row.IsNull(0) ? null : row.Long(0));
    }

    public static ChainPoint? Cursor(SqliteConnection connection, string name)
    {
        using var statement = new SqliteStatement(connection, "SELECT number, hash FROM chain_cursor WHERE name = ?1");
        return statement.Bind(name).ReadFirst<ChainPoint?>(row => new ChainPoint(row.Long(0), row.Hash(1)));
    }

    public static RequesterVoucher? Voucher(SqliteConnection connection, NodeId user)
    {
        using var statement = new SqliteStatement(connection, VoucherSelect + "WHERE user_address = ?1");
        return statement.Bind((object)user.ToArray()).ReadFirst(Voucher);
    }

    public static IReadOnlyList<RequesterVoucher> Vouchers(SqliteConnection connection, NodeId? after, int limit)
    {
        using var statement = new SqliteStatement(connection, VoucherSelect + "WHERE user_address > ?1 ORDER BY user_address LIMIT ?2");
        return statement.Bind(after?.ToArray() ?? [], limit).ReadAll(Voucher);
    }

    private static RequesterVoucher Voucher(SqliteRow row) => new(new NodeId(row.Blob(0)), row.Money(1), row.Blob(2), row.Time(3));
}
