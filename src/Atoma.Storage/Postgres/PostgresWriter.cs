using Atoma.Protocol.Ledger;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>
/// Writes in groups: under the ledger's lock it reads what the batch touches, applies the commands in memory, writes the changes
/// and commits: four round trips for up to 512 commands. Several processes at one database take turns.
/// </summary>
internal sealed class PostgresWriter : IBatchCommitter<PostgresWriter.Work>, IDisposable
{
    /// <summary>Any number; the same in every process that writes this ledger.</summary>
    public const long Lock = 0x6C6564676572;

    /// <summary>Alone with the books until the transaction ends, which is durable whatever the server's default is.</summary>
    public static readonly string TakeLock = $"SET LOCAL synchronous_commit TO on; SELECT pg_advisory_xact_lock({Lock})";

    private readonly NpgsqlDataSource _dataSource;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action? _boundary;
    private readonly GroupCommit<Work> _queue;
    private NpgsqlConnection? _connection;

    /// <param name="dataSource">Where.</param>
    /// <param name="time">Clock of the entries.</param>
    /// <param name="logger">Where failures are told.</param>
    /// <param name="boundary">Called before and after each round trip; tests stop there.</param>
    public PostgresWriter(NpgsqlDataSource dataSource, TimeProvider time, ILogger logger, Action? boundary)
    {
        _boundary = boundary;
        _dataSource = dataSource;
        _time = time;
        _logger = logger;
        _queue = new GroupCommit<Work>(this, logger);
    }

    public async Task<LedgerResult> CommitAsync(LedgerCommand command, CancellationToken cancellationToken)
    {
        var work = new Work(command);
        await _queue.EnqueueAsync(work, cancellationToken);
        return await work.Completion.Task;
    }

    public void Dispose() => _queue.Dispose();

    void IBatchCommitter<Work>.Commit(IReadOnlyList<Work> batch)
    {
        _connection ??= _dataSource.OpenConnection();
        using (var transaction = _connection.BeginTransaction())
        {
            _boundary?.Invoke();
            using (var begin = new NpgsqlCommand(TakeLock, _connection, transaction))
                begin.ExecuteNonQuery();
            _boundary?.Invoke();
            var set = PostgresBatchReader.Read(_connection, transaction, batch.Select(work => work.Command).ToList());
            _boundary?.Invoke();
            foreach (var work in batch)
                Apply(work, set);
            PostgresBatchWriter.Write(_connection, transaction, set);
            _boundary?.Invoke();
            transaction.Commit();
            _boundary?.Invoke();
        }

        foreach (var work in batch)
            work.Complete();
    }

    void IBatchCommitter<Work>.Fail(Work work, Exception error) => work.Completion.TrySetException(error);

    void IBatchCommitter<Work>.Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private void Apply(Work work, LedgerWorkingSet set)
    {
        try
        {
            work.Result = set.Apply(work.Command, _time.GetUtcNow());
        }
        catch (Exception e)
        {
            // Its changes are undone: the working set's rule. The others go on.
            StorageLog.CommandFailed(_logger, e);
            work.Error = e;
        }
    }

    internal sealed class Work(LedgerCommand command)
    {
        public LedgerCommand Command { get; } = command;

        public TaskCompletionSource<LedgerResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LedgerResult Result { get; set; }

        public Exception? Error { get; set; }

        public void Complete()
        {
            if (Error is null)
                Completion.TrySetResult(Result);
            else
                Completion.TrySetException(Error);
        }
    }
}
