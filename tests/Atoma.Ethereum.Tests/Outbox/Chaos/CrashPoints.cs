using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Watching;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>The process dies here.</summary>
internal sealed class CrashException(string where) : Exception(where);

/// <summary>Dies now and then at the places where it matters.</summary>
internal sealed class CrashPoints(Random random, ChaosTally tally)
{
    private const int Rarity = 25;

    public bool IsOn { get; set; }

    public void Maybe(string where)
    {
        if (!IsOn || random.Next(Rarity) != 0)
            return;
        tally.Crashes[where] = tally.Crashes.GetValueOrDefault(where) + 1;
        throw new CrashException(where);
    }
}

/// <summary>Dies before or after a write.</summary>
internal sealed class CrashingStore(IOutboxStore outbox, ICursorStore cursors, CrashPoints points) : IOutboxStore, ICursorStore
{
    public async Task<OutboxAddStatus> AddTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        points.Maybe("before plan");
        var status = await outbox.AddTransactionAsync(row, cancellationToken);
        points.Maybe("after plan");
        return status;
    }

    public async Task<OutboxUpdateStatus> UpdateTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        points.Maybe($"before save {row.State}");
        var status = await outbox.UpdateTransactionAsync(row, cancellationToken);
        points.Maybe($"after save {row.State}");
        return status;
    }

    public Task<OutboxRow?> FindTransactionAsync(string key, CancellationToken cancellationToken) => outbox.FindTransactionAsync(key, cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> OpenTransactionsAsync(NodeId sender, int limit, CancellationToken cancellationToken) =>
        outbox.OpenTransactionsAsync(sender, limit, cancellationToken);

    public Task<long?> LastNonceAsync(NodeId sender, CancellationToken cancellationToken) => outbox.LastNonceAsync(sender, cancellationToken);

    public Task<ChainPoint?> FindCursorAsync(string name, CancellationToken cancellationToken) => cursors.FindCursorAsync(name, cancellationToken);

    public async Task<bool> MoveCursorAsync(string name, ChainPoint? from, ChainPoint to, CancellationToken cancellationToken)
    {
        points.Maybe("before cursor");
        var moved = await cursors.MoveCursorAsync(name, from, to, cancellationToken);
        points.Maybe("after cursor");
        return moved;
    }

    public Task<ChainIdentity> PinChainAsync(ChainIdentity identity, CancellationToken cancellationToken) => cursors.PinChainAsync(identity, cancellationToken);
}

/// <summary>Dies before and after sending, and after reading a receipt.</summary>
internal sealed class CrashingChain(IChainClient inner, CrashPoints points) : ForwardingChain(inner)
{
    public override async Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken)
    {
        points.Maybe("before send");
        var hash = await base.SendAsync(raw, cancellationToken);
        points.Maybe("after send");
        return hash;
    }

    public override async Task<ChainReceipt?> ReceiptAsync(Hash32 transaction, CancellationToken cancellationToken)
    {
        var receipt = await base.ReceiptAsync(transaction, cancellationToken);
        points.Maybe("after receipt");
        return receipt;
    }
}

/// <summary>
/// A ledger that books every event that it is handed, once by the event's place on the chain. Its books outlive the process; the
/// process dies before or after it has booked.
/// </summary>
internal sealed class ChaosLedger(CrashPoints points) : IChainEventHandler
{
    public Dictionary<(Hash32 Block, int Index), Hash32> Booked { get; } = [];

    public Task HandleAsync(IReadOnlyList<ChainLog> logs, CancellationToken cancellationToken)
    {
        points.Maybe("before handler");
        foreach (var log in logs)
            Booked.TryAdd((log.BlockHash, log.Index), log.Topics[1]);
        points.Maybe("after handler");
        return Task.CompletedTask;
    }
}
