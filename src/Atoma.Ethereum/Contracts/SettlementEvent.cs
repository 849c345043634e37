using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>What the settlement contract tells (contracts/src/settlement). Amounts are of the event unless they are named otherwise.</summary>
/// <param name="Log">Where it stands in the chain.</param>
public abstract record SettlementEvent(ChainLog Log)
{
    /// <param name="Deposited">All deposits for this user ever.</param>
    public sealed record DepositMade(ChainLog Log, NodeId User, Micros Amount, Micros Deposited) : SettlementEvent(Log);

    public sealed record ExitRequested(ChainLog Log, NodeId User, Micros Amount, DateTimeOffset AvailableAt) : SettlementEvent(Log);

    public sealed record ExitCancelled(ChainLog Log, NodeId User, Micros Amount) : SettlementEvent(Log);

    public sealed record Exited(ChainLog Log, NodeId User, Micros Amount) : SettlementEvent(Log);

    /// <param name="Redeemed">Spending collected from this user ever.</param>
    /// <param name="Taken">Of it, now.</param>
    public sealed record VoucherRedeemed(ChainLog Log, NodeId User, Micros Redeemed, Micros Taken) : SettlementEvent(Log);

    public sealed record Credited(ChainLog Log, NodeId User, Micros Amount) : SettlementEvent(Log);

    public sealed record NodeRegistered(ChainLog Log, NodeId Node, NodeId Owner, Micros Bonded) : SettlementEvent(Log);

    public sealed record ReceiptKeyRotated(ChainLog Log, NodeId Node, NodeId Key) : SettlementEvent(Log);

    /// <param name="Bonded">The node's collateral after it.</param>
    public sealed record CollateralBonded(ChainLog Log, NodeId Node, Micros Amount, Micros Bonded) : SettlementEvent(Log);

    public sealed record UnbondRequested(ChainLog Log, NodeId Node, Micros Amount, DateTimeOffset AvailableAt) : SettlementEvent(Log);

    public sealed record CollateralWithdrawn(ChainLog Log, NodeId Node, Micros Amount) : SettlementEvent(Log);

    /// <param name="Total">All payouts ever, with this root's.</param>
    /// <param name="Data">Digest of the leaves.</param>
    public sealed record RootPosted(ChainLog Log, long Epoch, Hash32 Root, Micros Total, Hash32 Data) : SettlementEvent(Log);

    public sealed record RootCancelled(ChainLog Log, long Epoch) : SettlementEvent(Log);

    /// <param name="Cumulative">What the payee has claimed ever.</param>
    public sealed record Claimed(ChainLog Log, NodeId Payee, Micros Amount, Micros Cumulative) : SettlementEvent(Log);

    public sealed record Funded(ChainLog Log, NodeId From, Micros Amount) : SettlementEvent(Log);

    /// <param name="Kind">0 malice, 1 silence, 2 equivocation.</param>
    /// <param name="Victim">Zero when none is named yet.</param>
    public sealed record SlashOpened(ChainLog Log, Hash32 Id, NodeId Node, int Kind, Micros Amount, NodeId Victim, DateTimeOffset ExecuteAt) : SettlementEvent(Log);

    public sealed record VictimBound(ChainLog Log, Hash32 Id, NodeId Victim) : SettlementEvent(Log);

    public sealed record SlashAppealed(ChainLog Log, Hash32 Id) : SettlementEvent(Log);

    public sealed record SlashExecuted(ChainLog Log, Hash32 Id, NodeId Node, Micros Amount, Micros ToVictim, Micros Burned) : SettlementEvent(Log);

    public sealed record SlashReturned(ChainLog Log, Hash32 Id, NodeId Node) : SettlementEvent(Log);

    /// <param name="Key">Name of the parameter, ASCII, padded with zeros.</param>
    /// <param name="Value">Seconds, micros, or an address as a number.</param>
    public sealed record ChangeScheduled(ChainLog Log, Hash32 Key, BigInteger Value, DateTimeOffset AvailableAt) : SettlementEvent(Log);

    public sealed record VerdictSignersScheduled(ChainLog Log, IReadOnlyList<NodeId> Signers, int Threshold, DateTimeOffset AvailableAt) : SettlementEvent(Log);

    public sealed record ChangeCancelled(ChainLog Log, Hash32 Key) : SettlementEvent(Log);

    public sealed record ParameterChanged(ChainLog Log, Hash32 Key, BigInteger Value) : SettlementEvent(Log);

    public sealed record VerdictSignersChanged(ChainLog Log, IReadOnlyList<NodeId> Signers, int Threshold) : SettlementEvent(Log);

    public sealed record Paused(ChainLog Log, DateTimeOffset Until) : SettlementEvent(Log);

    public sealed record Unpaused(ChainLog Log) : SettlementEvent(Log);

    /// <summary>ERC-5267: never happens after construction.</summary>
    public sealed record DomainChanged(ChainLog Log) : SettlementEvent(Log);
}
