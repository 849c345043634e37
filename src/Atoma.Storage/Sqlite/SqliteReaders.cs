using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// Threads that read, each with a connection of its own: SQLite's calls block, and a grain's thread must not. Every piece of
/// work sees one consistent snapshot.
/// </summary>
internal sealed class SqliteReaders : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly Channel<Func<Func<SqliteConnection>, bool>> _queue =
        Channel.CreateBounded<Func<Func<SqliteConnection>, bool>>(StorageLimits.QueueReadsMax);

    private readonly List<Thread> _threads = [];

    public SqliteReaders(SqliteDatabase database)
    {
        _database = database;
        for (var i = 0; i < StorageLimits.Readers; i++)
        {
            var thread = new Thread(Run) { IsBackground = true, Name = $"atoma-ledger-reader-{i}" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Runs the work on a reader's thread. The token also interrupts a running query.</summary>
    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _queue.Writer.WriteAsync(open => Answer(open, work, completion, cancellationToken), cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException($"{nameof(SqliteLedgerStore)} is closed.", e);
        }

        return await completion.Task;
    }

    public void Dispose()
    {
        _queue.Writer.TryComplete();
        foreach (var thread in _threads)
            thread.Join();
    }

    /// <summary>False when something failed, and with it perhaps the connection.</summary>
    private static bool Answer<T>(
        Func<SqliteConnection> open, Func<SqliteConnection, T> work, TaskCompletionSource<T> completion, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var connection = open();
            using var snapshot = connection.BeginTransaction(deferred: true);
            using var interrupt = cancellationToken.Register(() => raw.sqlite3_interrupt(connection.Handle));
            return completion.TrySetResult(work(connection));
        }
        catch (OperationCanceledException e)
        {
            completion.TrySetCanceled(e.CancellationToken);
        }
        catch (SqliteException) when (cancellationToken.IsCancellationRequested)
        {
            completion.TrySetCanceled(cancellationToken);
        }
        catch (Exception e)
        {
            completion.TrySetException(e);
        }

        return false;
    }

    private void Run()
    {
        SqliteConnection? connection = null;
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_queue.Reader.TryRead(out var work))
            {
                if (work(() => connection ??= _database.Open(readOnly: true)))
                    continue;
                connection?.Dispose();
                connection = null;
            }
        }

        connection?.Dispose();
    }
}
