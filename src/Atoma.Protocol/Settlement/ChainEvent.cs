using Atoma.Protocol.Common;

namespace Atoma.Protocol.Settlement;

/// <summary>Something that the chain's contracts did, final, in chain order (P10.3).</summary>
/// <param name="Id">Of this one event: from its block, transaction and position. The same event always has the same id.</param>
public abstract record ChainEvent(Hash32 Id)
{
    /// <summary>Money came in for a requester.</summary>
    public sealed record Deposited(Hash32 Id, NodeId User, Micros Amount) : ChainEvent(Id);

    /// <summary>A requester has taken its deposit out.</summary>
    public sealed record Exited(Hash32 Id, NodeId User, Micros Amount) : ChainEvent(Id);

    /// <summary>A requester asked for its deposit, or asks no more.</summary>
    public sealed record ExitChanged(Hash32 Id, NodeId User) : ChainEvent(Id);

    /// <summary>A node's owner asked for collateral.</summary>
    public sealed record UnbondRequested(Hash32 Id, NodeId Node) : ChainEvent(Id);

    /// <summary>Collateral came in for a node, with its registration or later.</summary>
    public sealed record Bonded(Hash32 Id, NodeId Node, Micros Amount) : ChainEvent(Id);

    /// <summary>A node's owner has taken collateral out.</summary>
    public sealed record CollateralWithdrawn(Hash32 Id, NodeId Node, Micros Amount) : ChainEvent(Id);

    /// <summary>Collateral was divided, by a slash of the network's or by two commitments that somebody showed the contract.</summary>
    /// <param name="Id">Of the event.</param>
    /// <param name="Slash">The slash.</param>
    /// <param name="Node">Whose collateral.</param>
    /// <param name="Amount">All of it.</param>
    /// <param name="Victim">The requester, zero for none.</param>
    /// <param name="ToVictim">Its share.</param>
    /// <param name="Burned">Destroyed; the rest is in the pool that payouts are made of.</param>
    public sealed record Slashed(Hash32 Id, Hash32 Slash, NodeId Node, Micros Amount, NodeId Victim, Micros ToVictim, Micros Burned) : ChainEvent(Id);

    /// <summary>Earnings were claimed against a root.</summary>
    public sealed record Claimed(Hash32 Id, NodeId Payee, Micros Amount) : ChainEvent(Id);

    /// <summary>A contract asks for inference (P4, P10.1).</summary>
    public sealed record InferenceRequested(Hash32 Id, ContractRequest Request) : ChainEvent(Id);

    /// <summary>The contract has its answer, and the network its fee.</summary>
    public sealed record InferenceAnswered(Hash32 Id, Hash32 Request, Micros Fee) : ChainEvent(Id);

    /// <summary>The contract has its fee back.</summary>
    public sealed record InferenceRefunded(Hash32 Id, Hash32 Request) : ChainEvent(Id);
}

/// <summary>What a contract asked for.</summary>
/// <param name="Id">Chosen by the gateway contract: the nonce of the network's request (P3.2).</param>
/// <param name="Caller">The contract, which pays.</param>
/// <param name="Model">Model id.</param>
/// <param name="Prompt">UTF-8, one message of the user.</param>
/// <param name="MaxTokens">Above zero.</param>
/// <param name="Replicas">n of <c>replicated:n</c>; 1 for a single signed answer, which the caller has opted in to (P4).</param>
/// <param name="MaxFee">Escrowed by the gateway.</param>
/// <param name="Deadline">After it the gateway gives the fee back.</param>
public sealed record ContractRequest(
    Hash32 Id, NodeId Caller, string Model, byte[] Prompt, int MaxTokens, int Replicas, Micros MaxFee, DateTimeOffset Deadline);
