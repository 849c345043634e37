namespace Atoma.Grains.Abstractions;

/// <summary>All nodes and models by name.</summary>
[Alias("atoma.IDirectoryGrain")]
public interface IDirectoryGrain : IGrainWithStringKey
{
    [Alias("AddNode")]
    Task AddNode(string node);

    [Alias("AddModel")]
    Task AddModel(string model);

    [Alias("Nodes")]
    Task<IReadOnlyList<string>> Nodes();

    [Alias("Models")]
    Task<IReadOnlyList<string>> Models();
}

/// <summary>The beacon (P3.2): hash chains committed before use and revealed step by step, no step twice.</summary>
[Alias("atoma.IBeaconGrain")]
public interface IBeaconGrain : IGrainWithStringKey
{
    /// <summary>Reveals the next steps, durably used before they are returned.</summary>
    [Alias("Next")]
    Task<IReadOnlyList<BeaconStep>> Next(int count);

    /// <summary>The chain in use, its last revealed step.</summary>
    [Alias("Current")]
    Task<BeaconStep> Current();
}

/// <param name="Chain">Number of the chain.</param>
/// <param name="Anchor">Its commitment, hex.</param>
/// <param name="Step">Number of the step; 0 for the anchor itself.</param>
/// <param name="Value">Its value, hex.</param>
[GenerateSerializer, Alias("atoma.BeaconStep"), Immutable]
public sealed record BeaconStep([property: Id(0)] int Chain, [property: Id(1)] string Anchor, [property: Id(2)] int Step, [property: Id(3)] string Value);

/// <summary>The books, for reading: keys, balances, the conservation sum, slashes. Stateless; the ledger store has the truth.</summary>
[Alias("atoma.IBooksGrain")]
public interface IBooksGrain : IGrainWithStringKey
{
    /// <param name="keyHash">SHA-256 of the API key's text, hex.</param>
    /// <returns>Null for an unknown or revoked key.</returns>
    [Alias("FindKey")]
    Task<KeyInfo?> FindKey(string keyHash);

    [Alias("Balance")]
    Task<AccountInfo> Balance(string account);

    [Alias("Network")]
    Task<NetworkInfo> Network();

    /// <summary>Newest first; all nodes when <paramref name="node"/> is empty.</summary>
    [Alias("Slashes")]
    Task<IReadOnlyList<SlashInfo>> Slashes(string node, int limit);

    /// <summary>Ids of the newest requests; all accounts when <paramref name="account"/> is empty.</summary>
    [Alias("RecentRequests")]
    Task<IReadOnlyList<RequestSummary>> RecentRequests(string account, int limit);
}

/// <param name="Account">Account id.</param>
/// <param name="Scope">client or admin.</param>
[GenerateSerializer, Alias("atoma.KeyInfo"), Immutable]
public sealed record KeyInfo([property: Id(0)] string Account, [property: Id(1)] string Scope);

[GenerateSerializer, Alias("atoma.AccountInfo"), Immutable]
public sealed record AccountInfo([property: Id(0)] string Account, [property: Id(1)] long BalanceMicros);

/// <summary>The network at a glance; the conservation sum is recounted from all entries.</summary>
[GenerateSerializer, Alias("atoma.NetworkInfo"), Immutable]
public sealed record NetworkInfo
{
    [Id(0)] public required long Epoch { get; init; }

    [Id(1)] public required DateTimeOffset EpochEndsAt { get; init; }

    [Id(2)] public required string Coordinator { get; init; }

    [Id(3)] public required IReadOnlyDictionary<string, long> Requests { get; init; }

    [Id(4)] public required long DepositsMicros { get; init; }

    [Id(5)] public required long WithdrawalsMicros { get; init; }

    [Id(6)] public required long BurnedMicros { get; init; }

    [Id(7)] public required long AccountsMicros { get; init; }

    [Id(8)] public required long EscrowMicros { get; init; }

    [Id(9)] public required long HoldsMicros { get; init; }

    /// <summary>Accounts − (deposits − withdrawals − burned): 0, always.</summary>
    [Id(10)] public required long DifferenceMicros { get; init; }

    [Id(11)] public required int MismatchedAccounts { get; init; }

    [Id(12)] public required int OpenSlashes { get; init; }

    /// <summary>Whether a token was generated and verified since start.</summary>
    [Id(13)] public required bool Ready { get; init; }

    [Id(14)] public required BeaconStep Beacon { get; init; }
}

[GenerateSerializer, Alias("atoma.SlashInfo"), Immutable]
public sealed record SlashInfo
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string Node { get; init; }

    [Id(2)] public required string Request { get; init; }

    [Id(3)] public required string Evidence { get; init; }

    [Id(4)] public required string Reason { get; init; }

    [Id(5)] public required long AmountMicros { get; init; }

    /// <summary>frozen, executed or returned.</summary>
    [Id(6)] public required string Status { get; init; }

    [Id(7)] public required DateTimeOffset OpenedAt { get; init; }

    [Id(8)] public required DateTimeOffset DueAt { get; init; }
}

/// <param name="Request">Request id, hex.</param>
/// <param name="Status">Phase, lower case.</param>
/// <param name="Model">Model id.</param>
/// <param name="CreatedAt">When it was accepted.</param>
[GenerateSerializer, Alias("atoma.RequestSummary"), Immutable]
public sealed record RequestSummary(
    [property: Id(0)] string Request, [property: Id(1)] string Status, [property: Id(2)] string Model, [property: Id(3)] DateTimeOffset CreatedAt);
