using Atoma.Ethereum.Abi;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Contracts;

/// <summary>Call data for everything that changes the gateway contract (contracts/src/InferenceGateway.sol).</summary>
public static class GatewayCalls
{
    private static readonly AbiFunction RequestFunction =
        new("request(string model, bytes prompt, uint32 maxTokens, uint8 replicas, uint128 maxFee, uint32 callbackGas) returns (bytes32 id)");

    private static readonly AbiFunction FulfilFunction = new("fulfil(bytes32 id, bytes result, uint128 fee, address[] nodes, bytes signatures)");
    private static readonly AbiFunction DeclineFunction = new("decline(bytes32 id, string reason)");
    private static readonly AbiFunction RefundFunction = new("refund(bytes32 id)");
    private static readonly AbiFunction OptInFunction = new("optInBelowReplicated(bool accepted)");
    private static readonly AbiFunction WithdrawFunction = new("withdraw(address to)");

    public static byte[] Request(string model, byte[] prompt, int maxTokens, int replicas, Micros maxFee, int callbackGas) =>
        RequestFunction.Encode(model, prompt, maxTokens, replicas, maxFee.Value, callbackGas);

    public static byte[] Fulfil(SettlementCall.Answer answer) =>
        FulfilFunction.Encode(answer.Request, answer.Result, answer.Fee.Value, answer.Nodes.Cast<object>().ToArray(), answer.Signatures);

    public static byte[] Decline(Hash32 id, string reason) => DeclineFunction.Encode(id, reason);

    public static byte[] Refund(Hash32 id) => RefundFunction.Encode(id);

    /// <summary>The sender accepts the answer of a single node, or does so no more (P4).</summary>
    public static byte[] OptInBelowReplicated(bool accepted) => OptInFunction.Encode(accepted);

    public static byte[] Withdraw(NodeId to) => WithdrawFunction.Encode(to);
}
