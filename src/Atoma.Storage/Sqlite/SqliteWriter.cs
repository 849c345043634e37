using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// Group commit: one thread takes what is waiting, applies it in one transaction and answers everybody after the one flush to
/// disk. What fails alone is undone alone; what fails the transaction is reported to all of it.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly ILogger _logger;
    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(StorageLimits.QueueCommandsMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Thread _thread;

    public SqliteWriter(SqliteDatabase database, ILogger logger)
    {
        _database = database;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "atoma-ledger-writer" };
        _thread.Start();
    }

    /// <summary>
    /// Runs the work in a savepoint of the next transaction. The token stops the wait for a place in the queue; after that the
    /// outcome is awaited, because giving up would leave it unknown.
    /// </summary>
    /// <param name="work">Uses the session on the writer's thread.</param>
    /// <param name="keep">Whether what the work did is to stay.</param>
    /// <param name="cancellationToken">Stops waiting for a place.</param>
    public async Task<T> RunAsync<T>(Func<SqliteLedgerSession, T> work, Func<T, bool> keep, CancellationToken cancellationToken)
    {
        var item = new Work<T>(work, keep);
        try
        {
            await _queue.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException($"{nameof(SqliteLedgerStore)} is closed.", e);
        }

        return await item.Completion;
    }

    /// <summary>Finishes what is queued, then stops the thread and closes its connection.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _thread.Join();
    }

    private void Run()
    {
        SqliteLedgerSession? session = null;
        var batch = new List<Work>(StorageLimits.BatchCommandsMax);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < StorageLimits.BatchCommandsMax && _queue.Reader.TryRead(out var work))
                batch.Add(work);
            try
            {
                session ??= new SqliteLedgerSession(_database.Open(readOnly: false));
                CommitBatch(session, batch);
            }
            catch (Exception e)
            {
                // The thread serves everybody and must go on; each caller is told, and the connection's state is not trusted.
                StorageLog.BatchFailed(_logger, batch.Count, e);
                foreach (var work in batch)
                    work.Fail(new StorageUnavailableException("The ledger's database failed. Repeat the same command.", e));
                session?.Dispose();
                session = null;
            }
        }

        session?.Dispose();
    }

    private void CommitBatch(SqliteLedgerSession session, List<Work> batch)
    {
        session.Begin();
        foreach (var work in batch)
        {
            if (work.Run(session) is { } error)
                StorageLog.CommandFailed(_logger, error);
        }

        session.Commit();
        foreach (var work in batch)
            work.Complete();
    }

    private abstract class Work
    {
        /// <summary>Returns the error of work that failed alone; throws when the transaction is gone.</summary>
        public abstract Exception? Run(SqliteLedgerSession session);

        public abstract void Complete();

        public abstract void Fail(Exception error);
    }

    private sealed class Work<T>(Func<SqliteLedgerSession, T> work, Func<T, bool> keep) : Work
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;
        private Exception? _error;

        public Task<T> Completion => _completion.Task;

        public override Exception? Run(SqliteLedgerSession session)
        {
            session.BeginCommand();
            try
            {
                _result = work(session);
                if (keep(_result))
                    session.KeepCommand();
                else
                    session.UndoCommand();
            }
            catch (Exception e) when (session.IsInTransaction)
            {
                session.UndoCommand();
                _error = e;
            }

            return _error;
        }

        public override void Complete()
        {
            if (_error is null)
                _completion.TrySetResult(_result);
            else
                _completion.TrySetException(_error);
        }

        public override void Fail(Exception error) => _completion.TrySetException(error);
    }
}
