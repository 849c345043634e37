using Atoma.Protocol.Common;

namespace Atoma.Protocol.Nodes;

/// <summary>What nodes sign, as EIP-712 structs, so that a wallet can show it and a contract can check it (P2.1, P5.4, P10).</summary>
public static class SigningDomain
{
    private static readonly Hash32 RegistrationType = Eip712.TypeHash("Registration(address node,string endpointKind,string country,uint64 timestamp)");
    private static readonly Hash32 MessageType = Eip712.TypeHash("NodeMessage(bytes32 session,uint64 sequence,bytes32 body)");
    private static readonly Hash32 CommitmentType = Eip712.TypeHash("Commitment(bytes32 request,address node,bytes32 value)");
    private static readonly Hash32 VoteCommitmentType = Eip712.TypeHash("VoteCommitment(bytes32 request,bytes32 subject,address checker,bytes32 value)");
    private static readonly Hash32 VoteType = Eip712.TypeHash("Vote(bytes32 request,bytes32 subject,address checker,uint64 verdict,uint64 position,bytes32 nonce)");
    private static readonly Hash32 ReceiptType = Eip712.TypeHash("Receipt(bytes32 request,bytes32 digest)");
    private static readonly Hash32 AppealType = Eip712.TypeHash("Appeal(bytes32 slash)");
    private static readonly Hash32 EvidenceType = Eip712.TypeHash("Evidence(bytes32 slash)");
    private static readonly Hash32 UnbondType = Eip712.TypeHash("Unbond(address node)");
    private static readonly Hash32 BondType = Eip712.TypeHash("Bond(address node,uint64 micros,bytes32 nonce)");
    private static readonly Hash32 PayoutType = Eip712.TypeHash("Payout(address node,uint64 micros,address to,bytes32 nonce)");
    private static readonly Hash32 ApiKeyType = Eip712.TypeHash("ApiKey(address account,bytes32 keyHash,uint64 timestamp)");
    private static readonly Hash32 WeightsType = Eip712.TypeHash("Weights(bytes32 seed,bytes32 model,address node,bytes32 digest)");

    /// <summary>Chain id in the domain while no chain is configured.</summary>
    public const ulong NoChain = 0;

    private static readonly Hash32 Domain = Eip712.DomainSeparator(NoChain);

    public static Hash32 Registration(NodeId node, string endpointKind, string country, ulong timestamp) =>
        Eip712.Digest(Domain, new Eip712Struct(RegistrationType).Address(node).String(endpointKind).String(country).UInt64(timestamp).Hash());

    public static Hash32 Message(Hash32 session, ulong sequence, ReadOnlySpan<byte> body) =>
        Eip712.Digest(Domain, new Eip712Struct(MessageType).Bytes32(session).UInt64(sequence).Bytes32(Hash32.Sha256(body)).Hash());

    public static Hash32 Commitment(Hash32 request, NodeId node, Hash32 value) =>
        Eip712.Digest(Domain, new Eip712Struct(CommitmentType).Bytes32(request).Address(node).Bytes32(value).Hash());

    public static Hash32 VoteCommitment(Hash32 request, Hash32 subject, NodeId checker, Hash32 value) =>
        Eip712.Digest(Domain, new Eip712Struct(VoteCommitmentType).Bytes32(request).Bytes32(subject).Address(checker).Bytes32(value).Hash());

    public static Hash32 Vote(Hash32 request, Hash32 subject, NodeId checker, ulong verdict, ulong position, Hash32 nonce) =>
        Eip712.Digest(Domain, new Eip712Struct(VoteType)
            .Bytes32(request).Bytes32(subject).Address(checker).UInt64(verdict).UInt64(position).Bytes32(nonce).Hash());

    public static Hash32 Weights(Hash32 seed, Hash32 model, NodeId node, Hash32 digest) =>
        Eip712.Digest(Domain, new Eip712Struct(WeightsType).Bytes32(seed).Bytes32(model).Address(node).Bytes32(digest).Hash());

    /// <summary>A requester of the chain adds an API key to its account; the key itself is known by its SHA-256 only.</summary>
    /// <param name="account">Its address.</param>
    /// <param name="keyHash">SHA-256 of the key's text.</param>
    /// <param name="timestamp">Seconds since 1970.</param>
    public static Hash32 ApiKey(NodeId account, Hash32 keyHash, ulong timestamp) =>
        Eip712.Digest(Domain, new Eip712Struct(ApiKeyType).Address(account).Bytes32(keyHash).UInt64(timestamp).Hash());

    public static Hash32 Receipt(Hash32 request, Hash32 digest) =>
        Eip712.Digest(Domain, new Eip712Struct(ReceiptType).Bytes32(request).Bytes32(digest).Hash());

    /// <summary>An operator appeals (P8.5).</summary>
    public static Hash32 Appeal(Hash32 slash) => Eip712.Digest(Domain, new Eip712Struct(AppealType).Bytes32(slash).Hash());

    /// <summary>An operator leaves the network (P2.3). It can be said once in a node's life, so it needs no nonce.</summary>
    public static Hash32 Unbond(NodeId node) => Eip712.Digest(Domain, new Eip712Struct(UnbondType).Address(node).Hash());

    /// <summary>An operator bonds what its node has earned (P2.2). The nonce makes a repetition the same bond.</summary>
    public static Hash32 Bond(NodeId node, Micros amount, Hash32 nonce) =>
        Eip712.Digest(Domain, new Eip712Struct(BondType).Address(node).UInt64((ulong)amount.Value).Bytes32(nonce).Hash());

    /// <summary>An operator asks for what its node has earned. The nonce makes a repetition the same payout.</summary>
    public static Hash32 Payout(NodeId node, Micros amount, NodeId to, Hash32 nonce) =>
        Eip712.Digest(Domain, new Eip712Struct(PayoutType).Address(node).UInt64((ulong)amount.Value).Address(to).Bytes32(nonce).Hash());

    /// <summary>An operator asks for the evidence against its node (P8.5).</summary>
    public static Hash32 Evidence(Hash32 slash) => Eip712.Digest(Domain, new Eip712Struct(EvidenceType).Bytes32(slash).Hash());
}
