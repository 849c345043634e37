using Microsoft.Extensions.Logging;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// Writes in groups (<see cref="GroupCommit{TWork}"/>), each piece of work in a savepoint of its own: what fails alone is undone
/// alone; what fails the transaction is reported to all of it.
/// </summary>
internal sealed class SqliteWriter : IBatchCommitter<SqliteWriter.Work>, IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly ILogger _logger;
    private readonly GroupCommit<Work> _queue;
    private SqliteLedgerSession? _session;

    public SqliteWriter(SqliteDatabase database, ILogger logger)
    {
        _database = database;
        _logger = logger;
        _queue = new GroupCommit<Work>(this, logger);
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
        await _queue.EnqueueAsync(item, cancellationToken);
        return await item.Completion;
    }

    public void Dispose() => _queue.Dispose();

    void IBatchCommitter<Work>.Commit(IReadOnlyList<Work> batch)
    {
        _session ??= new SqliteLedgerSession(_database.Open(readOnly: false));
        _session.Begin();
        foreach (var work in batch)
        {
            if (work.Run(_session) is { } error)
                StorageLog.CommandFailed(_logger, error);
        }

        _session.Commit();
        foreach (var work in batch)
            work.Complete();
    }

    void IBatchCommitter<Work>.Fail(Work work, Exception error) => work.Fail(error);

    void IBatchCommitter<Work>.Close()
    {
        _session?.Dispose();
        _session = null;
    }

    internal abstract class Work
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
