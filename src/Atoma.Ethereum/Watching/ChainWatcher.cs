using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Watching;

/// <summary>
/// Hands a contract's events to a handler: each of a final block, in order, at least once, and none of a block that a reorganisation
/// dropped (P10.3). The cursor is a block's number and hash, and moves after the handler is done.
/// </summary>
/// <remarks>
/// One endpoint alone that is further behind than finality is deep, or hides events, can make a watcher miss them: read the chain
/// through <see cref="AgreeingChainClient"/>.
/// </remarks>
public sealed class ChainWatcher
{
    private readonly IChainClient _chain;
    private readonly ICursorStore _cursors;
    private readonly IChainEventHandler _handler;
    private readonly ChainWatcherOptions _options;

    /// <param name="chain">The chain.</param>
    /// <param name="cursors">Where the cursor is kept.</param>
    /// <param name="handler">Does what events ask for.</param>
    /// <param name="options">What is read.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ChainWatcher(IChainClient chain, ICursorStore cursors, IChainEventHandler handler, ChainWatcherOptions options)
    {
        options.Validate();
        (_chain, _cursors, _handler, _options) = (chain, cursors, handler, options);
    }

    /// <summary>As of the last step.</summary>
    public WatchStatus Status { get; private set; }

    /// <summary>Works off the next blocks, at most <see cref="ChainWatcherOptions.BlocksMax"/>. To be called again and again, one call at a time.</summary>
    /// <exception cref="FinalBlockGoneException">The chain was reorganised deeper than finality.</exception>
    /// <exception cref="ChainUnavailableException">The chain did not answer.</exception>
    /// <exception cref="ChainDisagreementException">Endpoints contradict each other: nothing is booked until they agree.</exception>
    public async Task<WatchStatus> StepAsync(CancellationToken cancellationToken)
    {
        var cursor = await _cursors.FindCursorAsync(_options.Name, cancellationToken);
        var from = cursor is { } done ? done.Number + 1 : _options.StartBlock;
        var head = await _chain.HeadAsync(cancellationToken);
        var final = await _options.Finality.NewestAsync(_chain, head, cancellationToken);
        if (cursor is { } last && !await IsCanonicalAsync(last, cancellationToken))
            return Status = new WatchStatus(WatchOutcome.NotReady, last.Number, final?.Number ?? -1);
        if (final is null || final.Number < from)
            return Status = new WatchStatus(WatchOutcome.UpToDate, from - 1, final?.Number ?? -1);

        var to = Math.Min(final.Number, from + _options.BlocksMax - 1);
        var outcome = await WorkOffAsync(cursor, from, to, cancellationToken);
        return Status = new WatchStatus(outcome, outcome == WatchOutcome.Advanced ? to : from - 1, final.Number);
    }

    private async Task<WatchOutcome> WorkOffAsync(ChainPoint? cursor, long from, long to, CancellationToken cancellationToken)
    {
        var logs = await _chain.LogsAsync(new ChainLogFilter(from, to, _options.Contracts), cancellationToken);
        if (!IsInOrder(logs, from, to))
            return WatchOutcome.NotReady;

        // The hashes are asked for after the logs: a block that was dropped in between is noticed.
        foreach (var block in logs.Select(log => new ChainPoint(log.BlockNumber, log.BlockHash)).Distinct())
        {
            if ((await _chain.BlockAsync(block.Number, cancellationToken))?.Hash != block.Hash)
                return WatchOutcome.NotReady;
        }

        if (await _chain.BlockAsync(to, cancellationToken) is not { } end)
            return WatchOutcome.NotReady;
        if (logs.Count > 0)
            await _handler.HandleAsync(logs, cancellationToken);
        return await _cursors.MoveCursorAsync(_options.Name, cursor, new ChainPoint(end.Number, end.Hash), cancellationToken)
            ? WatchOutcome.Advanced
            : WatchOutcome.Overtaken;
    }

    /// <summary>False while the endpoint does not have that block yet.</summary>
    private async Task<bool> IsCanonicalAsync(ChainPoint cursor, CancellationToken cancellationToken)
    {
        var now = await _chain.BlockAsync(cursor.Number, cancellationToken);
        if (now is null)
            return false;
        return now.Hash == cursor.Hash
            ? true
            : throw new FinalBlockGoneException(
                $"Block {cursor.Number} was final and had hash {cursor.Hash}; the chain has {now.Hash} there now. Reading of '{_options.Name}' has stopped: "
                + "compare the books with the chain, and set finality deeper than its reorganisations.");
    }

    /// <summary>Every log is of a contract and a block that was asked for, and none comes twice.</summary>
    private bool IsInOrder(IReadOnlyList<ChainLog> logs, long from, long to)
    {
        for (var i = 0; i < logs.Count; i++)
        {
            var log = logs[i];
            if (log.BlockNumber < from || log.BlockNumber > to || !_options.Contracts.Contains(log.Address))
                return false;
            if (i > 0 && (log.BlockNumber, log.Index).CompareTo((logs[i - 1].BlockNumber, logs[i - 1].Index)) <= 0)
                return false;
        }

        return true;
    }
}
