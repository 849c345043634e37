using Atoma.Protocol.Common;

namespace Atoma.Protocol.Accounts;

/// <summary>Who may have money and keys here.</summary>
/// <param name="Id">The account id; 1 to 64 characters.</param>
/// <param name="Label">For people; at most 64 characters.</param>
/// <param name="CreatedAt">When it was opened.</param>
/// <param name="ClosedAt">Set when nothing new is accepted for it.</param>
public sealed record AccountRecord(string Id, string Label, DateTimeOffset CreatedAt, DateTimeOffset? ClosedAt = null);

/// <summary>One line of what administrators and operators did. Never changed or deleted, numbered without gaps.</summary>
/// <param name="Sequence">1, 2, 3 …</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who: an account or a node; 1 to 64 characters.</param>
/// <param name="Action">What, as <c>noun.verb</c>; 1 to 64 characters.</param>
/// <param name="Subject">To what; at most 128 characters.</param>
/// <param name="Detail">Free text; at most 2,048 characters. Never a key or a prompt.</param>
public sealed record AuditLogRecord(long Sequence, DateTimeOffset At, string Actor, string Action, string Subject, string Detail);

/// <summary>
/// Accounts, API keys by hash and the audit log. Durable; safe for concurrent use. Lists take 1 to 10,000 rows. Text that is
/// too long or has control characters throws <see cref="ArgumentException"/> (<see cref="AccountForm"/>).
/// </summary>
public interface IAccountStore
{
    Task<ApiKeyRecord?> FindKeyAsync(Hash32 keyHash, CancellationToken cancellationToken);

    /// <summary>Newest first; <paramref name="account"/> null for all.</summary>
    Task<IReadOnlyList<ApiKeyRecord>> KeysAsync(string? account, int limit, CancellationToken cancellationToken);

    /// <summary>Adds the key with its budget; false, and nothing changed, when its hash is there already.</summary>
    Task<bool> AddKeyAsync(ApiKeyRecord key, CancellationToken cancellationToken);

    /// <summary>False when there is no such key or it was revoked before; the first time stays.</summary>
    Task<bool> RevokeKeyAsync(Hash32 keyHash, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Sets all limits of a key. A budget of the same period goes on with what it used, another starts at zero, null removes it.
    /// False when there is no such key.
    /// </summary>
    Task<bool> SetKeyLimitsAsync(
        Hash32 keyHash, Micros? budgetLimit, BudgetPeriod period, int? requestsPerMinute, int? tokensPerMinute, CancellationToken cancellationToken);

    /// <summary>Notes when keys were last used, in one transaction. Never moves a time backwards; unknown keys are passed over.</summary>
    Task TouchKeysAsync(IReadOnlyList<(Hash32 Key, DateTimeOffset At)> uses, CancellationToken cancellationToken);

    /// <summary>False, and nothing changed, when the id is there already.</summary>
    Task<bool> AddAccountAsync(AccountRecord account, CancellationToken cancellationToken);

    Task<AccountRecord?> FindAccountAsync(string id, CancellationToken cancellationToken);

    /// <summary>Accounts with an id after <paramref name="afterId"/> (empty for the first page), by id in the order of its UTF-8 bytes.</summary>
    Task<IReadOnlyList<AccountRecord>> AccountsAsync(string afterId, int limit, CancellationToken cancellationToken);

    /// <summary>False when there is no such account or it was closed before; the first time stays.</summary>
    Task<bool> CloseAccountAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Appends a line and gives its number; the record's own is not looked at.</summary>
    Task<long> AppendAuditLogAsync(AuditLogRecord record, CancellationToken cancellationToken);

    /// <summary>Newest first, before <paramref name="beforeSequence"/> when given.</summary>
    Task<IReadOnlyList<AuditLogRecord>> AuditLogAsync(long? beforeSequence, int limit, CancellationToken cancellationToken);
}
