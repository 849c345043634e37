using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;

namespace Atoma.Storage.Sqlite;

/// <summary>Column lists and how a line of each becomes a record.</summary>
internal static class SqliteRows
{
    public const string RequestColumns =
        "id, account, idempotency_key, model, phase, is_open, created_at, deadline, state, version";

    public const string SlashColumns = "id, node, request, is_open, due_at, state, version";

    public const string PayoutColumns = "id, node, amount, destination, state, requested_at, decided_at, reference, version";

    public const string WebhookColumns = "request, account, url, attempts, next_at, state, last_error";

    public const string OutboxColumns =
        "idempotency_key, sender, target, data, gas_limit, created_at, state, nonce, attempts, mined_number, mined_hash, retries, "
        + "spent_nonce, reason, version";

    public const string EntrySelect = """
        SELECT e.sequence, e.operation, a.kind, a.owner, c.kind, c.owner, e.amount, e.balance_after, e.code, e.at
        FROM entry e JOIN account a ON a.id = e.account JOIN account c ON c.id = e.counterparty

        """;

    public const string KeySelect = """
        SELECT k.key_hash, k.account, k.scope, k.label, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
            k.requests_per_minute, k.tokens_per_minute, b.spend_limit, b.period, b.used, b.window_start
        FROM api_key k LEFT JOIN key_budget b ON b.key_hash = k.key_hash

        """;

    public static RequestRow Request(SqliteRow row) => new(
        row.Hash(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4), row.Flag(5), row.Time(6), row.Time(7), row.Blob(8), row.Long(9));

    public static SlashRow Slash(SqliteRow row) => new(
        row.Hash(0), row.Text(1), row.Hash(2), row.Flag(3), row.Time(4), row.Blob(5), row.Long(6));

    public static PayoutRow Payout(SqliteRow row) => new(
        row.Hash(0), row.Text(1), row.Money(2), row.Text(3), (PayoutState)row.Long(4), row.Time(5), row.TimeOrNull(6), row.Text(7), row.Long(8));

    public static LedgerEntry Entry(SqliteRow row) => new(
        row.Long(0), row.Hash(1), row.Account(2), row.Account(4), row.Money(6), row.Money(7), (TransferCode)row.Long(8), row.Time(9));

    public static ApiKeyRecord ApiKey(SqliteRow row) => new(
        row.Hash(0), row.Text(1), (KeyScopes)row.Long(2), row.Text(3), row.Time(4), row.TimeOrNull(5), row.TimeOrNull(6), row.TimeOrNull(7),
        row.IsNull(10) ? null : Budget(row, 10), row.IntOrNull(8), row.IntOrNull(9));

    public static KeyBudget Budget(SqliteRow row, int column) => new(
        row.Money(column), (BudgetPeriod)row.Long(column + 1), row.Money(column + 2), row.Time(column + 3));

    public static AccountRecord Account(SqliteRow row) => new(row.Text(0), row.Text(1), row.Time(2), row.TimeOrNull(3));

    public static AuditLogRecord AuditLog(SqliteRow row) => new(row.Long(0), row.Time(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5));

    public static WebhookRow Webhook(SqliteRow row) => new(
        row.Hash(0), row.Text(1), row.Text(2), row.Int(3), row.Time(4), (WebhookState)row.Long(5), row.Text(6));

    public static OutboxRow Outbox(SqliteRow row) => new(
        row.Text(0), new NodeId(row.Blob(1)), new NodeId(row.Blob(2)), row.Blob(3), row.Long(4), row.Time(5), (OutboxState)row.Long(6),
        row.IsNull(7) ? null : row.Long(7), SettlementCodec.Attempts(row.Blob(8)),
        row.IsNull(9) ? null : new ChainPoint(row.Long(9), row.Hash(10)), row.Int(11),
        row.IsNull(12) ? null : row.Long(12), row.Text(13), row.Long(14));
}
