using Orleans.Concurrency;

namespace Atoma.Grains.Abstractions;

/// <summary>Keeps books and chain together (P10): the one place that advances the one and sends to the other.</summary>
[Alias("atoma.ISettlementGrain")]
public interface ISettlementGrain : IGrainWithStringKey
{
    /// <summary>One step: what became final on the chain is booked, what is due is sent. Does nothing without a chain.</summary>
    [Alias("Advance")]
    Task Advance();

    /// <summary>Closes the epoch for the chain at the next step instead of when it ends.</summary>
    [Alias("CloseEpoch")]
    Task CloseEpoch();

    /// <summary>A requester's new voucher is in the store: looks at its deposit at the next step.</summary>
    [Alias("VoucherArrived")]
    [AlwaysInterleave]
    Task VoucherArrived(string user);

    /// <summary>What a payee has in the newest root that can be claimed from, or else in the newest; null when it is in none.</summary>
    [Alias("Claim")]
    [AlwaysInterleave]
    Task<ClaimProof?> Claim(string payee);

    /// <summary>Slashes and contracts' requests that are not over on the chain.</summary>
    [Alias("InFlight")]
    [AlwaysInterleave]
    Task<InFlightInfo> InFlight();

    /// <summary>Why the last step did not end well, empty when it did.</summary>
    [Alias("Problem")]
    [AlwaysInterleave]
    Task<string> Problem();
}

/// <param name="Count">Slashes and contracts' requests that are not over on the chain.</param>
/// <param name="EscrowedMicros">What the gateway holds for those requests.</param>
[GenerateSerializer, Alias("atoma.InFlightInfo"), Immutable]
public sealed record InFlightInfo([property: Id(0)] int Count, [property: Id(1)] long EscrowedMicros);

/// <summary>What a payee sends to the contract to be paid (P10.1).</summary>
/// <param name="Epoch">Of the root.</param>
/// <param name="Payee">Node, or the network's treasury.</param>
/// <param name="CumulativeMicros">Everything that it could ever claim up to this root.</param>
/// <param name="Proof">Merkle siblings, 32 bytes each, from the leaf up.</param>
/// <param name="Root">The root, hex.</param>
/// <param name="ClaimableAt">From when on the contract pays against it.</param>
[GenerateSerializer, Alias("atoma.ClaimProof"), Immutable]
public sealed record ClaimProof(
    [property: Id(0)] long Epoch, [property: Id(1)] string Payee, [property: Id(2)] long CumulativeMicros, [property: Id(3)] IReadOnlyList<byte[]> Proof,
    [property: Id(4)] string Root, [property: Id(5)] DateTimeOffset ClaimableAt);
