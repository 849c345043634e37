using Orleans.Concurrency;

namespace Atoma.Grains.Abstractions;

/// <summary>What operators have earned and take out (P2.3). Stateless; the ledger has the truth.</summary>
[Alias("atoma.IPayoutsGrain")]
public interface IPayoutsGrain : IGrainWithStringKey
{
    /// <summary>Asks for earnings.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="micros">Above zero.</param>
    /// <param name="to">Address.</param>
    /// <param name="nonce">32 bytes; the same one is the same payout.</param>
    /// <param name="signature">65 bytes over <see cref="Atoma.Protocol.Nodes.SigningDomain.Payout"/> by the node's key.</param>
    [Alias("Request")]
    Task<PayoutReply> Request(string node, long micros, string to, byte[] nonce, byte[] signature);

    /// <summary>Makes earnings collateral.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="micros">Above zero.</param>
    /// <param name="nonce">32 bytes; the same one is the same bond.</param>
    /// <param name="signature">65 bytes over <see cref="Atoma.Protocol.Nodes.SigningDomain.Bond"/> by the node's key.</param>
    [Alias("Bond")]
    Task<PayoutReply> Bond(string node, long micros, byte[] nonce, byte[] signature);

    /// <summary>An administrator, or the chain, settles it.</summary>
    /// <param name="actor">Who, for the audit log.</param>
    /// <param name="payout">Id, hex.</param>
    /// <param name="paid">Paid, or returned to the node.</param>
    /// <param name="reference">Of the payment outside, or why it is returned.</param>
    [Alias("Decide")]
    Task<PayoutReply> Decide(string actor, string payout, bool paid, string reference);

    /// <summary>Newest first; of all nodes when <paramref name="node"/> is empty, in any state when <paramref name="state"/> is.</summary>
    [Alias("List")]
    Task<IReadOnlyList<PayoutInfo>> List(string node, string state, int limit);

    /// <summary>What its collateral, earnings and payouts did, newest first.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="account">earnings, collateral, frozen or payable.</param>
    /// <param name="before">Sequence to go on before, 0 for the newest.</param>
    /// <param name="limit">1 to 1,000.</param>
    [Alias("Statement")]
    Task<IReadOnlyList<StatementLine>> Statement(string node, string account, long before, int limit);
}

/// <summary>Outcome, in order of precedence. Append only.</summary>
public enum PayoutStatus
{
    Ok = 0,

    /// <summary>It was done before; nothing changed.</summary>
    AlreadyDone = 1,

    /// <summary>No such node, or no such payout.</summary>
    Unknown = 2,

    WrongSignature = 3,

    /// <summary>The nonce was used for something else, or the payout was decided otherwise.</summary>
    Conflict = 4,

    /// <summary>More than the node has earned.</summary>
    InsufficientFunds = 5,

    /// <summary>The node is on its way out, or gone: it needs no collateral.</summary>
    Leaving = 6,
}

/// <param name="Status">Ok, AlreadyDone or why not.</param>
/// <param name="Message">For the operator.</param>
/// <param name="Payout">As it is now; null for a bond and where there is none.</param>
/// <param name="EarningsMicros">What can be asked for now.</param>
/// <param name="CollateralMicros">Bonded now.</param>
[GenerateSerializer, Alias("atoma.PayoutReply"), Immutable]
public sealed record PayoutReply(
    [property: Id(0)] PayoutStatus Status, [property: Id(1)] string Message, [property: Id(2)] PayoutInfo? Payout, [property: Id(3)] long EarningsMicros,
    [property: Id(4)] long CollateralMicros);

/// <param name="Id">Payout id, hex.</param>
/// <param name="Node">Whose.</param>
/// <param name="AmountMicros">How much.</param>
/// <param name="To">Address.</param>
/// <param name="State">requested, paid or returned.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="DecidedAt">When it was paid or returned.</param>
/// <param name="Reference">Of the payment outside, or why it was returned.</param>
[GenerateSerializer, Alias("atoma.PayoutInfo"), Immutable]
public sealed record PayoutInfo(
    [property: Id(0)] string Id, [property: Id(1)] string Node, [property: Id(2)] long AmountMicros, [property: Id(3)] string To, [property: Id(4)] string State,
    [property: Id(5)] DateTimeOffset RequestedAt, [property: Id(6)] DateTimeOffset? DecidedAt, [property: Id(7)] string Reference);
