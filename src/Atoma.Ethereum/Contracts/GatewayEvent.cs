using System.Text;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>What the gateway contract tells (contracts/src/InferenceGateway.sol).</summary>
/// <param name="Log">Where it stands in the chain.</param>
public abstract record GatewayEvent(ChainLog Log)
{
    /// <param name="Id">The gateway's id of the request.</param>
    /// <param name="Caller">Who asks and pays: a contract, mostly.</param>
    /// <param name="Model">Bytes that are not UTF-8 are U+FFFD, so that such a name is no model's.</param>
    /// <param name="Prompt">Any bytes.</param>
    /// <param name="MaxTokens">1 to 4,096.</param>
    /// <param name="Replicas">1 or 3 to 15.</param>
    /// <param name="MaxFee">Escrowed.</param>
    /// <param name="CallbackGas">For the caller's callback.</param>
    /// <param name="Deadline">Last time for an answer.</param>
    public sealed record InferenceRequested(
        ChainLog Log, Hash32 Id, NodeId Caller, string Model, byte[] Prompt, int MaxTokens, int Replicas, Micros MaxFee, int CallbackGas, DateTimeOffset Deadline)
        : GatewayEvent(Log);

    /// <param name="ResultHash">Keccak-256 of the result.</param>
    public sealed record InferenceAnswered(ChainLog Log, Hash32 Id, Hash32 ResultHash, Micros Fee) : GatewayEvent(Log);

    public sealed record InferenceRefunded(ChainLog Log, Hash32 Id) : GatewayEvent(Log);

    public sealed record InferenceDeclined(ChainLog Log, Hash32 Id, string Reason) : GatewayEvent(Log);

    public sealed record CallbackFailed(ChainLog Log, Hash32 Id) : GatewayEvent(Log);

    public sealed record BelowReplicatedSet(ChainLog Log, NodeId Caller, bool Accepted) : GatewayEvent(Log);

    public sealed record Withdrawn(ChainLog Log, NodeId Caller, NodeId To, Micros Amount) : GatewayEvent(Log);

    /// <summary>ERC-5267: never happens after construction.</summary>
    public sealed record DomainChanged(ChainLog Log) : GatewayEvent(Log);
}

/// <summary>Logs of the gateway contract as records.</summary>
public static class GatewayEvents
{
    internal static ContractEvents<GatewayEvent> Table { get; } = new ContractEvents<GatewayEvent>()
        .With(
            "InferenceRequested(bytes32 indexed id, address indexed caller, string model, bytes prompt, uint32 maxTokens, uint8 replicas, uint128 maxFee, uint32 callbackGas, uint64 deadline)",
            (l, r) => new GatewayEvent.InferenceRequested(
                l, r.Hash(), r.Address(), Encoding.UTF8.GetString(r.Bytes()), r.Bytes(), r.Int32(), r.Int32(), r.Money(), r.Int32(), r.Time()))
        .With("InferenceAnswered(bytes32 indexed id, bytes32 resultHash, uint128 fee)", (l, r) => new GatewayEvent.InferenceAnswered(l, r.Hash(), r.Hash(), r.Money()))
        .With("InferenceRefunded(bytes32 indexed id)", (l, r) => new GatewayEvent.InferenceRefunded(l, r.Hash()))
        .With("InferenceDeclined(bytes32 indexed id, string reason)", (l, r) => new GatewayEvent.InferenceDeclined(l, r.Hash(), Encoding.UTF8.GetString(r.Bytes())))
        .With("CallbackFailed(bytes32 indexed id)", (l, r) => new GatewayEvent.CallbackFailed(l, r.Hash()))
        .With("BelowReplicatedSet(address indexed caller, bool accepted)", (l, r) => new GatewayEvent.BelowReplicatedSet(l, r.Address(), r.Bool()))
        .With("Withdrawn(address indexed caller, address indexed to, uint128 amount)", (l, r) => new GatewayEvent.Withdrawn(l, r.Address(), r.Address(), r.Money()))
        .With("EIP712DomainChanged()", (l, _) => new GatewayEvent.DomainChanged(l));

    /// <summary>Null for a log that is no event of the contract. The caller has checked whose log it is.</summary>
    /// <exception cref="EthereumFormatException">It claims to be one and is not.</exception>
    public static GatewayEvent? TryRead(ChainLog log) => Table.TryRead(log);
}
