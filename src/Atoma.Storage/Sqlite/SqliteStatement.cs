using System.Globalization;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// A prepared statement with parameters ?1, ?2, …, used again and again by the one thread that owns the connection. Speaks to
/// SQLite directly: an ADO.NET command looks its parameters up by name at every run, which costs more than the run.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;
    private readonly Action? _boundary;

    /// <param name="connection">Open; disposed after this.</param>
    /// <param name="sql">One statement.</param>
    /// <param name="boundary">Called after each run that may have written; tests stop there.</param>
    public SqliteStatement(SqliteConnection connection, string sql, Action? boundary = null)
    {
        _connection = connection;
        _boundary = boundary;
        Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out _statement));
    }

    /// <summary>Sets all parameters: numbers, string, byte[], <see cref="Hash32"/>, <see cref="Micros"/>, times, enums as numbers, null.</summary>
    public SqliteStatement Bind(params ReadOnlySpan<object?> values)
    {
        Invariant.Assert(values.Length == raw.sqlite3_bind_parameter_count(_statement));
        for (var i = 0; i < values.Length; i++)
            Check(Bind(i + 1, values[i]));
        return this;
    }

    public void Execute()
    {
        try
        {
            while (Step())
            {
                // What it returns is not wanted.
            }
        }
        finally
        {
            Reset();
        }

        _boundary?.Invoke();
    }

    /// <summary>Runs a statement that changes rows; how many it changed.</summary>
    public int ExecuteCount()
    {
        Execute();
        return raw.sqlite3_changes(_connection.Handle);
    }

    /// <summary>For a statement that changes exactly one row.</summary>
    public void ExecuteOne() => Invariant.Assert(ExecuteCount() == 1);

    public void ReadEach(Action<SqliteRow> take)
    {
        try
        {
            while (Step())
                take(new SqliteRow(_statement));
        }
        finally
        {
            Reset();
        }
    }

    public List<T> ReadAll<T>(Func<SqliteRow, T> map)
    {
        var rows = new List<T>();
        ReadEach(row => rows.Add(map(row)));
        return rows;
    }

    /// <summary>The first row's value; default when there is none.</summary>
    public T? ReadFirst<T>(Func<SqliteRow, T> map)
    {
        try
        {
            return Step() ? map(new SqliteRow(_statement)) : default;
        }
        finally
        {
            Reset();
        }
    }

    public void Dispose() => _statement.Dispose();

    private bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
            return true;
        if (result != raw.SQLITE_DONE)
            Check(result);
        return false;
    }

    /// <summary>Its result repeats the step's error, which was thrown already.</summary>
    private void Reset() => _ = raw.sqlite3_reset(_statement);

    private int Bind(int index, object? value)
    {
        switch (value)
        {
            case null:
                return raw.sqlite3_bind_null(_statement, index);
            case Hash32 hash:
                Span<byte> bytes = stackalloc byte[Hash32.Size];
                hash.CopyTo(bytes);
                return raw.sqlite3_bind_blob(_statement, index, bytes);
            case long number:
                return raw.sqlite3_bind_int64(_statement, index, number);
            case int number:
                return raw.sqlite3_bind_int64(_statement, index, number);
            case Micros micros:
                return raw.sqlite3_bind_int64(_statement, index, micros.Value);
            case DateTimeOffset at:
                return raw.sqlite3_bind_int64(_statement, index, at.UtcTicks);
            case bool flag:
                return raw.sqlite3_bind_int64(_statement, index, flag ? 1 : 0);
            case string text:
                return raw.sqlite3_bind_text(_statement, index, text);
            case byte[] { Length: 0 }:
                return raw.sqlite3_bind_zeroblob(_statement, index, 0);
            case byte[] blob:
                return raw.sqlite3_bind_blob(_statement, index, blob);
            case Enum number:
                return raw.sqlite3_bind_int64(_statement, index, Convert.ToInt64(number, CultureInfo.InvariantCulture));
            default:
                throw new InvariantException($"Values of type {value.GetType().Name} are not stored.");
        }
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection.Handle);
}

/// <summary>The current row of a running statement.</summary>
internal readonly ref struct SqliteRow(sqlite3_stmt statement)
{
    public long Long(int column) => raw.sqlite3_column_int64(statement, column);

    public int Int(int column) => checked((int)Long(column));

    public bool Flag(int column) => Long(column) == 1;

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    public byte[] Blob(int column) => raw.sqlite3_column_blob(statement, column).ToArray();

    public Hash32 Hash(int column) => new(raw.sqlite3_column_blob(statement, column));

    public Hash32? HashOrNull(int column) => IsNull(column) ? null : Hash(column);

    public Micros Money(int column) => new(Long(column));

    public DateTimeOffset Time(int column) => new(Long(column), TimeSpan.Zero);

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);

    public int? IntOrNull(int column) => IsNull(column) ? null : Int(column);

    public LedgerAccount Account(int column) => new((AccountKind)Long(column), Text(column + 1));
}
