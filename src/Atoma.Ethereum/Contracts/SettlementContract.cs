using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Contracts;

/// <summary>Part of a node's collateral that is on its way out.</summary>
public sealed record UnbondTranche(Micros Amount, DateTimeOffset AvailableAt);

/// <summary>What the settlement contract says of accounts, nodes, payouts and slashes. A block of null is the newest.</summary>
/// <param name="chain">Where.</param>
/// <param name="address">Of the contract.</param>
public sealed class SettlementContract(IChainClient chain, NodeId address)
{
    private static readonly AbiFunction AccountOf = new("accountOf(address user) returns (uint128 balance, uint128 redeemed, uint128 exiting, uint64 exitAt)");

    private static readonly AbiFunction NodeOf = new(
        "nodeOf(address node) returns (address owner, address receiptKey, uint128 bonded, uint128 unbonding, uint128 frozen, uint128 claimed)");

    private static readonly AbiFunction ReceiptKeyNode = new("receiptKeyNode(address key) returns (address node)");
    private static readonly AbiFunction TranchesOf = new("tranchesOf(address node) returns ((uint128 amount, uint64 availableAt)[])");
    private static readonly AbiFunction LastEpoch = new("lastEpoch() returns (uint64)");
    private static readonly AbiFunction Backing = new("backing() returns (uint128)");
    private static readonly AbiFunction Posted = new("posted() returns (uint128)");
    private static readonly AbiFunction ClaimedTotal = new("claimedTotal() returns (uint128)");
    private static readonly AbiFunction ClaimedOf = new("claimedOf(address payee) returns (uint128)");
    private static readonly AbiFunction RootOf = new("rootOf(uint64 epoch) returns (bytes32 root, uint64 claimableAt)");

    private static readonly AbiFunction SlashOf = new(
        "slashOf(bytes32 id) returns ((address node, uint8 state, uint8 kind, uint48 executeAt, uint128 amount, uint48 rulingAt, address victim, bytes32 request))");

    private static readonly AbiFunction EquivocationId = new("equivocationId(address node, bytes32 request) returns (bytes32)");

    private readonly ContractReader _reader = new(chain, address);

    public NodeId Address => _reader.Address;

    /// <summary>How it is configured.</summary>
    public SettlementParameters Parameters { get; } = new(new ContractReader(chain, address));

    public async Task<RequesterPosition> RequesterAsync(NodeId user, long? atBlock, CancellationToken cancellationToken)
    {
        var row = await _reader.ReadAsync(AccountOf, atBlock, cancellationToken, user);
        return new RequesterPosition(row.Money(), row.Money(), row.Money(), row.TimeOrNull());
    }

    public async Task<NodePosition> NodeAsync(NodeId node, long? atBlock, CancellationToken cancellationToken)
    {
        var row = await _reader.ReadAsync(NodeOf, atBlock, cancellationToken, node);
        return new NodePosition(row.Address(), row.Address(), row.Money(), row.Money(), row.Money(), row.Money());
    }

    /// <summary>Whose key this is or was; zero for nobody's.</summary>
    public async Task<NodeId> NodeOfKeyAsync(NodeId key, long? atBlock, CancellationToken cancellationToken) =>
        (await _reader.ReadAsync(ReceiptKeyNode, atBlock, cancellationToken, key)).Address();

    public async Task<IReadOnlyList<UnbondTranche>> TranchesAsync(NodeId node, long? atBlock, CancellationToken cancellationToken) =>
        [.. (await _reader.ReadAsync(TranchesOf, atBlock, cancellationToken, node)).Rows().Select(r => new UnbondTranche(r.Money(), r.Time()))];

    /// <param name="atBlock">Of one block, or the numbers may not fit each other.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<PayoutPosition> PayoutsAsync(long atBlock, CancellationToken cancellationToken)
    {
        var rows = await Task.WhenAll(new[] { LastEpoch, Backing, Posted, ClaimedTotal }.Select(f => _reader.ReadAsync(f, atBlock, cancellationToken)));
        return new PayoutPosition(rows[0].Int64(), rows[1].Money(), rows[2].Money(), rows[3].Money());
    }

    public async Task<Micros> ClaimedAsync(NodeId payee, long? atBlock, CancellationToken cancellationToken) =>
        (await _reader.ReadAsync(ClaimedOf, atBlock, cancellationToken, payee)).Money();

    /// <summary>Zero and no time for an epoch whose root is not kept.</summary>
    public async Task<(Hash32 Root, DateTimeOffset? ClaimableAt)> RootAsync(long epoch, long? atBlock, CancellationToken cancellationToken)
    {
        var row = await _reader.ReadAsync(RootOf, atBlock, cancellationToken, epoch);
        return (row.Hash(), row.TimeOrNull());
    }

    public async Task<SlashPosition> SlashAsync(Hash32 id, long? atBlock, CancellationToken cancellationToken)
    {
        var row = (await _reader.ReadAsync(SlashOf, atBlock, cancellationToken, id)).Row();
        var (node, state, kind, executeAt, amount) = (row.Address(), row.Int32(), row.Int32(), row.Time(), row.Money());
        return new SlashPosition(node, (ChainSlashState)state, kind, amount, executeAt, row.TimeOrNull(), row.Address(), row.Hash());
    }

    public async Task<Hash32> EquivocationIdAsync(NodeId node, Hash32 request, CancellationToken cancellationToken) =>
        (await _reader.ReadAsync(EquivocationId, null, cancellationToken, node, request)).Hash();
}

/// <summary>A slash as the contract has it.</summary>
/// <param name="Node">Zero when there is no such slash.</param>
/// <param name="State">How far it is.</param>
/// <param name="Kind">0 malice, 1 silence, 2 equivocation.</param>
/// <param name="Amount">Frozen at the node while it is open.</param>
/// <param name="ExecuteAt">End of the appeal window.</param>
/// <param name="RulingAt">End of the ruling window; null when nobody appealed.</param>
/// <param name="Victim">Zero for none.</param>
/// <param name="Request">The request it arose from.</param>
public sealed record SlashPosition(
    NodeId Node, ChainSlashState State, int Kind, Micros Amount, DateTimeOffset ExecuteAt, DateTimeOffset? RulingAt, NodeId Victim, Hash32 Request);
