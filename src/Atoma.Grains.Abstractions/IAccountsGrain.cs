using Orleans.Concurrency;

namespace Atoma.Grains.Abstractions;

/// <summary>
/// Accounts, API keys and their money, for their owners and for administrators. Stateless; the stores have the truth. Who may
/// call what is the caller's to check.
/// </summary>
[Alias("atoma.IAccountsGrain")]
public interface IAccountsGrain : IGrainWithStringKey
{
    /// <param name="keyHash">SHA-256 of the API key's text, hex.</param>
    /// <returns>Null for an unknown, revoked or expired key, and for one of a closed account.</returns>
    [Alias("FindKey")]
    Task<KeyInfo?> FindKey(string keyHash);

    /// <summary>Null for an unknown account.</summary>
    [Alias("Describe")]
    Task<AccountInfo?> Describe(string account);

    /// <summary>By id, those after <paramref name="after"/>.</summary>
    [Alias("List")]
    Task<IReadOnlyList<AccountInfo>> List(string after, int limit);

    /// <summary>Opens an account; <see cref="AccountStatus.Exists"/> when the id is taken.</summary>
    [Alias("Open")]
    Task<AccountStatus> Open(string actor, string account, string label);

    /// <summary>Nothing new is accepted for it, all its keys are revoked; what it has stays its.</summary>
    [Alias("Close")]
    Task<AccountStatus> Close(string actor, string account);

    /// <summary>Money from outside. The same reference for the same account pays in once.</summary>
    [Alias("Credit")]
    Task<CreditReply> Credit(string actor, string account, long micros, string reference);

    /// <summary>The development network's faucet: fills the account up to what the network gives everybody.</summary>
    [Alias("Draw")]
    Task<CreditReply> Draw(string account);

    /// <summary>Newest first, those before <paramref name="before"/> (0 for the newest).</summary>
    [Alias("Statement")]
    Task<IReadOnlyList<StatementLine>> Statement(string account, long before, int limit);

    /// <summary>Money that waits for open requests, newest first.</summary>
    [Alias("Holds")]
    Task<IReadOnlyList<HoldInfo>> Holds(string account, int limit);

    /// <summary>Where the money of one request is; null for an unknown one.</summary>
    [Alias("Money")]
    Task<RequestMoney?> Money(string request);

    /// <summary>All keys of an account, or of everybody when it is empty; newest first.</summary>
    [Alias("Keys")]
    Task<IReadOnlyList<KeyInfo>> Keys(string account, int limit);

    /// <summary>Adds a key by its hash; the key itself is never sent here.</summary>
    [Alias("AddKey")]
    Task<KeyReply> AddKey(string actor, NewKey key);

    /// <summary>Front ends that remember the key take it for a few seconds more.</summary>
    [Alias("RevokeKey")]
    Task<KeyReply> RevokeKey(string actor, string account, string keyId);

    [Alias("LimitKey")]
    Task<KeyReply> LimitKey(string actor, string account, string keyId, KeyLimits limits);

    /// <summary>What was done by administrators and owners, newest first, before <paramref name="before"/> (0 for the newest).</summary>
    [Alias("AuditLog")]
    Task<IReadOnlyList<AuditLine>> AuditLog(long before, int limit);
}

/// <summary>Outcome, in order of precedence. Append only.</summary>
public enum AccountStatus
{
    Ok = 0,

    /// <summary>It was so before; nothing changed.</summary>
    AlreadyDone = 1,

    /// <summary>No such account or key.</summary>
    Unknown = 2,

    /// <summary>The id is taken.</summary>
    Exists = 3,

    /// <summary>The account is closed.</summary>
    Closed = 4,

    /// <summary>The reference was used for another amount.</summary>
    Conflict = 5,

    /// <summary>This network has no faucet.</summary>
    NotOffered = 6,
}

/// <param name="Account">Account id.</param>
/// <param name="BalanceMicros">What can be spent now.</param>
[GenerateSerializer, Alias("atoma.AccountInfo"), Immutable]
public sealed record AccountInfo([property: Id(0)] string Account, [property: Id(1)] long BalanceMicros)
{
    [Id(2)] public string Label { get; init; } = "";

    [Id(3)] public DateTimeOffset CreatedAt { get; init; }

    [Id(4)] public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Held for open requests; not part of the balance.</summary>
    [Id(5)] public long HeldMicros { get; init; }
}

/// <param name="Status">Ok, AlreadyDone or why not.</param>
/// <param name="BalanceMicros">After it.</param>
/// <param name="Transfer">Id of the transfer, hex.</param>
[GenerateSerializer, Alias("atoma.CreditReply"), Immutable]
public sealed record CreditReply([property: Id(0)] AccountStatus Status, [property: Id(1)] long BalanceMicros, [property: Id(2)] string Transfer);

/// <summary>One line of an account's statement.</summary>
/// <param name="Sequence">Position in the ledger.</param>
/// <param name="At">When.</param>
/// <param name="Code">Why, in snake_case.</param>
/// <param name="AmountMicros">Above zero came in, below went out.</param>
/// <param name="BalanceMicros">After it.</param>
/// <param name="Operation">Id of the operation, hex; of a request's hold and payment it is the request's.</param>
/// <param name="Counterparty">The other account.</param>
[GenerateSerializer, Alias("atoma.StatementLine"), Immutable]
public sealed record StatementLine(
    [property: Id(0)] long Sequence, [property: Id(1)] DateTimeOffset At, [property: Id(2)] string Code, [property: Id(3)] long AmountMicros,
    [property: Id(4)] long BalanceMicros, [property: Id(5)] string Operation, [property: Id(6)] string Counterparty);

/// <param name="Id">Id of the hold: of a request, the request's.</param>
/// <param name="AmountMicros">Held.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">From when on it returns by itself.</param>
[GenerateSerializer, Alias("atoma.HoldInfo"), Immutable]
public sealed record HoldInfo(
    [property: Id(0)] string Id, [property: Id(1)] long AmountMicros, [property: Id(2)] DateTimeOffset CreatedAt, [property: Id(3)] DateTimeOffset ExpiresAt);

/// <summary>Where the money of one request is.</summary>
[GenerateSerializer, Alias("atoma.RequestMoney"), Immutable]
public sealed record RequestMoney
{
    [Id(0)] public required string Account { get; init; }

    /// <summary>open or the terminal phase.</summary>
    [Id(1)] public required string Status { get; init; }

    [Id(2)] public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By when it must have ended.</summary>
    [Id(3)] public required DateTimeOffset Deadline { get; init; }

    /// <summary>What was taken off the balance when it was accepted.</summary>
    [Id(4)] public required long HeldMicros { get; init; }

    /// <summary>What is still held.</summary>
    [Id(5)] public required long WaitingMicros { get; init; }

    /// <summary>What was charged.</summary>
    [Id(6)] public required long PaidMicros { get; init; }

    /// <summary>What of the hold came back.</summary>
    [Id(7)] public required long ReturnedMicros { get; init; }

    /// <summary>What nodes that were silent or cheated had to pay to the requester.</summary>
    [Id(8)] public required long CompensationMicros { get; init; }

    /// <summary>Whom it was paid to.</summary>
    [Id(9)] public required IReadOnlyList<MoneyPart> Parts { get; init; }
}

/// <param name="Account">kind:owner.</param>
/// <param name="Code">Why, in snake_case.</param>
/// <param name="AmountMicros">Above zero.</param>
[GenerateSerializer, Alias("atoma.MoneyPart"), Immutable]
public sealed record MoneyPart([property: Id(0)] string Account, [property: Id(1)] string Code, [property: Id(2)] long AmountMicros);

/// <summary>Limits of one key. Null: as much as the account has, or the network's own rate.</summary>
/// <param name="BudgetMicros">Most that a period may spend.</param>
/// <param name="BudgetPeriod">none, day or month.</param>
/// <param name="RequestsPerMinute">1 or more.</param>
/// <param name="TokensPerMinute">1 or more.</param>
[GenerateSerializer, Alias("atoma.KeyLimits"), Immutable]
public sealed record KeyLimits(
    [property: Id(0)] long? BudgetMicros, [property: Id(1)] string BudgetPeriod, [property: Id(2)] int? RequestsPerMinute, [property: Id(3)] int? TokensPerMinute);

/// <param name="Hash">SHA-256 of the key's text, hex.</param>
/// <param name="Account">Whose.</param>
/// <param name="Scopes">client, read, manage, admin.</param>
/// <param name="Label">For people.</param>
/// <param name="ExpiresAt">Null for never.</param>
/// <param name="Limits">What it may use.</param>
[GenerateSerializer, Alias("atoma.NewKey"), Immutable]
public sealed record NewKey(
    [property: Id(0)] string Hash, [property: Id(1)] string Account, [property: Id(2)] IReadOnlyList<string> Scopes, [property: Id(3)] string Label,
    [property: Id(4)] DateTimeOffset? ExpiresAt, [property: Id(5)] KeyLimits Limits);

/// <param name="Status">Ok, AlreadyDone or why not.</param>
/// <param name="Key">As it is now; null when unknown.</param>
[GenerateSerializer, Alias("atoma.KeyReply"), Immutable]
public sealed record KeyReply([property: Id(0)] AccountStatus Status, [property: Id(1)] KeyInfo? Key);

/// <summary>An API key as its owner sees it.</summary>
[GenerateSerializer, Alias("atoma.KeyInfo"), Immutable]
public sealed record KeyInfo
{
    /// <summary>The start of its hash: names the key without being of use to anybody.</summary>
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string Account { get; init; }

    /// <summary>client, read, manage, admin.</summary>
    [Id(2)] public required IReadOnlyList<string> Scopes { get; init; }

    [Id(3)] public string Label { get; init; } = "";

    [Id(4)] public DateTimeOffset CreatedAt { get; init; }

    [Id(5)] public DateTimeOffset? ExpiresAt { get; init; }

    [Id(6)] public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>To the minute.</summary>
    [Id(7)] public DateTimeOffset? LastUsedAt { get; init; }

    [Id(8)] public KeyLimits Limits { get; init; } = new(null, "none", null, null);

    /// <summary>Of the budget's present period.</summary>
    [Id(9)] public long UsedMicros { get; init; }
}

/// <param name="Sequence">Number of the line.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What.</param>
/// <param name="Subject">To what.</param>
/// <param name="Detail">More.</param>
[GenerateSerializer, Alias("atoma.AuditLine"), Immutable]
public sealed record AuditLine(
    [property: Id(0)] long Sequence, [property: Id(1)] DateTimeOffset At, [property: Id(2)] string Actor, [property: Id(3)] string Action,
    [property: Id(4)] string Subject, [property: Id(5)] string Detail);
