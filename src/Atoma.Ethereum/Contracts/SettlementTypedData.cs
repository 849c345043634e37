using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Contracts;

/// <summary>EIP-712 digests that the settlement contract checks signatures of. A wallet that signs the same typed data signs the same digest.</summary>
/// <param name="chainId">Of the chain.</param>
/// <param name="settlement">The contract: a signature is good for this one alone.</param>
public sealed class SettlementTypedData(ulong chainId, NodeId settlement)
{
    private const string Name = "Atoma Settlement";
    private const string Version = "1";

    private static readonly Hash32 VoucherType = Eip712.TypeHash("Voucher(address user,uint128 cumulative)");
    private static readonly Hash32 NodeBindingType = Eip712.TypeHash("NodeBinding(address node,address owner)");
    private static readonly Hash32 ReceiptKeyType = Eip712.TypeHash("ReceiptKey(address node,address key)");
    private static readonly Hash32 RulingType = Eip712.TypeHash("Ruling(bytes32 id,bool uphold)");

    private static readonly Hash32 VerdictType = Eip712.TypeHash(
        "Verdict(bytes32 id,address node,bytes32 request,address victim,uint128 amount,uint16 honest,uint16 resolvers,uint8 kind,bytes32 evidence,uint64 deadline)");

    /// <summary>The contract's own <c>domainSeparator()</c>.</summary>
    public Hash32 Domain { get; } = Eip712.DomainSeparator(Name, Version, chainId, settlement);

    /// <summary>A requester authorises spending over its account's life, up to <paramref name="cumulative"/>.</summary>
    public Hash32 Voucher(NodeId user, Micros cumulative) =>
        Digest(new Eip712Struct(VoucherType).Address(user).UInt256(cumulative.Value));

    /// <summary>A node's key says who owns it.</summary>
    public Hash32 NodeBinding(NodeId node, NodeId owner) => Digest(new Eip712Struct(NodeBindingType).Address(node).Address(owner));

    /// <summary>A new key says for which node it signs.</summary>
    public Hash32 ReceiptKey(NodeId node, NodeId key) => Digest(new Eip712Struct(ReceiptKeyType).Address(node).Address(key));

    /// <summary>A verdict signer convicts.</summary>
    public Hash32 Verdict(ChainVerdict verdict) =>
        Digest(new Eip712Struct(VerdictType)
            .Bytes32(verdict.Id).Address(verdict.Node).Bytes32(verdict.Request).Address(verdict.Victim).UInt256(verdict.Amount.Value)
            .UInt256(verdict.Honest).UInt256(verdict.Resolvers).UInt256((int)verdict.Kind).Bytes32(verdict.Evidence).UInt256(verdict.Deadline));

    /// <summary>A verdict signer rules on an appeal, or takes a verdict back.</summary>
    public Hash32 Ruling(Hash32 id, bool uphold) => Digest(new Eip712Struct(RulingType).Bytes32(id).Bool(uphold));

    private Hash32 Digest(Eip712Struct fields) => Eip712.Digest(Domain, fields.Hash());
}

/// <summary>The same for the gateway contract, whose nodes sign answers (<see cref="ContractAnswer.Digest"/>).</summary>
public static class GatewayTypedData
{
    private const string Name = "Atoma Gateway";
    private const string Version = "1";

    /// <summary>The contract's own <c>domainSeparator()</c>.</summary>
    public static Hash32 Domain(ulong chainId, NodeId gateway) => Eip712.DomainSeparator(Name, Version, chainId, gateway);
}
