using Orleans.Concurrency;

namespace Atoma.Grains.Abstractions;

/// <summary>A node: its registration, state (P2.1), lease and the link it is reached by.</summary>
[Alias("atoma.INodeGrain")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>A verified connection: registers a new node, refuses one that may not work. A newer connection replaces an older.</summary>
    [Alias("Connect")]
    Task<ConnectReply> Connect(ConnectCall call, INodeLink link);

    /// <summary>Renews the lease of this session. False when the session is no longer the node's.</summary>
    [Alias("Renew")]
    Task<bool> Renew(string session, int busy);

    /// <summary>The session's link is gone.</summary>
    [Alias("Disconnect")]
    Task Disconnect(string session);

    /// <summary>Delivers a coordinator message. False when the node cannot be reached.</summary>
    [Alias("Send")]
    [AlwaysInterleave]
    Task<bool> Send(byte[] message);

    /// <summary>Remembers that this request waits for the node, so that it learns of a lost connection.</summary>
    /// <param name="request">The request's key.</param>
    /// <param name="valueMicros">What its answer is worth at most where nobody else computes or checks it; else 0.</param>
    [Alias("Engage")]
    [AlwaysInterleave]
    Task<EngageStatus> Engage(string request, long valueMicros);

    /// <summary>The request no longer waits for the node.</summary>
    [Alias("Release")]
    [AlwaysInterleave]
    Task Release(string request);

    /// <summary>Takes the node out of all draws at once (P8).</summary>
    [Alias("Jail")]
    Task Jail(string reason);

    /// <summary>What it was jailed for was not confirmed, or its time is over: it is drawn again unless another case stands against it.</summary>
    [Alias("Free")]
    Task Free();

    /// <summary>What finished requests say of it (<see cref="Atoma.Protocol.Registry.ObservationKind"/>).</summary>
    [Alias("Observe")]
    Task Observe(int kind, string request);

    /// <summary>The node's answer to a weight challenge, canonical bytes.</summary>
    [Alias("Weights")]
    Task Weights(byte[] answer);

    /// <summary>The operator leaves (P2.3): its subscriptions end at once, and after the unbonding it is paid all it has.</summary>
    /// <param name="signature">65 bytes over <see cref="Atoma.Protocol.Nodes.SigningDomain.Unbond"/> by the node's key.</param>
    [Alias("Unbond")]
    Task<UnbondReply> Unbond(byte[] signature);

    /// <summary>Ends the unbonding if its time is over and nothing can touch the node any more (P2.3).</summary>
    /// <returns>Whether the node is gone.</returns>
    [Alias("TryExit")]
    Task<bool> TryExit();

    [Alias("Describe")]
    Task<NodeInfo?> Describe();

    /// <summary>Collateral on its way out on the chain: it can still be slashed, and counts for nothing else (P2.2).</summary>
    [Alias("SetUnbonding")]
    Task SetUnbonding(long micros);
}

/// <param name="Status">Ok, AlreadyDone, Unknown, WrongSignature or Conflict (a state that cannot be left).</param>
/// <param name="Message">For the operator.</param>
/// <param name="EndsAt">When it is paid at the earliest.</param>
[GenerateSerializer, Alias("atoma.UnbondReply"), Immutable]
public sealed record UnbondReply([property: Id(0)] PayoutStatus Status, [property: Id(1)] string Message, [property: Id(2)] DateTimeOffset? EndsAt);

/// <summary>Whether a node can be given work. Append only.</summary>
public enum EngageStatus
{
    Ok = 0,

    /// <summary>Not connected.</summary>
    Away = 1,

    /// <summary>It is at work on as much unchecked value as its collateral covers (P6.3).</summary>
    Full = 2,
}

/// <summary>The way to one connected node, in whichever process its connection ends.</summary>
[Alias("atoma.INodeLink")]
public interface INodeLink : IGrainObserver
{
    [Alias("Deliver")]
    [AlwaysInterleave]
    Task<bool> Deliver(byte[] message);

    /// <summary>Ends the connection, with a <see cref="Atoma.Protocol.Nodes.RefusalCode"/> and a reason.</summary>
    [Alias("Close")]
    [AlwaysInterleave]
    Task Close(int code, string reason);
}

/// <param name="Session">Session id in hex.</param>
/// <param name="Hello">The node's hello message, canonical bytes, its frame's signature checked.</param>
[GenerateSerializer, Alias("atoma.ConnectCall"), Immutable]
public sealed record ConnectCall([property: Id(0)] string Session, [property: Id(1)] byte[] Hello);

/// <param name="Code">A <see cref="Atoma.Protocol.Nodes.RefusalCode"/>; 0 when let in.</param>
/// <param name="Reason">For the operator.</param>
/// <param name="State">The node's state.</param>
/// <param name="LeaseMs">Milliseconds within which the next heartbeat is due.</param>
/// <param name="CollateralMicros">Bonded collateral.</param>
[GenerateSerializer, Alias("atoma.ConnectReply"), Immutable]
public sealed record ConnectReply(
    [property: Id(0)] int Code, [property: Id(1)] string Reason, [property: Id(2)] string State, [property: Id(3)] int LeaseMs,
    [property: Id(4)] long CollateralMicros);

/// <summary>A node as shown.</summary>
[GenerateSerializer, Alias("atoma.NodeInfo"), Immutable]
public sealed record NodeInfo
{
    [Id(0)] public required string Address { get; init; }

    /// <summary>registered, active, jailed, unbonding or exited.</summary>
    [Id(1)] public required string State { get; init; }

    [Id(2)] public required bool Online { get; init; }

    /// <summary>silo or gateway.</summary>
    [Id(3)] public required string EndpointKind { get; init; }

    [Id(4)] public required string Country { get; init; }

    /// <summary>The first of <see cref="Models"/>; empty when it offers none.</summary>
    [Id(5)] public required string Model { get; init; }

    /// <summary>Of the first model, as prices are; each model's own are in its market.</summary>
    [Id(6)] public required string Echelon { get; init; }

    [Id(7)] public required long InputPriceMicros { get; init; }

    [Id(8)] public required long OutputPriceMicros { get; init; }

    /// <summary>Sequences it runs at once, those of all its models together.</summary>
    [Id(9)] public required int Slots { get; init; }

    [Id(10)] public required int Busy { get; init; }

    [Id(11)] public required long CollateralMicros { get; init; }

    [Id(12)] public required long FrozenMicros { get; init; }

    [Id(13)] public required long EarningsMicros { get; init; }

    [Id(14)] public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Empty unless jailed.</summary>
    [Id(15)] public required string JailReason { get; init; }

    /// <summary>Ids of all models that it offers.</summary>
    [Id(16)] public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Not drawn where answers are checked, until its failures are worked off (P8.1).</summary>
    [Id(17)] public bool Quarantined { get; init; }

    /// <summary>Its sequential test as a part of what slashes it, 0 to 1.</summary>
    [Id(18)] public double Suspicion { get; init; }

    /// <summary>When a jail for silence ends; null for none.</summary>
    [Id(19)] public DateTimeOffset? JailedUntil { get; init; }

    /// <summary>Unchecked value it is at work on, and the most it may be.</summary>
    [Id(20)] public long OutstandingMicros { get; init; }

    [Id(21)] public long OutstandingCapMicros { get; init; }

    /// <summary>Of a node that leaves: when it is paid at the earliest.</summary>
    [Id(22)] public DateTimeOffset? UnbondsAt { get; init; }

    /// <summary>Asked for and not paid outside yet.</summary>
    [Id(23)] public long PayableMicros { get; init; }
}
