using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>Column lists and how a line of each becomes a record.</summary>
internal static class PostgresRows
{
    public const string RequestColumns =
        "id, account, idempotency_key, model, phase, is_open, created_at, deadline, state, version";

    public const string SlashColumns = "id, node, request, is_open, due_at, state, version";

    public const string EntrySelect = """
        SELECT e.sequence, e.operation, a.kind, a.owner, c.kind, c.owner, e.amount, e.balance_after, e.code, e.at
        FROM entry e JOIN account a ON a.id = e.account JOIN account c ON c.id = e.counterparty

        """;

    public static Hash32 Hash(this NpgsqlDataReader reader, int column) => new(reader.GetFieldValue<byte[]>(column));

    public static Micros Money(this NpgsqlDataReader reader, int column) => new(reader.GetInt64(column));

    public static DateTimeOffset Time(this NpgsqlDataReader reader, int column) => new(reader.GetInt64(column), TimeSpan.Zero);

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

    public static ApiKeyRecord ApiKey(NpgsqlDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), (KeyScope)reader.GetInt16(2), reader.GetString(3), reader.Time(4),
        reader.IsDBNull(5) ? null : reader.Time(5));
}
