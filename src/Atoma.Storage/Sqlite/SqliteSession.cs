using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// The writer's connection: one transaction at a time, in which ledger commands gather in a working set and other changes are
/// written at once, each in the order in which it came.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteLedgerSource _source;
    private readonly SqliteLedgerWriter _writer;
    private readonly SqliteAccountWriter _accounts;
    private readonly SqliteSettlementWriter _settlement;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _savepoint;
    private readonly SqliteStatement _release;
    private readonly SqliteStatement _rollbackTo;
    private LedgerWorkingSet? _set;
    private bool _isWriting;

    /// <param name="connection">Becomes this session's.</param>
    /// <param name="boundary">Called after each statement that may have written.</param>
    public SqliteSession(SqliteConnection connection, Action? boundary)
    {
        _connection = connection;
        _source = new SqliteLedgerSource(connection);
        _writer = new SqliteLedgerWriter(connection, boundary);
        _accounts = new SqliteAccountWriter(connection, boundary);
        _settlement = new SqliteSettlementWriter(connection, boundary);
        _begin = new SqliteStatement(connection, "BEGIN IMMEDIATE", boundary);
        _commit = new SqliteStatement(connection, "COMMIT", boundary);
        _savepoint = new SqliteStatement(connection, "SAVEPOINT change");
        _release = new SqliteStatement(connection, "RELEASE change");
        _rollbackTo = new SqliteStatement(connection, "ROLLBACK TO change");
    }

    /// <summary>False when an error made SQLite roll back by itself, or left the commands before it half written.</summary>
    public bool IsUsable => raw.sqlite3_get_autocommit(_connection.Handle) == 0 && !_isWriting;

    public void Begin() => _begin.Execute();

    /// <summary>Applies a well-formed command, or nothing of it.</summary>
    public LedgerResult Apply(LedgerCommand command, DateTimeOffset now)
    {
        _set ??= new LedgerWorkingSet(_source);
        return _set.Apply(command, now);
    }

    /// <summary>Makes a change that is undone alone when it fails.</summary>
    public T Change<T>(Func<SqliteAccountWriter, T> change) => Alone(() => change(_accounts));

    /// <inheritdoc cref="Change"/>
    public T Settle<T>(Func<SqliteSettlementWriter, T> change) => Alone(() => change(_settlement));

    public void Commit()
    {
        WriteCommands();
        _commit.Execute();
    }

    public void Dispose()
    {
        _source.Dispose();
        _writer.Dispose();
        foreach (var statement in (SqliteStatement[])[_begin, _commit, _savepoint, _release, _rollbackTo])
            statement.Dispose();
        _connection.Dispose();
    }

    private T Alone<T>(Func<T> change)
    {
        WriteCommands();
        _savepoint.Execute();
        try
        {
            var result = change();
            _release.Execute();
            return result;
        }
        catch when (IsUsable)
        {
            _rollbackTo.Execute();
            _release.Execute();
            throw;
        }
    }

    private void WriteCommands()
    {
        if (_set is null)
            return;
        _isWriting = true;
        _writer.Write(_set);
        _isWriting = false;
        _set = null;
    }
}
