using System.Text.Json;
using System.Text.Json.Serialization;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints.Accounts;

/// <param name="Object">"account".</param>
/// <param name="Account">Account id.</param>
/// <param name="Label">For people.</param>
/// <param name="BalanceMicros">What can be spent now, in millionths of the network's currency; holds of open requests are taken off.</param>
/// <param name="HeldMicros">Waits for open requests; what they do not use returns.</param>
/// <param name="CreatedAt">When it was opened; null for one that never was.</param>
/// <param name="ClosedAt">When it was closed, or null.</param>
/// <param name="Key">The key that asks; null in lists.</param>
internal sealed record AccountBody(
    string Object, string Account, string Label, long BalanceMicros, long HeldMicros, string? CreatedAt, string? ClosedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] KeyBody? Key)
{
    public static AccountBody Of(AccountInfo info, KeyInfo? key = null) => new(
        "account", info.Account, info.Label, info.BalanceMicros, info.HeldMicros, EndpointConventions.Time(info.CreatedAt),
        info.ClosedAt is { } closed ? EndpointConventions.Time(closed) : null, key is null ? null : KeyBody.Of(key));
}

/// <summary>Accounts by id; with has_more, ask again with ?after= the last id.</summary>
internal sealed record AccountList(string Object, IReadOnlyList<AccountBody> Data, bool HasMore);

/// <summary>Lines of an account's history, newest first; with has_more, ask again with ?before= the last sequence.</summary>
internal sealed record StatementBody(string Object, string Account, IReadOnlyList<StatementLineBody> Data, bool HasMore);

/// <param name="Sequence">Position in the ledger.</param>
/// <param name="At">When.</param>
/// <param name="Code">Why: deposit, hold, release, pay_primary, …</param>
/// <param name="AmountMicros">Above zero came in, below went out.</param>
/// <param name="BalanceMicros">After it.</param>
/// <param name="Operation">Of a request's hold and payment the request's id.</param>
/// <param name="Counterparty">The other account.</param>
internal sealed record StatementLineBody(long Sequence, string At, string Code, long AmountMicros, long BalanceMicros, string Operation, string Counterparty)
{
    public static StatementLineBody Of(StatementLine line) =>
        new(line.Sequence, EndpointConventions.Time(line.At), line.Code, line.AmountMicros, line.BalanceMicros, line.Operation, line.Counterparty);
}

internal sealed record HoldList(string Object, IReadOnlyList<HoldBody> Data);

/// <param name="Id">Id of the request that it waits for.</param>
/// <param name="AmountMicros">Held.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">When the request must have ended; it returns then at the latest.</param>
internal sealed record HoldBody(string Id, long AmountMicros, string CreatedAt, string ExpiresAt);

/// <summary>Where the money of one request is.</summary>
/// <param name="Object">"request.money".</param>
/// <param name="RequestId">Whose.</param>
/// <param name="Status">open, settled, refunded or expired.</param>
/// <param name="HeldMicros">Taken off the balance when it was accepted.</param>
/// <param name="WaitingMicros">Still held.</param>
/// <param name="PaidMicros">Charged.</param>
/// <param name="ReturnedMicros">Came back to the balance.</param>
/// <param name="CompensationMicros">Paid by nodes that were silent or cheated, to the requester.</param>
/// <param name="Parts">Whom it was paid to.</param>
/// <param name="Deadline">By when nothing waits any more.</param>
/// <param name="Explanation">The same in a sentence.</param>
internal sealed record RequestMoneyBody(
    string Object, string RequestId, string Status, long HeldMicros, long WaitingMicros, long PaidMicros, long ReturnedMicros, long CompensationMicros,
    IReadOnlyList<MoneyPartBody> Parts, string Deadline, string Explanation);

internal sealed record MoneyPartBody(string Account, string Code, long AmountMicros);

/// <summary>Body of POST /v1/account/faucet and of a credit: the account as it is after it.</summary>
/// <param name="Object">"credit".</param>
/// <param name="Account">Account id.</param>
/// <param name="BalanceMicros">After it.</param>
/// <param name="Transfer">Id of the transfer, empty when none was needed.</param>
/// <param name="Repeated">It was done before; nothing moved now.</param>
internal sealed record CreditBody(string Object, string Account, long BalanceMicros, string Transfer, bool Repeated);

/// <param name="Id">1 to 64 lower-case letters, digits, '-', '.' and '_'.</param>
/// <param name="Label">For people, at most 64 characters.</param>
internal sealed record NewAccountBody(string? Id, string? Label);

/// <param name="AmountMicros">Above zero.</param>
/// <param name="Reference">Of the payment outside: the same one pays in once. 1 to 128 characters.</param>
internal sealed record NewCreditBody(long? AmountMicros, string? Reference);

internal sealed record AuditLogBody(string Object, IReadOnlyList<AuditLineBody> Data, bool HasMore);

/// <param name="Sequence">Number of the line, without gaps.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What.</param>
/// <param name="Subject">To what.</param>
/// <param name="Detail">More.</param>
internal sealed record AuditLineBody(long Sequence, string At, string Actor, string Action, string Subject, string Detail);

/// <summary>An API key as its owner sees it: never the key itself but once, in the answer that made it.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Account">Whose.</param>
/// <param name="Label">For people.</param>
/// <param name="Scopes">client, read, manage, admin.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">From when on it no longer counts, or null.</param>
/// <param name="RevokedAt">Since when it no longer counts, or null.</param>
/// <param name="LastUsedAt">To the minute, or null.</param>
/// <param name="BudgetMicros">Most that a period may spend; null for as much as the account has.</param>
/// <param name="BudgetPeriod">none, day or month (UTC).</param>
/// <param name="BudgetUsedMicros">Spent or held in this period.</param>
/// <param name="RequestsPerMinute">Null for the network's own limit.</param>
/// <param name="TokensPerMinute">Null for the network's own limit.</param>
/// <param name="Key">The key. Shown once: only its hash is kept.</param>
internal sealed record KeyBody(
    string Id, string Account, string Label, IReadOnlyList<string> Scopes, string CreatedAt, string? ExpiresAt, string? RevokedAt, string? LastUsedAt,
    long? BudgetMicros, string BudgetPeriod, long BudgetUsedMicros, int? RequestsPerMinute, int? TokensPerMinute,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key = null)
{
    public static KeyBody Of(KeyInfo key, string? text = null) => new(
        key.Id, key.Account, key.Label, key.Scopes, EndpointConventions.Time(key.CreatedAt), Time(key.ExpiresAt), Time(key.RevokedAt), Time(key.LastUsedAt),
        key.Limits.BudgetMicros, key.Limits.BudgetPeriod, key.UsedMicros, key.Limits.RequestsPerMinute, key.Limits.TokensPerMinute, text);

    private static string? Time(DateTimeOffset? at) => at is { } time ? EndpointConventions.Time(time) : null;
}

internal sealed record KeyList(string Object, IReadOnlyList<KeyBody> Data);

/// <summary>What a new key may do. All of it may be left out.</summary>
/// <param name="Account">Whose; for administrators only, who must name it.</param>
/// <param name="Label">For people, at most 64 characters.</param>
/// <param name="Scopes">client (submit and read), read, manage (the account's keys), admin; ["client"] by default.</param>
/// <param name="ExpiresAt">ISO 8601 with an offset or Z, in the future.</param>
/// <param name="BudgetMicros">Most that a period may spend.</param>
/// <param name="BudgetPeriod">none, day or month.</param>
/// <param name="RequestsPerMinute">1 or more.</param>
/// <param name="TokensPerMinute">1 or more.</param>
internal sealed record NewKeyBody(
    string? Account, string? Label, IReadOnlyList<string>? Scopes, string? ExpiresAt, long? BudgetMicros, string? BudgetPeriod, int? RequestsPerMinute,
    int? TokensPerMinute);
