using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>What readers ask about keys, accounts, the audit log and webhooks.</summary>
internal static class SqliteAccountQueries
{
    public static ApiKeyRecord? Key(SqliteConnection connection, Hash32 keyHash)
    {
        using var statement = new SqliteStatement(connection, SqliteRows.KeySelect + "WHERE k.key_hash = ?1");
        return statement.Bind(keyHash).ReadFirst(SqliteRows.ApiKey);
    }

    public static IReadOnlyList<ApiKeyRecord> Keys(SqliteConnection connection, string? account, int limit)
    {
        var where = account is null ? "WHERE ?1 IS NULL" : "WHERE k.account = ?1";
        using var statement = new SqliteStatement(
            connection, SqliteRows.KeySelect + $"{where} ORDER BY k.created_at DESC, k.key_hash DESC LIMIT ?2");
        return statement.Bind(account, limit).ReadAll(SqliteRows.ApiKey);
    }

    public static AccountRecord? Account(SqliteConnection connection, string id)
    {
        using var statement = new SqliteStatement(connection, "SELECT id, label, created_at, closed_at FROM account_record WHERE id = ?1");
        return statement.Bind(id).ReadFirst(SqliteRows.Account);
    }

    public static IReadOnlyList<AccountRecord> Accounts(SqliteConnection connection, string afterId, int limit)
    {
        using var statement = new SqliteStatement(
            connection, "SELECT id, label, created_at, closed_at FROM account_record WHERE id > ?1 ORDER BY id LIMIT ?2");
        return statement.Bind(afterId, limit).ReadAll(SqliteRows.Account);
    }

    public static IReadOnlyList<AuditLogRecord> AuditLog(SqliteConnection connection, long beforeSequence, int limit)
    {
        using var statement = new SqliteStatement(
            connection,
            "SELECT sequence, at, actor, action, subject, detail FROM audit_log WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2");
        return statement.Bind(beforeSequence, limit).ReadAll(SqliteRows.AuditLog);
    }

    public static WebhookRow? Webhook(SqliteConnection connection, Hash32 request)
    {
        using var statement = new SqliteStatement(connection, $"SELECT {SqliteRows.WebhookColumns} FROM webhook WHERE request = ?1");
        return statement.Bind(request).ReadFirst(SqliteRows.Webhook);
    }

    public static IReadOnlyList<WebhookRow> DueWebhooks(SqliteConnection connection, DateTimeOffset now, int limit)
    {
        using var statement = new SqliteStatement(connection, $"""
            SELECT {SqliteRows.WebhookColumns} FROM webhook w
            WHERE state = 0 AND next_at <= ?1 AND EXISTS (SELECT 1 FROM request r WHERE r.id = w.request AND r.is_open = 0)
            ORDER BY next_at, request LIMIT ?2
            """);
        return statement.Bind(now, limit).ReadAll(SqliteRows.Webhook);
    }
}
