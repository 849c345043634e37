using Atoma.Protocol.Ledger;
using Microsoft.Extensions.Logging;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// Writes in groups (<see cref="GroupCommit{TWork}"/>): what fails alone is undone alone; what fails the transaction is reported
/// to all of it.
/// </summary>
internal sealed class SqliteWriter : IBatchCommitter<SqliteWriter.Work>, IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly ILogger _logger;
    private readonly Action? _boundary;
    private readonly GroupCommit<Work> _queue;
    private SqliteSession? _session;

    /// <param name="database">The file.</param>
    /// <param name="logger">Where failures are told.</param>
    /// <param name="boundary">Called between all steps that may have written and before everybody is answered; tests stop there.</param>
    public SqliteWriter(SqliteDatabase database, ILogger logger, Action? boundary)
    {
        _database = database;
        _logger = logger;
        _boundary = boundary;
        _queue = new GroupCommit<Work>(this, logger);
    }

    /// <summary>Applies the command in the next transaction.</summary>
    public Task<LedgerResult> CommitAsync(LedgerCommand command, TimeProvider time, CancellationToken cancellationToken) =>
        RunAsync(session => session.Apply(command, time.GetUtcNow()), cancellationToken);

    /// <summary>Makes a change in the next transaction.</summary>
    public Task<T> ChangeAsync<T>(Func<SqliteAccountWriter, T> change, CancellationToken cancellationToken) =>
        RunAsync(session => session.Change(change), cancellationToken);

    /// <inheritdoc cref="ChangeAsync"/>
    public Task<T> SettleAsync<T>(Func<SqliteSettlementWriter, T> change, CancellationToken cancellationToken) =>
        RunAsync(session => session.Settle(change), cancellationToken);

    public void Dispose() => _queue.Dispose();

    void IBatchCommitter<Work>.Commit(IReadOnlyList<Work> batch)
    {
        _session ??= new SqliteSession(_database.OpenWriter(), _boundary);
        _boundary?.Invoke();
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

    /// <summary>The token stops the wait for a place in the queue; after that the outcome is awaited: giving up would leave it unknown.</summary>
    private async Task<T> RunAsync<T>(Func<SqliteSession, T> run, CancellationToken cancellationToken)
    {
        var work = new Work<T>(run);
        await _queue.EnqueueAsync(work, cancellationToken);
        return await work.Completion;
    }

    internal abstract class Work
    {
        /// <summary>Returns the error of work that failed alone; throws when the transaction is gone.</summary>
        public abstract Exception? Run(SqliteSession session);

        public abstract void Complete();

        public abstract void Fail(Exception error);
    }

    private sealed class Work<T>(Func<SqliteSession, T> run) : Work
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;
        private Exception? _error;

        public Task<T> Completion => _completion.Task;

        public override Exception? Run(SqliteSession session)
        {
            try
            {
                _result = run(session);
            }
            catch (Exception e) when (session.IsUsable)
            {
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
