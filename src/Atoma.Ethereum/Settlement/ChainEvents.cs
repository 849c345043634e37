using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Settlement;

/// <summary>Logs of the contracts as the protocol's events; those that move no money are passed over.</summary>
internal sealed class ChainEvents(SettlementContract settlement, NodeId gateway)
{
    /// <summary>Null for a log that the books have no use for.</summary>
    public async Task<ChainEvent?> OfAsync(ChainLog log, CancellationToken cancellationToken)
    {
        if (log.Address == gateway)
            return OfGateway(log);
        var id = IdOf(log);
        return SettlementEvents.TryRead(log) switch
        {
            SettlementEvent.DepositMade e => new ChainEvent.Deposited(id, e.User, e.Amount),
            SettlementEvent.ExitRequested e => new ChainEvent.ExitChanged(id, e.User),
            SettlementEvent.ExitCancelled e => new ChainEvent.ExitChanged(id, e.User),
            SettlementEvent.Exited e => new ChainEvent.Exited(id, e.User, e.Amount),
            SettlementEvent.NodeRegistered e => new ChainEvent.Bonded(id, e.Node, e.Bonded),
            SettlementEvent.CollateralBonded e => new ChainEvent.Bonded(id, e.Node, e.Amount),
            SettlementEvent.UnbondRequested e => new ChainEvent.UnbondRequested(id, e.Node),
            SettlementEvent.CollateralWithdrawn e => new ChainEvent.CollateralWithdrawn(id, e.Node, e.Amount),
            SettlementEvent.Claimed e => new ChainEvent.Claimed(id, e.Payee, e.Amount),
            // Asked of the newest block: an executed slash never changes, and a node keeps the state of old blocks for minutes only.
            SettlementEvent.SlashExecuted e => new ChainEvent.Slashed(
                id, e.Id, e.Node, e.Amount, (await settlement.SlashAsync(e.Id, atBlock: null, cancellationToken)).Victim, e.ToVictim, e.Burned),
            _ => null,
        };
    }

    private static ChainEvent? OfGateway(ChainLog log) => GatewayEvents.TryRead(log) switch
    {
        GatewayEvent.InferenceRequested e => new ChainEvent.InferenceRequested(
            IdOf(log), new ContractRequest(e.Id, e.Caller, e.Model, e.Prompt, e.MaxTokens, e.Replicas, e.MaxFee, e.Deadline)),
        GatewayEvent.InferenceAnswered e => new ChainEvent.InferenceAnswered(IdOf(log), e.Id, e.Fee),
        GatewayEvent.InferenceRefunded e => new ChainEvent.InferenceRefunded(IdOf(log), e.Id),
        GatewayEvent.InferenceDeclined e => new ChainEvent.InferenceRefunded(IdOf(log), e.Id),
        _ => null,
    };

    private static Hash32 IdOf(ChainLog log) =>
        new CanonicalWriter().Text("atoma/chain-event/1").Hash(log.BlockHash).Hash(log.Transaction).Int32(log.Index).Sha256();
}
