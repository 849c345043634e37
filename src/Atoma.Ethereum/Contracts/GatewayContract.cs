using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>A request that the gateway holds the fee of.</summary>
/// <param name="Caller">Zero when it is unknown or over.</param>
/// <param name="Deadline">Last time for an answer.</param>
/// <param name="CallbackGas">For the callback.</param>
/// <param name="MaxFee">Escrowed.</param>
/// <param name="Replicas">Signatures that an answer needs.</param>
public sealed record GatewayRequest(NodeId Caller, DateTimeOffset Deadline, int CallbackGas, Micros MaxFee, int Replicas);

/// <summary>What the gateway contract says. A block of null is the newest.</summary>
/// <param name="chain">Where.</param>
/// <param name="address">Of the contract.</param>
public sealed class GatewayContract(IChainClient chain, NodeId address)
{
    private static readonly AbiFunction RequestOf = new(
        "requestOf(bytes32 id) returns ((address caller, uint64 deadline, uint32 callbackGas, uint128 maxFee, uint8 replicas))");

    private static readonly AbiFunction Withdrawable = new("withdrawable(address caller) returns (uint128)");
    private static readonly AbiFunction BelowReplicated = new("belowReplicated(address caller) returns (bool)");
    private static readonly AbiFunction Settlement = new("settlement() returns (address)");
    private static readonly AbiFunction Token = new("token() returns (address)");
    private static readonly AbiFunction AnswerWindow = new("answerWindow() returns (uint32)");
    private static readonly AbiFunction Domain = new("domainSeparator() returns (bytes32)");

    private readonly ContractReader _reader = new(chain, address);

    public NodeId Address => _reader.Address;

    public async Task<GatewayRequest> RequestAsync(Hash32 id, long? atBlock, CancellationToken cancellationToken)
    {
        var row = (await _reader.ReadAsync(RequestOf, atBlock, cancellationToken, id)).Row();
        return new GatewayRequest(row.Address(), row.Time(), row.Int32(), row.Money(), row.Int32());
    }

    public async Task<Micros> WithdrawableAsync(NodeId caller, long? atBlock, CancellationToken cancellationToken) =>
        (await _reader.ReadAsync(Withdrawable, atBlock, cancellationToken, caller)).Money();

    public async Task<bool> BelowReplicatedAsync(NodeId caller, CancellationToken cancellationToken) =>
        (await _reader.ReadAsync(BelowReplicated, null, cancellationToken, caller)).Bool();

    public async Task<NodeId> SettlementAsync(CancellationToken cancellationToken) => (await _reader.ReadAsync(Settlement, null, cancellationToken)).Address();

    public async Task<NodeId> TokenAsync(CancellationToken cancellationToken) => (await _reader.ReadAsync(Token, null, cancellationToken)).Address();

    public async Task<TimeSpan> AnswerWindowAsync(CancellationToken cancellationToken) =>
        TimeSpan.FromSeconds((await _reader.ReadAsync(AnswerWindow, null, cancellationToken)).Int64());

    /// <summary>EIP-712 separator of answers (<see cref="GatewayTypedData.Domain"/>).</summary>
    public async Task<Hash32> DomainAsync(CancellationToken cancellationToken) => (await _reader.ReadAsync(Domain, null, cancellationToken)).Hash();
}
