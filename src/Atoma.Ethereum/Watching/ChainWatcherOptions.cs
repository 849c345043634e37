using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Watching;

/// <summary>What a watcher reads.</summary>
/// <param name="Name">Its cursor's name, 1 to 64 characters; never changed.</param>
/// <param name="Contracts">Whose events, at least one.</param>
/// <param name="StartBlock">The first block that is read: at or below that of the contracts' creation.</param>
/// <param name="Finality">When a block is there for good.</param>
/// <param name="BlocksMax">Blocks of one question, 1 to <see cref="ChainLimits.LogBlocksMax"/>.</param>
public sealed record ChainWatcherOptions(
    string Name, IReadOnlyList<NodeId> Contracts, long StartBlock, FinalityRule Finality, int BlocksMax = ChainLimits.LogBlocksMax)
{
    /// <exception cref="ArgumentException">Says everything that is out of range.</exception>
    public void Validate()
    {
        List<string> errors = [];
        if (Name.Length is 0 or > SettlementForm.NameLengthMax)
            errors.Add(nameof(Name));
        if (Contracts.Count is 0 or > ChainIdentity.ContractsMax)
            errors.Add(nameof(Contracts));
        if (StartBlock < 0)
            errors.Add(nameof(StartBlock));
        if (Finality.Confirmations is < 0 or > FinalityRule.ConfirmationsMax)
            errors.Add(nameof(Finality));
        if (BlocksMax is < 1 or > ChainLimits.LogBlocksMax)
            errors.Add(nameof(BlocksMax));
        if (errors.Count > 0)
            throw new ArgumentException($"Watcher options out of range: {string.Join(", ", errors)}.");
    }
}

/// <summary>What became of one step of a watcher.</summary>
public enum WatchOutcome
{
    /// <summary>Everything final is worked off.</summary>
    UpToDate,

    /// <summary>Some blocks were worked off; there may be more.</summary>
    Advanced,

    /// <summary>The endpoint is behind what was worked off, or its answers are of different moments. Nothing was handed on.</summary>
    NotReady,

    /// <summary>Another process moved the cursor. What was handed on is known there too.</summary>
    Overtaken,
}

/// <summary>How far a watcher is.</summary>
/// <param name="Outcome">Of the last step.</param>
/// <param name="Cursor">Height that is worked off; one below the start before the first block.</param>
/// <param name="Final">Height of the newest final block; -1 while there is none. The distance is what is still to do.</param>
public readonly record struct WatchStatus(WatchOutcome Outcome, long Cursor, long Final);

/// <summary>
/// Does what events ask for. Must be idempotent: after a crash the same events come again, in the same order.
/// </summary>
public interface IChainEventHandler
{
    /// <summary>When it returns, everything that follows from these events is durable.</summary>
    /// <param name="logs">At least one, in chain order; all of final blocks.</param>
    /// <param name="cancellationToken">Stops the work; the events come again.</param>
    Task HandleAsync(IReadOnlyList<ChainLog> logs, CancellationToken cancellationToken);
}
