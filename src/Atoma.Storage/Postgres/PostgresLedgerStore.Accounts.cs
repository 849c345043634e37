using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Npgsql;
using static Atoma.Storage.Postgres.PostgresParameters;

namespace Atoma.Storage.Postgres;

/// <content>Keys, accounts, the audit log and webhooks, in the same database.</content>
public sealed partial class PostgresLedgerStore
{
    public async Task<ApiKeyRecord?> FindKeyAsync(Hash32 keyHash, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement(PostgresRows.KeySelect + "WHERE k.key_hash = $1", keyHash.ToArray())
            .ReadAllAsync(PostgresRows.ApiKey, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<ApiKeyRecord>> KeysAsync(string? account, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        const string Order = "ORDER BY k.created_at DESC, k.key_hash DESC LIMIT $1";
        var command = account is null
            ? _dataSource.Statement(PostgresRows.KeySelect + Order, limit)
            : _dataSource.Statement(PostgresRows.KeySelect + $"WHERE k.account = $2 {Order}", limit, account);
        return await command.ReadAllAsync(PostgresRows.ApiKey, cancellationToken);
    }

    public Task<bool> AddKeyAsync(ApiKeyRecord key, CancellationToken cancellationToken)
    {
        AccountForm.Check(key);
        return UnderLockAsync(
            async change =>
            {
                var isNew = await change.ExecuteAsync(
                    """
                    INSERT INTO api_key (key_hash, account, scope, label, created_at, expires_at, revoked_at, last_used_at,
                        requests_per_minute, tokens_per_minute)
                    VALUES ($1, $2, $3, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9::integer, $10::integer)
                    ON CONFLICT (key_hash) DO NOTHING
                    """,
                    key.KeyHash.ToArray(), key.Account, (short)key.Scopes, key.Label, key.CreatedAt.UtcTicks, OrNull(key.ExpiresAt?.UtcTicks),
                    OrNull(key.RevokedAt?.UtcTicks), OrNull(key.LastUsedAt?.UtcTicks), OrNull(key.RequestsPerMinute), OrNull(key.TokensPerMinute)) > 0;
                if (isNew && key.Budget is { } budget)
                    await PutBudgetAsync(change, key.KeyHash, budget);
                return isNew;
            },
            cancellationToken);
    }

    public async Task<bool> RevokeKeyAsync(Hash32 keyHash, DateTimeOffset at, CancellationToken cancellationToken) => await ChangeAsync(
        "UPDATE api_key SET revoked_at = $2 WHERE key_hash = $1 AND revoked_at IS NULL", cancellationToken, keyHash.ToArray(), at.UtcTicks);

    public Task<bool> SetKeyLimitsAsync(
        Hash32 keyHash, Micros? budgetLimit, BudgetPeriod period, int? requestsPerMinute, int? tokensPerMinute, CancellationToken cancellationToken)
    {
        AccountForm.CheckLimits(budgetLimit, period, requestsPerMinute, tokensPerMinute);
        var key = keyHash.ToArray();
        return UnderLockAsync(
            async change =>
            {
                if (await change.ExecuteAsync(
                    "UPDATE api_key SET requests_per_minute = $2::integer, tokens_per_minute = $3::integer WHERE key_hash = $1",
                    key, OrNull(requestsPerMinute), OrNull(tokensPerMinute)) == 0)
                {
                    return false;
                }

                if (budgetLimit is not { } limit)
                {
                    await change.ExecuteAsync("DELETE FROM key_budget WHERE key_hash = $1", key);
                    return true;
                }

                var now = _time.GetUtcNow();
                var before = await change.ReadAllAsync(
                    reader => PostgresRows.Budget(reader, 0), "SELECT spend_limit, period, used, window_start FROM key_budget WHERE key_hash = $1", key);
                await PutBudgetAsync(
                    change, keyHash, before.SingleOrDefault()?.WithTerms(limit, period, now) ?? KeyBudget.New(limit, period, now));
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Locks rows in one order, so that two processes with the same keys do not wait for each other.</remarks>
    public async Task TouchKeysAsync(IReadOnlyList<(Hash32 Key, DateTimeOffset At)> uses, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(uses.Count, StorageLimits.RowsMax);
        await ChangeAsync(
            """
            UPDATE api_key SET last_used_at = used.at
            FROM (
                SELECT k.key_hash, latest.at
                FROM api_key k JOIN (
                    SELECT key_hash, max(at) AS at FROM unnest($1::bytea[], $2::bigint[]) AS use (key_hash, at) GROUP BY key_hash) AS latest
                    ON latest.key_hash = k.key_hash
                WHERE coalesce(k.last_used_at, -1) < latest.at
                ORDER BY k.key_hash FOR NO KEY UPDATE OF k) AS used
            WHERE api_key.key_hash = used.key_hash
            """,
            cancellationToken,
            uses.Select(use => use.Key.ToArray()).ToArray(),
            uses.Select(use => use.At.UtcTicks).ToArray());
    }

    public async Task<bool> AddAccountAsync(AccountRecord account, CancellationToken cancellationToken)
    {
        AccountForm.Check(account);
        return await ChangeAsync(
            "INSERT INTO account_record (id, label, created_at, closed_at) VALUES ($1, $2, $3, $4::bigint) ON CONFLICT (id) DO NOTHING",
            cancellationToken, account.Id, account.Label, account.CreatedAt.UtcTicks, OrNull(account.ClosedAt?.UtcTicks));
    }

    public async Task<AccountRecord?> FindAccountAsync(string id, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement("SELECT id, label, created_at, closed_at FROM account_record WHERE id = $1", id)
            .ReadAllAsync(PostgresRows.Account, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<AccountRecord>> AccountsAsync(string afterId, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement("SELECT id, label, created_at, closed_at FROM account_record WHERE id > $1 ORDER BY id LIMIT $2", afterId, limit)
            .ReadAllAsync(PostgresRows.Account, cancellationToken);
    }

    public async Task<bool> CloseAccountAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => await ChangeAsync(
        "UPDATE account_record SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", cancellationToken, id, at.UtcTicks);

    public Task<long> AppendAuditLogAsync(AuditLogRecord record, CancellationToken cancellationToken)
    {
        AccountForm.Check(record);
        return UnderLockAsync(
            async change => (await change.ReadAllAsync(
                reader => reader.GetInt64(0),
                """
                INSERT INTO audit_log (sequence, at, actor, action, subject, detail)
                SELECT coalesce(max(sequence), 0) + 1, $1, $2, $3, $4, $5 FROM audit_log RETURNING sequence
                """,
                record.At.UtcTicks, record.Actor, record.Action, record.Subject, record.Detail)).Single(),
            cancellationToken);
    }

    public async Task<IReadOnlyList<AuditLogRecord>> AuditLogAsync(long? beforeSequence, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                "SELECT sequence, at, actor, action, subject, detail FROM audit_log WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2",
                beforeSequence ?? long.MaxValue, limit)
            .ReadAllAsync(PostgresRows.AuditLog, cancellationToken);
    }

    public async Task<bool> AddWebhookAsync(WebhookRow webhook, CancellationToken cancellationToken)
    {
        AccountForm.Check(webhook);
        return await ChangeAsync(
            $"INSERT INTO webhook ({PostgresRows.WebhookColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (request) DO NOTHING",
            cancellationToken,
            webhook.Request.ToArray(), webhook.Account, webhook.Url, webhook.Attempts, webhook.NextAt.UtcTicks, (short)webhook.State, webhook.LastError);
    }

    public async Task<IReadOnlyList<WebhookRow>> DueWebhooksAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                $"""
                SELECT {PostgresRows.WebhookColumns} FROM webhook w
                WHERE state = 0 AND next_at <= $1 AND EXISTS (SELECT 1 FROM request r WHERE r.id = w.request AND NOT r.is_open)
                ORDER BY next_at, request LIMIT $2
                """,
                now.UtcTicks, limit)
            .ReadAllAsync(PostgresRows.Webhook, cancellationToken);
    }

    public async Task<bool> UpdateWebhookAsync(WebhookRow webhook, CancellationToken cancellationToken)
    {
        AccountForm.Check(webhook);
        return await ChangeAsync(
            "UPDATE webhook SET attempts = $2, next_at = $3, state = $4, last_error = $5 WHERE request = $1",
            cancellationToken,
            webhook.Request.ToArray(), webhook.Attempts, webhook.NextAt.UtcTicks, (short)webhook.State, webhook.LastError);
    }

    public async Task<WebhookRow?> FindWebhookAsync(Hash32 request, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement($"SELECT {PostgresRows.WebhookColumns} FROM webhook WHERE request = $1", request.ToArray())
            .ReadAllAsync(PostgresRows.Webhook, cancellationToken);
        return found.SingleOrDefault();
    }

    private static Task PutBudgetAsync(PostgresChange change, Hash32 key, KeyBudget budget) => change.ExecuteAsync(
        """
        INSERT INTO key_budget (key_hash, spend_limit, period, used, window_start) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (key_hash) DO UPDATE SET spend_limit = excluded.spend_limit, period = excluded.period,
            used = excluded.used, window_start = excluded.window_start
        """,
        key.ToArray(), budget.Limit.Value, (short)budget.Period, budget.Used.Value, budget.WindowStart.UtcTicks);

    /// <summary>Whether a row was changed. For what no ledger command touches.</summary>
    private async Task<bool> ChangeAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = _dataSource.Statement(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Makes several steps one, alone with the books: the writer holds the same lock while it charges budgets.</summary>
    private async Task<T> UnderLockAsync<T>(Func<PostgresChange, Task<T>> run, CancellationToken cancellationToken)
    {
        await using var connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var change = new PostgresChange(connection, transaction, cancellationToken);
        await change.ExecuteAsync(PostgresWriter.TakeLock);
        var result = await run(change);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }
}
