using Atoma.Protocol.Accounts;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>Column lists and how a line of each becomes a record.</summary>
internal static class SqliteRows
{
    public const string RequestColumns =
        "id, account, idempotency_key, model, phase, is_open, created_at, deadline, state, version";

    public const string SlashColumns = "id, node, request, is_open, due_at, state, version";

    public const string EntrySelect = """
        SELECT e.sequence, e.operation, a.kind, a.owner, c.kind, c.owner, e.amount, e.balance_after, e.code, e.at
        FROM entry e JOIN account a ON a.id = e.account JOIN account c ON c.id = e.counterparty

        """;

    public static RequestRow Request(SqliteDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4), reader.GetInt64(5) == 1,
        reader.Time(6), reader.Time(7), reader.GetFieldValue<byte[]>(8), reader.GetInt64(9));

    public static SlashRow Slash(SqliteDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), reader.Hash(2), reader.GetInt64(3) == 1, reader.Time(4),
        reader.GetFieldValue<byte[]>(5), reader.GetInt64(6));

    public static LedgerEntry Entry(SqliteDataReader reader) => new(
        reader.GetInt64(0), reader.Hash(1), Account(reader, 2), Account(reader, 4), reader.Money(6), reader.Money(7),
        (TransferCode)reader.GetByte(8), reader.Time(9));

    public static LedgerAccount Account(SqliteDataReader reader, int column) =>
        new((AccountKind)reader.GetByte(column), reader.GetString(column + 1));

    public static ApiKeyRecord ApiKey(SqliteDataReader reader) => new(
        reader.Hash(0), reader.GetString(1), (KeyScope)reader.GetByte(2), reader.GetString(3), reader.Time(4),
        reader.IsDBNull(5) ? null : reader.Time(5));
}
