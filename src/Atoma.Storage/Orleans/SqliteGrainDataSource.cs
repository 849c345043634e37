using System.Data.Common;
using Atoma.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Atoma.Storage.Orleans;

/// <summary>
/// Grain state in a SQLite file of its own, used by one process. Lends its one connection to one caller after the other: SQLite
/// has one writer, and callers waiting here are served in order, where SQLite's own waiting lets some starve for seconds. What a
/// caller left open when it failed is rolled back when the connection comes home.
/// </summary>
public sealed class SqliteGrainDataSource : DbDataSource
{
    private readonly SqliteDatabase _database;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private LentConnection? _connection;
    private bool _disposed;

    /// <param name="path">Of the file, which is made when missing. Not the ledger's: its writer would compete.</param>
    public SqliteGrainDataSource(string path) => _database = new SqliteDatabase(path);

    public override string ConnectionString => _database.ConnectionString;

    /// <summary>Not lent, not opened: Orleans looks at its type.</summary>
    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        _turn.Wait();
        return Lend();
    }

    protected override async ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        return Lend();
    }

    /// <summary>Waits for the caller that has the connection, then closes it.</summary>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || _disposed)
            return;
        _turn.Wait();
        CloseInTurn();
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        if (_disposed)
            return;
        await _turn.WaitAsync();
        CloseInTurn();
    }

    private void CloseInTurn()
    {
        _disposed = true;
        _connection?.CloseForGood();
        _connection = null;
        _turn.Release();
    }

    private LentConnection Lend()
    {
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _connection ??= (LentConnection)_database.Open(readOnly: false, connectionString => new LentConnection(connectionString, this));
            _connection.IsLent = true;
            return _connection;
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    private void TakeBack(LentConnection connection, bool isClean)
    {
        if (!isClean)
        {
            connection.CloseForGood();
            _connection = null;
        }

        _turn.Release();
    }

    /// <summary>Goes home when it is closed or disposed.</summary>
    private sealed class LentConnection(string connectionString, SqliteGrainDataSource home) : SqliteConnection(connectionString)
    {
        private bool _forGood;

        public bool IsLent { get; set; }

        public override void Close()
        {
            if (_forGood)
                base.Close();
        }

        public void CloseForGood()
        {
            _forGood = true;
            base.Dispose(disposing: true);
        }

#pragma warning disable CA2215 // Not disposed but taken back: that is the point of it.
        protected override void Dispose(bool disposing)
        {
            if (!disposing || !IsLent)
                return;
            IsLent = false;
            home.TakeBack(this, isClean: raw.sqlite3_get_autocommit(Handle) != 0);
        }
#pragma warning restore CA2215
    }
}
