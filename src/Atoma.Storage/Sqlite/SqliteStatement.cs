using Atoma.Protocol.Common;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>A prepared statement with parameters $1, $2, …, used again and again by the one thread that owns the connection.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteCommand _command;

    public SqliteStatement(SqliteConnection connection, string sql, int parameters = 0)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
            _command.Parameters.Add(new SqliteParameter($"${i}", value: null));
    }

    /// <summary>Sets all parameters: long, int, string, byte[], <see cref="Hash32"/>, <see cref="Micros"/>, times, enums as numbers, null.</summary>
    public SqliteStatement Bind(params ReadOnlySpan<object?> values)
    {
        Invariant.Assert(values.Length == _command.Parameters.Count);
        for (var i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = ToStored(values[i]);
        return this;
    }

    public void Execute() => _command.ExecuteNonQuery();

    /// <summary>For a statement that changes exactly one row.</summary>
    public void ExecuteOne() => Invariant.Assert(_command.ExecuteNonQuery() == 1);

    public SqliteDataReader Read() => _command.ExecuteReader();

    public List<T> ReadAll<T>(Func<SqliteDataReader, T> map)
    {
        using var reader = Read();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(map(reader));
        return rows;
    }

    public T? ReadFirst<T>(Func<SqliteDataReader, T> map)
        where T : class
    {
        using var reader = Read();
        return reader.Read() ? map(reader) : null;
    }

    public void Dispose() => _command.Dispose();

    private static object ToStored(object? value) => value switch
    {
        null => DBNull.Value,
        Hash32 hash => hash.ToArray(),
        Micros micros => micros.Value,
        DateTimeOffset at => at.UtcTicks,
        bool flag => flag ? 1L : 0L,
        Enum number => Convert.ToInt64(number, System.Globalization.CultureInfo.InvariantCulture),
        _ => value,
    };
}

/// <summary>How stored columns become values again.</summary>
internal static class SqliteColumns
{
    public static Hash32 Hash(this SqliteDataReader reader, int column) => new(reader.GetFieldValue<byte[]>(column));

    public static Micros Money(this SqliteDataReader reader, int column) => new(reader.GetInt64(column));

    public static DateTimeOffset Time(this SqliteDataReader reader, int column) => new(reader.GetInt64(column), TimeSpan.Zero);
}
