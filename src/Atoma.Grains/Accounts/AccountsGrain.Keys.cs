using System.Globalization;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Grains.Accounts;

// API keys: known by hash only.
internal sealed partial class AccountsGrain
{
    /// <summary>Keys of one account, revoked ones included.</summary>
    private const int KeysMax = 10_000;

    /// <summary>A use is written down when the last one noted is older than this: a write for each would cost more than it tells.</summary>
    private static readonly TimeSpan TouchPeriod = TimeSpan.FromMinutes(1);

    public async Task<KeyInfo?> FindKey(string keyHash)
    {
        var now = time.GetUtcNow();
        if (!Hash32.TryParse(keyHash, out var hash) || await accounts.FindKeyAsync(hash, default) is not { } key || !key.IsValid(now))
            return null;
        if (!(key.LastUsedAt > now - TouchPeriod))
            await accounts.TouchKeysAsync([(hash, now)], default);
        return KeyView.Of(key, now);
    }

    public async Task<IReadOnlyList<KeyInfo>> Keys(string account, int limit) =>
        [.. (await accounts.KeysAsync(account.Length == 0 ? null : account, Clamp(limit), default)).Select(k => KeyView.Of(k, time.GetUtcNow()))];

    public async Task<KeyReply> AddKey(string actor, NewKey key)
    {
        if (await accounts.FindAccountAsync(key.Account, default) is not { } account)
            return new KeyReply(AccountStatus.Unknown, null);
        if (account.ClosedAt is not null)
            return new KeyReply(AccountStatus.Closed, null);
        var now = time.GetUtcNow();
        var period = KeyView.Period(key.Limits.BudgetPeriod);
        var record = new ApiKeyRecord(
            Hash32.Parse(key.Hash), key.Account, KeyView.Scopes(key.Scopes), key.Label, now, key.ExpiresAt,
            Budget: key.Limits.BudgetMicros is { } limit ? KeyBudget.New(new Micros(limit), period, now) : null,
            RequestsPerMinute: key.Limits.RequestsPerMinute, TokensPerMinute: key.Limits.TokensPerMinute);
        await LogAsync(actor, "key.add", KeyView.IdOf(record.KeyHash), $"account {key.Account}, {string.Join(' ', key.Scopes)}, {Text(key.Limits)}");
        return new KeyReply(await accounts.AddKeyAsync(record, default) ? AccountStatus.Ok : AccountStatus.Exists, KeyView.Of(record, now));
    }

    public async Task<KeyReply> RevokeKey(string actor, string account, string keyId)
    {
        if (await FindAsync(account, keyId) is not { } key)
            return new KeyReply(AccountStatus.Unknown, null);
        await LogAsync(actor, "key.revoke", keyId, $"account {key.Account}");
        var status = await accounts.RevokeKeyAsync(key.KeyHash, time.GetUtcNow(), default) ? AccountStatus.Ok : AccountStatus.AlreadyDone;
        return await ReplyAsync(status, key.KeyHash);
    }

    public async Task<KeyReply> LimitKey(string actor, string account, string keyId, KeyLimits limits)
    {
        if (await FindAsync(account, keyId) is not { } key)
            return new KeyReply(AccountStatus.Unknown, null);
        await LogAsync(actor, "key.limit", keyId, $"account {key.Account}, {Text(limits)}");
        await accounts.SetKeyLimitsAsync(
            key.KeyHash, limits.BudgetMicros is { } limit ? new Micros(limit) : null, KeyView.Period(limits.BudgetPeriod), limits.RequestsPerMinute,
            limits.TokensPerMinute, default);
        return await ReplyAsync(AccountStatus.Ok, key.KeyHash);
    }

    /// <param name="account">Whose; any when empty.</param>
    /// <param name="keyId">As shown.</param>
    private async Task<ApiKeyRecord?> FindAsync(string account, string keyId) =>
        (await accounts.KeysAsync(account.Length == 0 ? null : account, KeysMax, default)).FirstOrDefault(k => KeyView.IdOf(k.KeyHash) == keyId);

    private async Task<KeyReply> ReplyAsync(AccountStatus status, Hash32 key) =>
        new(status, KeyView.Of((await accounts.FindKeyAsync(key, default))!, time.GetUtcNow()));

    private static string Text(KeyLimits limits) => string.Create(
        CultureInfo.InvariantCulture,
        $"budget {limits.BudgetMicros?.ToString(CultureInfo.InvariantCulture) ?? "none"} micros per {limits.BudgetPeriod}, {limits.RequestsPerMinute?.ToString(CultureInfo.InvariantCulture) ?? "default"} requests and {limits.TokensPerMinute?.ToString(CultureInfo.InvariantCulture) ?? "default"} tokens a minute");
}
