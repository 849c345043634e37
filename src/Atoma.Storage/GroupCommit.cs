using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Atoma.Storage;

/// <summary>Commits batches for <see cref="GroupCommit{TWork}"/>, on its thread.</summary>
internal interface IBatchCommitter<TWork>
{
    /// <summary>Applies the batch in one transaction and answers each work; throws when the transaction as a whole failed.</summary>
    void Commit(IReadOnlyList<TWork> batch);

    /// <summary>Answers work whose transaction failed.</summary>
    void Fail(TWork work, Exception error);

    /// <summary>Lets go of the connection: after a failure, and at the end.</summary>
    void Close();
}

/// <summary>
/// One thread takes what is waiting, commits it together and answers everybody after the one flush to disk. Writers wait for
/// a place, never for each other's flush.
/// </summary>
internal sealed class GroupCommit<TWork> : IDisposable
{
    private readonly IBatchCommitter<TWork> _committer;
    private readonly ILogger _logger;
    private readonly Channel<TWork> _queue = Channel.CreateBounded<TWork>(
        new BoundedChannelOptions(StorageLimits.QueueCommandsMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Thread _thread;

    public GroupCommit(IBatchCommitter<TWork> committer, ILogger logger)
    {
        _committer = committer;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "atoma-ledger-writer" };
        _thread.Start();
    }

    /// <summary>Queues work; the token stops the wait for a place.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async Task EnqueueAsync(TWork work, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(work, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The ledger store is closed.", e);
        }
    }

    /// <summary>Finishes what is queued, then stops the thread.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _thread.Join();
    }

    private void Run()
    {
        var batch = new List<TWork>(StorageLimits.BatchCommandsMax);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < StorageLimits.BatchCommandsMax && _queue.Reader.TryRead(out var work))
                batch.Add(work);
            var started = Stopwatch.GetTimestamp();
            try
            {
                _committer.Commit(batch);
                LedgerMetrics.Committed(batch.Count, Stopwatch.GetElapsedTime(started), failed: false);
            }
            catch (Exception e)
            {
                // The thread serves everybody and must go on; each caller is told, and the connection's state is not trusted.
                LedgerMetrics.Committed(batch.Count, Stopwatch.GetElapsedTime(started), failed: true);
                StorageLog.BatchFailed(_logger, batch.Count, e);
                foreach (var work in batch)
                    _committer.Fail(work, new StorageUnavailableException("The ledger's database failed. Repeat the same command.", e));
                _committer.Close();
            }
        }

        _committer.Close();
    }
}
