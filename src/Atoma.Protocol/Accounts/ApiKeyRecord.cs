using Atoma.Protocol.Common;

namespace Atoma.Protocol.Accounts;

/// <summary>What a key may do. Stored: append only.</summary>
[Flags]
public enum KeyScopes : byte
{
    None = 0,

    /// <summary>Submit requests and read the own account.</summary>
    Client = 1,

    /// <summary>Read and change everything of the network, the dashboard included.</summary>
    Admin = 2,

    /// <summary>Read the own account and its requests, and nothing else.</summary>
    Read = 4,

    /// <summary>Make, limit and revoke keys of the own account, none with more than it may itself.</summary>
    Manage = 8,
}

/// <summary>An API key as stored: never the key itself.</summary>
/// <param name="KeyHash">SHA-256 of the key's text.</param>
/// <param name="Account">Whose it is; at most 64 characters.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Label">For people; at most 64 characters.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From when on it no longer counts; null for never.</param>
/// <param name="RevokedAt">Set when it no longer counts.</param>
/// <param name="LastUsedAt">Last use, as <see cref="IAccountStore.TouchKeysAsync"/> heard of it.</param>
/// <param name="Budget">What it may spend; null for as much as the account has.</param>
/// <param name="RequestsPerMinute">1 or more; null for the network's own limit.</param>
/// <param name="TokensPerMinute">1 or more; null for the network's own limit.</param>
public sealed record ApiKeyRecord(
    Hash32 KeyHash,
    string Account,
    KeyScopes Scopes,
    string Label,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt = null,
    DateTimeOffset? RevokedAt = null,
    DateTimeOffset? LastUsedAt = null,
    KeyBudget? Budget = null,
    int? RequestsPerMinute = null,
    int? TokensPerMinute = null)
{
    /// <summary>Neither revoked nor expired.</summary>
    public bool IsValid(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);
}
