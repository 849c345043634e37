using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>Changes to keys, accounts, the audit log and webhooks, inside the writer's transaction. Rare enough to prepare each time.</summary>
internal sealed class SqliteAccountWriter(SqliteConnection connection, Action? boundary)
{
    public bool AddKey(ApiKeyRecord key)
    {
        var isNew = Change(
            """
            INSERT INTO api_key (key_hash, account, scope, label, created_at, expires_at, revoked_at, last_used_at, requests_per_minute, tokens_per_minute)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (key_hash) DO NOTHING
            """,
            key.KeyHash, key.Account, key.Scopes, key.Label, key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.LastUsedAt,
            key.RequestsPerMinute, key.TokensPerMinute);
        if (isNew && key.Budget is { } budget)
            PutBudget(key.KeyHash, budget);
        return isNew;
    }

    public bool RevokeKey(Hash32 keyHash, DateTimeOffset at) =>
        Change("UPDATE api_key SET revoked_at = ?2 WHERE key_hash = ?1 AND revoked_at IS NULL", keyHash, at);

    public bool SetKeyLimits(
        Hash32 keyHash, Micros? budgetLimit, BudgetPeriod period, int? requestsPerMinute, int? tokensPerMinute, DateTimeOffset now)
    {
        if (!Change(
            "UPDATE api_key SET requests_per_minute = ?2, tokens_per_minute = ?3 WHERE key_hash = ?1", keyHash, requestsPerMinute, tokensPerMinute))
        {
            return false;
        }

        if (budgetLimit is { } limit)
            PutBudget(keyHash, FindBudget(keyHash)?.WithTerms(limit, period, now) ?? KeyBudget.New(limit, period, now));
        else
            Change("DELETE FROM key_budget WHERE key_hash = ?1", keyHash);
        return true;
    }

    /// <summary>How many were moved forward.</summary>
    public int TouchKeys(IReadOnlyList<(Hash32 Key, DateTimeOffset At)> uses)
    {
        using var touch = new SqliteStatement(
            connection, "UPDATE api_key SET last_used_at = ?2 WHERE key_hash = ?1 AND coalesce(last_used_at, -1) < ?2", boundary);
        var moved = 0;
        foreach (var (key, at) in uses)
            moved += touch.Bind(key, at).ExecuteCount();
        return moved;
    }

    public bool AddAccount(AccountRecord account) => Change(
        "INSERT INTO account_record (id, label, created_at, closed_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
        account.Id, account.Label, account.CreatedAt, account.ClosedAt);

    public bool CloseAccount(string id, DateTimeOffset at) =>
        Change("UPDATE account_record SET closed_at = ?2 WHERE id = ?1 AND closed_at IS NULL", id, at);

    public long AppendAuditLog(AuditLogRecord record)
    {
        Change(
            "INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            record.At, record.Actor, record.Action, record.Subject, record.Detail);
        using var last = new SqliteStatement(connection, "SELECT last_insert_rowid()");
        return last.ReadFirst(row => row.Long(0));
    }

    public bool AddWebhook(WebhookRow webhook) => Change(
        $"INSERT INTO webhook ({SqliteRows.WebhookColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (request) DO NOTHING",
        webhook.Request, webhook.Account, webhook.Url, webhook.Attempts, webhook.NextAt, webhook.State, webhook.LastError);

    public bool UpdateWebhook(WebhookRow webhook) => Change(
        "UPDATE webhook SET attempts = ?2, next_at = ?3, state = ?4, last_error = ?5 WHERE request = ?1",
        webhook.Request, webhook.Attempts, webhook.NextAt, webhook.State, webhook.LastError);

    private KeyBudget? FindBudget(Hash32 key)
    {
        using var find = new SqliteStatement(connection, "SELECT spend_limit, period, used, window_start FROM key_budget WHERE key_hash = ?1");
        return find.Bind(key).ReadFirst(row => SqliteRows.Budget(row, 0));
    }

    private void PutBudget(Hash32 key, KeyBudget budget) => Change(
        """
        INSERT INTO key_budget (key_hash, spend_limit, period, used, window_start) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (key_hash) DO UPDATE SET spend_limit = excluded.spend_limit, period = excluded.period,
            used = excluded.used, window_start = excluded.window_start
        """,
        key, budget.Limit, budget.Period, budget.Used, budget.WindowStart);

    /// <summary>Whether a row was changed.</summary>
    private bool Change(string sql, params ReadOnlySpan<object?> values)
    {
        using var statement = new SqliteStatement(connection, sql, boundary);
        return statement.Bind(values).ExecuteCount() > 0;
    }
}
