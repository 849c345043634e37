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

    private readonly NpgsqlDataSource _dataSource;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GroupCommit<Work> _queue;
    private NpgsqlConnection? _connection;

    public PostgresWriter(NpgsqlDataSource dataSource, TimeProvider time, ILogger logger)
    {
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
            // Durable whatever the server's default is.
            using (var begin = new NpgsqlCommand($"SET LOCAL synchronous_commit TO on; SELECT pg_advisory_xact_lock({Lock})", _connection, transaction))
                begin.ExecuteNonQuery();
            var set = PostgresBatchReader.Read(_connection, transaction, batch.Select(work => work.Command).ToList());
            foreach (var work in batch)
                Apply(work, set);
            PostgresBatchWriter.Write(_connection, transaction, set);
            transaction.Commit();
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
