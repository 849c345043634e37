using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using static Atoma.Protocol.Ledger.StoredForm;

namespace Atoma.Protocol.Accounts;

/// <summary>What a caller must get right before a record reaches a store; what breaks it throws, as in <see cref="LedgerCommandForm"/>.</summary>
public static class AccountForm
{
    public const int LabelLengthMax = 64;

    /// <summary>Of an audit log's actor and action: both are names.</summary>
    public const int NameLengthMax = 64;

    /// <summary>Of an audit log's subject: an address or a hash with a word before it.</summary>
    public const int SubjectLengthMax = 128;

    public const int DetailLengthMax = 2048;

    /// <summary>What browsers and proxies take without trouble.</summary>
    public const int UrlLengthMax = 2048;

    public const int ErrorLengthMax = 512;

    private const KeyScopes AllScopes = KeyScopes.Client | KeyScopes.Admin | KeyScopes.Read | KeyScopes.Manage;

    /// <exception cref="ArgumentException">The record is malformed.</exception>
    public static void Check(ApiKeyRecord key)
    {
        CheckAccount(key.Account);
        CheckText(key.Label, LabelLengthMax);
        Require(key.Scopes != KeyScopes.None && (key.Scopes & ~AllScopes) == KeyScopes.None, "scopes missing or unknown");
        CheckLimits(key.Budget?.Limit, key.Budget?.Period ?? BudgetPeriod.None, key.RequestsPerMinute, key.TokensPerMinute);
        Require(key.Budget is null || key.Budget.Used >= Micros.Zero, "a budget used below zero");
    }

    /// <inheritdoc cref="Check(ApiKeyRecord)"/>
    public static void CheckLimits(Micros? budgetLimit, BudgetPeriod period, int? requestsPerMinute, int? tokensPerMinute)
    {
        Require(budgetLimit is null || budgetLimit >= Micros.Zero, "a budget below zero");
        Require(Enum.IsDefined(period), "unknown budget period");
        Require(requestsPerMinute is null or > 0, "requests per minute not above zero");
        Require(tokensPerMinute is null or > 0, "tokens per minute not above zero");
    }

    /// <inheritdoc cref="Check(ApiKeyRecord)"/>
    public static void Check(AccountRecord account)
    {
        CheckAccount(account.Id);
        CheckText(account.Label, LabelLengthMax);
    }

    /// <inheritdoc cref="Check(ApiKeyRecord)"/>
    public static void Check(AuditLogRecord record)
    {
        Require(record.Actor.Length > 0 && record.Action.Length > 0, "a log line without actor or action");
        CheckText(record.Actor, NameLengthMax);
        CheckText(record.Action, NameLengthMax);
        CheckText(record.Subject, SubjectLengthMax);
        CheckText(record.Detail, DetailLengthMax);
    }

    /// <inheritdoc cref="Check(ApiKeyRecord)"/>
    public static void Check(WebhookRow webhook)
    {
        CheckAccount(webhook.Account);
        Require(webhook.Url.Length > 0, "a webhook without address");
        CheckText(webhook.Url, UrlLengthMax);
        CheckText(webhook.LastError, ErrorLengthMax);
        Require(webhook.Attempts >= 0, "attempts below zero");
        Require(Enum.IsDefined(webhook.State), "unknown webhook state");
    }

    private static void CheckAccount(string id)
    {
        Require(id.Length > 0, "an account without id");
        CheckText(id, LedgerAccount.OwnerLength);
    }
}
