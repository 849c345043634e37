using Atoma.Protocol.Common;

namespace Atoma.Protocol.Accounts;

/// <summary>What a key may do. Stored: append only.</summary>
public enum KeyScope : byte
{
    /// <summary>Submit requests and read the own account.</summary>
    Client = 1,

    /// <summary>Read everything of the network, the dashboard included.</summary>
    Admin = 2,
}

/// <summary>An API key as stored: never the key itself.</summary>
/// <param name="KeyHash">SHA-256 of the key's text.</param>
/// <param name="Account">Whose it is; at most 64 characters.</param>
/// <param name="Scope">What it may do.</param>
/// <param name="Label">For people; at most 64 characters.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">Set when it no longer counts.</param>
public sealed record ApiKeyRecord(Hash32 KeyHash, string Account, KeyScope Scope, string Label, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);

/// <summary>API keys by hash. Durable; safe for concurrent use.</summary>
public interface IAccountStore
{
    Task<ApiKeyRecord?> FindKeyAsync(Hash32 keyHash, CancellationToken cancellationToken);

    /// <summary>Adds the key, or does nothing when its hash is there already.</summary>
    Task AddKeyAsync(ApiKeyRecord key, CancellationToken cancellationToken);

    Task RevokeKeyAsync(Hash32 keyHash, DateTimeOffset at, CancellationToken cancellationToken);
}
