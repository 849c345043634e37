using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Storage.Sqlite;

/// <content>Keys, accounts, the audit log and webhooks, in the same file.</content>
public sealed partial class SqliteLedgerStore
{
    public Task<ApiKeyRecord?> FindKeyAsync(Hash32 keyHash, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteAccountQueries.Key(connection, keyHash), cancellationToken);

    public Task<IReadOnlyList<ApiKeyRecord>> KeysAsync(string? account, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteAccountQueries.Keys(connection, account, limit), cancellationToken);
    }

    public Task<bool> AddKeyAsync(ApiKeyRecord key, CancellationToken cancellationToken)
    {
        AccountForm.Check(key);
        return _writer.ChangeAsync(accounts => accounts.AddKey(key), cancellationToken);
    }

    public Task<bool> RevokeKeyAsync(Hash32 keyHash, DateTimeOffset at, CancellationToken cancellationToken) =>
        _writer.ChangeAsync(accounts => accounts.RevokeKey(keyHash, at), cancellationToken);

    public Task<bool> SetKeyLimitsAsync(
        Hash32 keyHash, Micros? budgetLimit, BudgetPeriod period, int? requestsPerMinute, int? tokensPerMinute, CancellationToken cancellationToken)
    {
        AccountForm.CheckLimits(budgetLimit, period, requestsPerMinute, tokensPerMinute);
        return _writer.ChangeAsync(
            accounts => accounts.SetKeyLimits(keyHash, budgetLimit, period, requestsPerMinute, tokensPerMinute, _time.GetUtcNow()),
            cancellationToken);
    }

    public Task TouchKeysAsync(IReadOnlyList<(Hash32 Key, DateTimeOffset At)> uses, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(uses.Count, StorageLimits.RowsMax);
        return _writer.ChangeAsync(accounts => accounts.TouchKeys(uses), cancellationToken);
    }

    public Task<bool> AddAccountAsync(AccountRecord account, CancellationToken cancellationToken)
    {
        AccountForm.Check(account);
        return _writer.ChangeAsync(accounts => accounts.AddAccount(account), cancellationToken);
    }

    public Task<AccountRecord?> FindAccountAsync(string id, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteAccountQueries.Account(connection, id), cancellationToken);

    public Task<IReadOnlyList<AccountRecord>> AccountsAsync(string afterId, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteAccountQueries.Accounts(connection, afterId, limit), cancellationToken);
    }

    public Task<bool> CloseAccountAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) =>
        _writer.ChangeAsync(accounts => accounts.CloseAccount(id, at), cancellationToken);

    public Task<long> AppendAuditLogAsync(AuditLogRecord record, CancellationToken cancellationToken)
    {
        AccountForm.Check(record);
        return _writer.ChangeAsync(accounts => accounts.AppendAuditLog(record), cancellationToken);
    }

    public Task<IReadOnlyList<AuditLogRecord>> AuditLogAsync(long? beforeSequence, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(
            connection => SqliteAccountQueries.AuditLog(connection, beforeSequence ?? long.MaxValue, limit), cancellationToken);
    }

    public Task<bool> AddWebhookAsync(WebhookRow webhook, CancellationToken cancellationToken)
    {
        AccountForm.Check(webhook);
        return _writer.ChangeAsync(accounts => accounts.AddWebhook(webhook), cancellationToken);
    }

    public Task<IReadOnlyList<WebhookRow>> DueWebhooksAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return _readers.RunAsync(connection => SqliteAccountQueries.DueWebhooks(connection, now, limit), cancellationToken);
    }

    public Task<bool> UpdateWebhookAsync(WebhookRow webhook, CancellationToken cancellationToken)
    {
        AccountForm.Check(webhook);
        return _writer.ChangeAsync(accounts => accounts.UpdateWebhook(webhook), cancellationToken);
    }

    public Task<WebhookRow?> FindWebhookAsync(Hash32 request, CancellationToken cancellationToken) =>
        _readers.RunAsync(connection => SqliteAccountQueries.Webhook(connection, request), cancellationToken);
}
