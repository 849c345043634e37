using Atoma.Ethereum.Chain;

namespace Atoma.Ethereum.Contracts;

/// <summary>Logs of the settlement contract as records.</summary>
public static class SettlementEvents
{
    internal static ContractEvents<SettlementEvent> Table { get; } = new ContractEvents<SettlementEvent>()
        .With("Deposited(address indexed user, uint128 amount, uint128 deposited)", (l, r) => new SettlementEvent.DepositMade(l, r.Address(), r.Money(), r.Money()))
        .With("ExitRequested(address indexed user, uint128 amount, uint64 availableAt)", (l, r) => new SettlementEvent.ExitRequested(l, r.Address(), r.Money(), r.Time()))
        .With("ExitCancelled(address indexed user, uint128 amount)", (l, r) => new SettlementEvent.ExitCancelled(l, r.Address(), r.Money()))
        .With("Exited(address indexed user, uint128 amount)", (l, r) => new SettlementEvent.Exited(l, r.Address(), r.Money()))
        .With("VoucherRedeemed(address indexed user, uint128 redeemed, uint128 taken)", (l, r) => new SettlementEvent.VoucherRedeemed(l, r.Address(), r.Money(), r.Money()))
        .With("Credited(address indexed user, uint128 amount)", (l, r) => new SettlementEvent.Credited(l, r.Address(), r.Money()))
        .With("NodeRegistered(address indexed node, address indexed owner, uint128 bonded)", (l, r) => new SettlementEvent.NodeRegistered(l, r.Address(), r.Address(), r.Money()))
        .With("ReceiptKeyRotated(address indexed node, address indexed key)", (l, r) => new SettlementEvent.ReceiptKeyRotated(l, r.Address(), r.Address()))
        .With("CollateralBonded(address indexed node, uint128 amount, uint128 bonded)", (l, r) => new SettlementEvent.CollateralBonded(l, r.Address(), r.Money(), r.Money()))
        .With("UnbondRequested(address indexed node, uint128 amount, uint64 availableAt)", (l, r) => new SettlementEvent.UnbondRequested(l, r.Address(), r.Money(), r.Time()))
        .With("CollateralWithdrawn(address indexed node, uint128 amount)", (l, r) => new SettlementEvent.CollateralWithdrawn(l, r.Address(), r.Money()))
        .With("RootPosted(uint64 indexed epoch, bytes32 root, uint128 total, bytes32 dataHash)", (l, r) => new SettlementEvent.RootPosted(l, r.Int64(), r.Hash(), r.Money(), r.Hash()))
        .With("RootCancelled(uint64 indexed epoch)", (l, r) => new SettlementEvent.RootCancelled(l, r.Int64()))
        .With("Claimed(address indexed payee, uint128 amount, uint128 cumulative)", (l, r) => new SettlementEvent.Claimed(l, r.Address(), r.Money(), r.Money()))
        .With("Funded(address indexed from, uint128 amount)", (l, r) => new SettlementEvent.Funded(l, r.Address(), r.Money()))
        .With(
            "SlashOpened(bytes32 indexed id, address indexed node, uint8 kind, uint128 amount, address victim, uint64 executeAt)",
            (l, r) => new SettlementEvent.SlashOpened(l, r.Hash(), r.Address(), r.Int32(), r.Money(), r.Address(), r.Time()))
        .With("VictimBound(bytes32 indexed id, address indexed victim)", (l, r) => new SettlementEvent.VictimBound(l, r.Hash(), r.Address()))
        .With("SlashAppealed(bytes32 indexed id)", (l, r) => new SettlementEvent.SlashAppealed(l, r.Hash()))
        .With(
            "SlashExecuted(bytes32 indexed id, address indexed node, uint128 amount, uint128 toVictim, uint128 burned)",
            (l, r) => new SettlementEvent.SlashExecuted(l, r.Hash(), r.Address(), r.Money(), r.Money(), r.Money()))
        .With("SlashReturned(bytes32 indexed id, address indexed node)", (l, r) => new SettlementEvent.SlashReturned(l, r.Hash(), r.Address()))
        .With("ChangeScheduled(bytes32 indexed key, uint256 value, uint64 availableAt)", (l, r) => new SettlementEvent.ChangeScheduled(l, r.Hash(), r.Number(), r.Time()))
        .With(
            "VerdictSignersScheduled(address[] signers, uint8 threshold, uint64 availableAt)",
            (l, r) => new SettlementEvent.VerdictSignersScheduled(l, r.Addresses(), r.Int32(), r.Time()))
        .With("ChangeCancelled(bytes32 indexed key)", (l, r) => new SettlementEvent.ChangeCancelled(l, r.Hash()))
        .With("ParameterChanged(bytes32 indexed key, uint256 value)", (l, r) => new SettlementEvent.ParameterChanged(l, r.Hash(), r.Number()))
        .With("VerdictSignersChanged(address[] signers, uint8 threshold)", (l, r) => new SettlementEvent.VerdictSignersChanged(l, r.Addresses(), r.Int32()))
        .With("Paused(uint64 until)", (l, r) => new SettlementEvent.Paused(l, r.Time()))
        .With("Unpaused()", (l, _) => new SettlementEvent.Unpaused(l))
        .With("EIP712DomainChanged()", (l, _) => new SettlementEvent.DomainChanged(l));

    /// <summary>Null for a log that is no event of the contract. The caller has checked whose log it is.</summary>
    /// <exception cref="EthereumFormatException">It claims to be one and is not.</exception>
    public static SettlementEvent? TryRead(ChainLog log) => Table.TryRead(log);
}
