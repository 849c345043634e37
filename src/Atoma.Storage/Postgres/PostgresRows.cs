using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;
using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>Column lists and how a line of each becomes a record.</summary>
internal static class PostgresRows
{
    public const string RequestColumns =
        "id, account, idempotency_key, model, phase, is_open, created_at, deadline, state, version";

    public const string SlashColumns = "id, node, request, is_open, due_at, state, version";

    public const string PayoutColumns = "id, node, amount, destination, state, requested_at, decided_at, reference, version";

    public const string WebhookColumns = "request, account, url, attempts, next_at, state, last_error";

    public const string OutboxColumns =
        "idempotency_key, sender, target, data, gas_limit, created_at, state, nonce, attempts, mined_number, mined_hash, retries, "
        + "spent_nonce, reason, version";

    public const string VoucherColumns = "user_address, cumulative, signature, accepted_at";

    public const string KeySelect = """
        SELECT k.key_hash, k.account, k.scope, k.label, k.created_at, k.expires_at, k.revoked_at, k.last_used_at,
            k.requests_per_minute, k.tokens_per_minute, b.spend_limit, b.period, b.used, b.window_start
        FROM api_key k LEFT JOIN key_budget b ON b.key_hash = k.key_hash

        """;

    public const string EntrySelect = """
        SELECT e.sequence, e.operation, a.kind, a.owner, c.kind, c.owner, e.amount, e.balance_after, e.code, e.at
        FROM entry e JOIN account a ON a.id = e.account JOIN account c ON c.id = e.counterparty

        """;

    public static Hash32 Hash(this NpgsqlDataReader reader, int column) => new(reader.GetFieldValue<byte[]>(column));

    public static NodeId Address(this NpgsqlDataReader reader, int column) => new(reader.GetFieldValue<byte[]>(column));

    public static Micros Money(this NpgsqlDataReader reader, int column) => new(reader.GetInt64(column));

    public static DateTimeOffset Time(this NpgsqlDataReader reader, int column) => new(reader.GetInt64(column), TimeSpan.Zero);

    public static Hash32? HashOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Hash(column);

    public static DateTimeOffset? TimeOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Time(column);

    public static int? IntOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt32(column);

    public static LedgerAccount Account(this NpgsqlDataReader reader, int column) =>
        new((AccountKind)reader.GetInt16(column), reader.GetString(column + 1));

    public static RequestRow Request(NpgsqlDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4), reader.GetBoolean(5),
        reader.Time(6), reader.Time(7), reader.GetFieldValue<byte[]>(8), reader.GetInt64(9));

    public static SlashRow Slash(NpgsqlDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), reader.Hash(2), reader.GetBoolean(3), reader.Time(4),
        reader.GetFieldValue<byte[]>(5), reader.GetInt64(6));

    public static LedgerEntry Entry(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.Hash(1), reader.Account(2), reader.Account(4), reader.Money(6), reader.Money(7),
        (TransferCode)reader.GetInt16(8), reader.Time(9));

    public static PayoutRow Payout(NpgsqlDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), reader.Money(2), reader.GetString(3), (PayoutState)reader.GetInt16(4), reader.Time(5),
        reader.TimeOrNull(6), reader.GetString(7), reader.GetInt64(8));

    public static ApiKeyRecord ApiKey(NpgsqlDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), (KeyScopes)reader.GetInt16(2), reader.GetString(3), reader.Time(4), reader.TimeOrNull(5),
        reader.TimeOrNull(6), reader.TimeOrNull(7), reader.IsDBNull(10) ? null : Budget(reader, 10), reader.IntOrNull(8), reader.IntOrNull(9));

    public static KeyBudget Budget(NpgsqlDataReader reader, int column) => new(
        reader.Money(column), (BudgetPeriod)reader.GetInt16(column + 1), reader.Money(column + 2), reader.Time(column + 3));

    public static AccountRecord Account(NpgsqlDataReader reader) =>
        new(reader.GetString(0), reader.GetString(1), reader.Time(2), reader.TimeOrNull(3));

    public static AuditLogRecord AuditLog(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.Time(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5));

    public static WebhookRow Webhook(NpgsqlDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.Time(4), (WebhookState)reader.GetInt16(5),
        reader.GetString(6));

    public static OutboxRow Outbox(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.Address(1), reader.Address(2), reader.GetFieldValue<byte[]>(3), reader.GetInt64(4), reader.Time(5),
        (OutboxState)reader.GetInt16(6), reader.IsDBNull(7) ? null : reader.GetInt64(7),
        SettlementCodec.Attempts(reader.GetFieldValue<byte[]>(8)),
        reader.IsDBNull(9) ? null : new ChainPoint(reader.GetInt64(9), reader.Hash(10)), reader.GetInt32(11),
        reader.IsDBNull(12) ? null : reader.GetInt64(12), reader.GetString(13), reader.GetInt64(14));

    public static RequesterVoucher Voucher(NpgsqlDataReader reader) =>
        new(reader.Address(0), reader.Money(1), reader.GetFieldValue<byte[]>(2), reader.Time(3));
}
