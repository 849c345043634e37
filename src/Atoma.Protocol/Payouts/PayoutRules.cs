using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Protocol.Payouts;

/// <summary>
/// How a node's money leaves (P2.3, P10): asked for, it moves to <see cref="AccountKind.Payable"/>, where neither a slash nor a
/// second request finds it; paid outside, it leaves the books; returned, it is the node's again. Each step is one ledger command
/// with a row that moves on by one version, so a repetition or a race changes nothing twice.
/// </summary>
public static class PayoutRules
{
    /// <summary>Characters of the reference of a payment, or of the reason of a return.</summary>
    public const int ReferenceLengthMax = 128;

    /// <summary>The same node and nonce are the same payout.</summary>
    public static Hash32 IdOf(NodeId node, Hash32 nonce) => new CanonicalWriter().Text("atoma/payout/1").Node(node).Hash(nonce).Sha256();

    /// <summary>The payout of everything by a node that leaves; one in its life.</summary>
    public static Hash32 ExitIdOf(NodeId node) => new CanonicalWriter().Text("atoma/exit/1").Node(node).Sha256();

    /// <summary>Earnings are asked for.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="amount">Above zero.</param>
    /// <param name="to">Where to.</param>
    /// <param name="nonce">Chosen by the operator.</param>
    /// <param name="now">Time.</param>
    public static LedgerCommand Request(NodeId node, Micros amount, NodeId to, Hash32 nonce, DateTimeOffset now)
    {
        var id = IdOf(node, nonce);
        return new LedgerCommand(
            [new LedgerOperation.Transfer(id, LedgerAccount.Earnings(node), LedgerAccount.Payable(node), amount, TransferCode.PayoutRequested)],
            Payouts: [Row(id, node, amount, to, now)]);
    }

    /// <summary>A node leaves with all that it has (P2.3); null when it has nothing.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="collateral">All of it, none frozen.</param>
    /// <param name="earnings">All of them.</param>
    /// <param name="now">Time.</param>
    public static LedgerCommand? Exit(NodeId node, Micros collateral, Micros earnings, DateTimeOffset now)
    {
        var id = ExitIdOf(node);
        List<LedgerOperation> operations = [];
        if (collateral.IsPositive)
            operations.Add(new LedgerOperation.Transfer(Part(id, "collateral"), LedgerAccount.Collateral(node), LedgerAccount.Payable(node), collateral, TransferCode.Unbond));
        if (earnings.IsPositive)
            operations.Add(new LedgerOperation.Transfer(Part(id, "earnings"), LedgerAccount.Earnings(node), LedgerAccount.Payable(node), earnings, TransferCode.PayoutRequested));
        return operations.Count == 0 ? null : new LedgerCommand(operations, Payouts: [Row(id, node, collateral + earnings, node, now)]);
    }

    /// <summary>It was paid outside.</summary>
    /// <param name="row">As stored, <see cref="PayoutState.Requested"/>.</param>
    /// <param name="reference">Of the payment outside.</param>
    /// <param name="now">Time.</param>
    public static LedgerCommand Paid(PayoutRow row, string reference, DateTimeOffset now) =>
        Decide(row, PayoutState.Paid, "paid", LedgerAccount.External, TransferCode.Withdrawal, reference, now);

    /// <summary>It could not be paid: the node has the money again.</summary>
    /// <inheritdoc cref="Paid"/>
    public static LedgerCommand Returned(PayoutRow row, string reference, DateTimeOffset now) =>
        Decide(row, PayoutState.Returned, "returned", LedgerAccount.Earnings(NodeId.Parse(row.Node)), TransferCode.PayoutReturned, reference, now);

    /// <summary>Earnings become collateral (P2.2).</summary>
    /// <param name="node">Whose.</param>
    /// <param name="amount">Above zero.</param>
    /// <param name="nonce">Chosen by the operator.</param>
    public static LedgerCommand Bond(NodeId node, Micros amount, Hash32 nonce)
    {
        var id = new CanonicalWriter().Text("atoma/bond/1").Node(node).Hash(nonce).Sha256();
        return new LedgerCommand([new LedgerOperation.Transfer(id, LedgerAccount.Earnings(node), LedgerAccount.Collateral(node), amount, TransferCode.Bond)]);
    }

    private static LedgerCommand Decide(PayoutRow row, PayoutState state, string part, LedgerAccount to, TransferCode code, string reference, DateTimeOffset now)
    {
        Invariant.Assert(row.State == PayoutState.Requested);
        return new LedgerCommand(
            [new LedgerOperation.Transfer(Part(row.Id, part), LedgerAccount.Payable(NodeId.Parse(row.Node)), to, row.Amount, code)],
            Payouts: [row with { State = state, DecidedAt = now, Reference = reference, Version = row.Version + 1 }]);
    }

    private static PayoutRow Row(Hash32 id, NodeId node, Micros amount, NodeId to, DateTimeOffset now) =>
        new(id, node.ToString(), amount, to.ToString(), PayoutState.Requested, now, DecidedAt: null, Reference: "", Version: 1);

    private static Hash32 Part(Hash32 payout, string name) => new CanonicalWriter().Text("atoma/payout-part/1").Hash(payout).Text(name).Sha256();
}
