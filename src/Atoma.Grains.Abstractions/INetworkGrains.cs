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

    /// <summary>Notes that a node is on its way out (P2.3), or that it is gone.</summary>
    [Alias("SetLeaving")]
    Task SetLeaving(string node, bool isLeaving);

    /// <summary>Nodes whose unbonding has not ended.</summary>
    [Alias("Leaving")]
    Task<IReadOnlyList<string>> Leaving();

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

/// <summary>The books, for reading: the conservation sum, requests, slashes, reviews. Stateless; the ledger store has the truth.</summary>
[Alias("atoma.IBooksGrain")]
public interface IBooksGrain : IGrainWithStringKey
{
    /// <summary>Whether the account has a request under this key.</summary>
    [Alias("IsIdempotencyKeyUsed")]
    Task<bool> IsIdempotencyKeyUsed(string account, string idempotencyKey);

    [Alias("Network")]
    Task<NetworkInfo> Network();

    /// <summary>Newest first; all nodes when <paramref name="node"/> is empty.</summary>
    [Alias("Slashes")]
    Task<IReadOnlyList<SlashInfo>> Slashes(string node, int limit);

    /// <summary>The latest reviews (disputes, assemblies, canaries) among the newest requests, newest first.</summary>
    [Alias("RecentReviews")]
    Task<IReadOnlyList<ReviewSummary>> RecentReviews(int limit);

    /// <summary>Ids of the newest requests; all accounts when <paramref name="account"/> is empty.</summary>
    [Alias("RecentRequests")]
    Task<IReadOnlyList<RequestSummary>> RecentRequests(string account, int limit);
}

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

    /// <summary>What sampled answers have paid in for audits and no checker has been paid yet.</summary>
    [Id(15)] public required long AuditPoolMicros { get; init; }

    /// <summary>Open cases by status.</summary>
    [Id(16)] public required IReadOnlyDictionary<string, long> OpenCases { get; init; }

    [Id(17)] public required ConsensusInfo Consensus { get; init; }
}

/// <summary>The parameters that checks are drawn and priced by (P4, P6).</summary>
/// <param name="AuditProbability">p of sampled answers.</param>
/// <param name="AuditCheckers">k of sampled answers.</param>
/// <param name="CheckCost">v: a check's price in answers where no node measured it.</param>
/// <param name="ExposureRatio">Collateral over what a node may have outstanding unchecked (P6.3).</param>
/// <param name="CanaryRate">Checks that are followed by one of a known-bad answer (P7.6).</param>
/// <param name="AdversaryShare">r, assumed (P6.5).</param>
[GenerateSerializer, Alias("atoma.ConsensusInfo"), Immutable]
public sealed record ConsensusInfo(
    [property: Id(0)] double AuditProbability, [property: Id(1)] int AuditCheckers, [property: Id(2)] double CheckCost, [property: Id(3)] int ExposureRatio,
    [property: Id(4)] double CanaryRate, [property: Id(5)] double AdversaryShare);

[GenerateSerializer, Alias("atoma.SlashInfo"), Immutable]
public sealed record SlashInfo
{
    [Id(0)] public required string Id { get; init; }

    /// <summary>Address; empty for an inquiry.</summary>
    [Id(1)] public required string Node { get; init; }

    /// <summary>Request id, hex; empty where it arose from none.</summary>
    [Id(2)] public required string Request { get; init; }

    [Id(3)] public required string Evidence { get; init; }

    [Id(4)] public required string Reason { get; init; }

    [Id(5)] public required long AmountMicros { get; init; }

    /// <summary>frozen, executed, returned, unconfirmed, inquiry or closed (<see cref="Atoma.Protocol.Disputes.SlashStatus"/>).</summary>
    [Id(6)] public required string Status { get; init; }

    [Id(7)] public required DateTimeOffset OpenedAt { get; init; }

    [Id(8)] public required DateTimeOffset DueAt { get; init; }

    /// <summary>The operator has used its one appeal.</summary>
    [Id(9)] public bool Appealed { get; init; }

    /// <summary>Assemblies called since it was opened, or since its appeal.</summary>
    [Id(10)] public int Rounds { get; init; }

    /// <summary>Of a sequential test: the checks that it counted.</summary>
    [Id(11)] public IReadOnlyList<CountedCheck> History { get; init; } = [];
}

/// <param name="Request">Request id, hex.</param>
/// <param name="Failed">Whether the node's answer failed its check.</param>
[GenerateSerializer, Alias("atoma.CountedCheck"), Immutable]
public sealed record CountedCheck([property: Id(0)] string Request, [property: Id(1)] bool Failed);

/// <param name="Request">Id of the review, hex.</param>
/// <param name="Kind">dispute, assembly or canary.</param>
/// <param name="Origin">The request that it looks at again.</param>
/// <param name="Model">Model id.</param>
/// <param name="Status">Phase, lower case, or open.</param>
/// <param name="Finding">match, mismatch, or empty while there is none.</param>
/// <param name="Panel">Nodes drawn to vote.</param>
/// <param name="CreatedAt">When it was opened.</param>
[GenerateSerializer, Alias("atoma.ReviewSummary"), Immutable]
public sealed record ReviewSummary(
    [property: Id(0)] string Request, [property: Id(1)] string Kind, [property: Id(2)] string Origin, [property: Id(3)] string Model,
    [property: Id(4)] string Status, [property: Id(5)] string Finding, [property: Id(6)] int Panel, [property: Id(7)] DateTimeOffset CreatedAt);

/// <param name="Request">Request id, hex.</param>
/// <param name="Status">Phase, lower case.</param>
/// <param name="Model">Model id.</param>
/// <param name="CreatedAt">When it was accepted.</param>
[GenerateSerializer, Alias("atoma.RequestSummary"), Immutable]
public sealed record RequestSummary(
    [property: Id(0)] string Request, [property: Id(1)] string Status, [property: Id(2)] string Model, [property: Id(3)] DateTimeOffset CreatedAt);
