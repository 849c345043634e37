using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Outbox;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>Rules that are wrong in one way.</summary>
internal static class ChaosMutants
{
    public static OutboxAction Decide(ChaosMutant mutant, OutboxRow row, OutboxView view, DateTimeOffset now, OutboxOptions options)
    {
        var right = OutboxRules.Decide(row, view, now, options);
        return mutant == ChaosMutant.FreshNonce && right is OutboxAction.Bump ? new OutboxAction.NonceLost() : right;
    }

    public static int Confirmations(ChaosMutant mutant) => mutant == ChaosMutant.FinalTooEarly ? 1 : ChaosOptions.Confirmations;
}

/// <summary>Keeps what is signed in memory until it is sent, as a program does that sends first and saves after.</summary>
internal sealed class LateStore(IOutboxStore inner) : IOutboxStore
{
    private OutboxRow? _unsaved;

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_unsaved is { } row)
        {
            _unsaved = null;
            await inner.UpdateTransactionAsync(row, cancellationToken);
        }
    }

    public async Task<OutboxUpdateStatus> UpdateTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        var before = await inner.FindTransactionAsync(row.Key, cancellationToken);
        if (row.Attempts.Count <= before!.Attempts.Count)
            return await inner.UpdateTransactionAsync(row, cancellationToken);
        _unsaved = row;
        return OutboxUpdateStatus.Done;
    }

    public Task<OutboxAddStatus> AddTransactionAsync(OutboxRow row, CancellationToken cancellationToken) => inner.AddTransactionAsync(row, cancellationToken);

    public Task<OutboxRow?> FindTransactionAsync(string key, CancellationToken cancellationToken) => inner.FindTransactionAsync(key, cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> OpenTransactionsAsync(NodeId sender, int limit, CancellationToken cancellationToken) =>
        inner.OpenTransactionsAsync(sender, limit, cancellationToken);

    public Task<long?> LastNonceAsync(NodeId sender, CancellationToken cancellationToken) => inner.LastNonceAsync(sender, cancellationToken);
}

/// <summary>Saves after it has sent.</summary>
internal sealed class LateChain(IChainClient inner, LateStore store) : ForwardingChain(inner)
{
    public override async Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken)
    {
        var hash = await base.SendAsync(raw, cancellationToken);
        await store.FlushAsync(cancellationToken);
        return hash;
    }
}
