using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Outbox;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Settlement;

/// <summary>Which contracts settle, and how careful to be.</summary>
/// <param name="Settlement">Address of the settlement contract.</param>
/// <param name="Gateway">Address of the gateway that belongs to it.</param>
/// <param name="StartBlock">Block of the settlement contract's creation: nothing happened before.</param>
/// <param name="Finality">When a block is there for good.</param>
public sealed record EvmSettlementOptions(NodeId Settlement, NodeId Gateway, long StartBlock, FinalityRule Finality)
{
    /// <summary>Fees and patience; finality is <see cref="Finality"/>.</summary>
    public OutboxOptions Outbox { get; init; } = new();
}
