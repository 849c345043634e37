using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;

namespace Atoma.Protocol.Requests;

/// <summary>A request's beginning and end as single ledger commands (P5.1, P5.6): all of it happens or none.</summary>
public static class Settlement
{
    /// <summary>Hold and acceptance in one step: no hold, no work (P5.1).</summary>
    /// <param name="spec">What is accepted. What the network asks for itself holds nothing.</param>
    /// <param name="case">The stored case that a review is to decide: it waits until the review is over.</param>
    /// <param name="budget">Hash of the API key whose budget pays; zero for none.</param>
    public static LedgerCommand Accept(RequestSpec spec, SlashRow? @case = null, Hash32 budget = default) =>
        new(spec.Hold.IsPositive ? [new LedgerOperation.Hold(spec.Id, LedgerAccount.User(spec.Account), spec.Hold, spec.Deadline, budget)] : [],
            RequestRows.Open(spec), @case is null ? null : [CaseRules.Convened(@case, spec.Deadline)]);

    /// <summary>Accounts whose balances <see cref="Finish"/> asks for.</summary>
    public static IReadOnlyList<LedgerAccount> Consulted(RequestState state) =>
    [
        .. Silent(state).Concat(state.Convictions.Select(c => c.Node)).Distinct().Select(LedgerAccount.Collateral),
        .. RequestMachine.AuditorsDue(state).Any() ? new[] { LedgerAccount.AuditPool, LedgerAccount.Treasury } : [],
    ];

    /// <summary>Pays or returns the hold, takes silence penalties, freezes the collateral of the convicted and stores the receipt.</summary>
    /// <param name="receipt">Of a terminal request.</param>
    /// <param name="balance">Balances of <see cref="Consulted"/>. Where one has fallen since, the ledger refuses with
    /// <see cref="LedgerStatus.InsufficientFunds"/>: read it again and retry.</param>
    /// <param name="case">The stored case that a review decides; null for any other request.</param>
    /// <param name="options">Penalties.</param>
    /// <param name="appealWindow">How long a slash waits (P8.5).</param>
    public static LedgerCommand Finish(SignedReceipt receipt, Func<LedgerAccount, Micros> balance, SlashRow? @case, RequestOptions options, TimeSpan appealWindow)
    {
        var state = receipt.Receipt.State;
        Invariant.Assert(state.IsTerminal);
        List<LedgerOperation> operations = [];
        if (state.Spec.Hold.IsPositive)
        {
            operations.Add(state.Phase == RequestPhase.Settled
                ? new LedgerOperation.Post(state.Spec.Id, [.. state.Payments.Select(p => new PostPart(p.To, p.Amount, p.Code))])
                : new LedgerOperation.Void(state.Spec.Id));
        }

        PayAuditors(operations, state, balance);
        foreach (var node in Silent(state))
        {
            // P5.9: the requester whose time it cost gets it.
            var penalty = Penalty(balance, options, node);
            if (penalty.IsPositive)
                operations.Add(new LedgerOperation.Transfer(PenaltyId(state.Spec.Id, node), LedgerAccount.Collateral(node), state.Spec.Requester, penalty, TransferCode.SilencePenalty));
        }

        var now = receipt.Receipt.FinishedAt;
        List<SlashRow> slashes = [];
        if (@case is { Open: true })
            slashes.Add(CaseRules.Decided(@case, state, now, appealWindow, operations));
        foreach (var conviction in state.Convictions.Where(c => !CaseRules.IsAbout(@case, c, balance(LedgerAccount.Collateral(c.Node)))))
        {
            // Who was silent too has paid that first: the same money is not taken twice.
            var collateral = balance(LedgerAccount.Collateral(conviction.Node)) - (Silent(state).Contains(conviction.Node) ? Penalty(balance, options, conviction.Node) : Micros.Zero);
            var amount = collateral.PermilleFloor(options.MalicePermille);
            var slash = SlashCase.Open(state, conviction, amount, now, appealWindow);
            if (amount.IsPositive)
                operations.Add(new LedgerOperation.Transfer(slash.Id, LedgerAccount.Collateral(slash.Node), LedgerAccount.Frozen(slash.Node), amount, TransferCode.SlashFreeze));
            slashes.Add(slash.Row(version: 1));
        }

        foreach (var subject in CaseRules.Contradicted(state))
            slashes.Add(SlashCase.Inquire(state, subject, now).Row(version: 1));

        return new LedgerCommand(operations, RequestRows.Closed(receipt), slashes);
    }

    /// <summary>Ids of all transfers by which nodes pay the requester of a terminal request for its silence or its fraud; some may never happen.</summary>
    public static IReadOnlyList<Hash32> CompensationIds(RequestState state) =>
    [
        .. Silent(state).Select(node => PenaltyId(state.Spec.Id, node)),
        .. state.Convictions.Select(c => SlashCase.RequesterPartId(SlashCase.IdOf(state.Spec.Id, c.Node), state.Spec.Account)),
    ];

    /// <summary>
    /// Checkers of an audit and of a canary are paid from the pool, then from the treasury, as far as they reach: what sampled
    /// answers pay in covers it in the mean (P4), not at every moment.
    /// </summary>
    private static void PayAuditors(List<LedgerOperation> operations, RequestState state, Func<LedgerAccount, Micros> balance)
    {
        if (!RequestMachine.AuditorsDue(state).Any())
            return;
        var left = new Dictionary<LedgerAccount, Micros> { [LedgerAccount.AuditPool] = balance(LedgerAccount.AuditPool), [LedgerAccount.Treasury] = balance(LedgerAccount.Treasury) };
        foreach (var (node, due) in RequestMachine.AuditorsDue(state))
        {
            var rest = due;
            foreach (var payer in new[] { LedgerAccount.AuditPool, LedgerAccount.Treasury })
            {
                var pay = Micros.Min(rest, left[payer]);
                if (!pay.IsPositive)
                    continue;
                operations.Add(new LedgerOperation.Transfer(AuditorId(state.Spec.Id, node, payer), payer, LedgerAccount.Earnings(node), pay, TransferCode.PayAuditor));
                left[payer] -= pay;
                rest -= pay;
            }
        }
    }

    private static Hash32 AuditorId(Hash32 request, NodeId node, LedgerAccount payer) =>
        new CanonicalWriter().Text("atoma/auditor/1").Hash(request).Node(node).Byte((byte)payer.Kind).Sha256();

    private static IEnumerable<NodeId> Silent(RequestState state) =>
        state.Participants.Where(p => p.Failure == ParticipantFailure.Silent).Select(p => p.Node);

    private static Micros Penalty(Func<LedgerAccount, Micros> balance, RequestOptions options, NodeId node) =>
        balance(LedgerAccount.Collateral(node)).PermilleFloor(options.SilencePermille);

    private static Hash32 PenaltyId(Hash32 request, NodeId node) => new CanonicalWriter().Text("atoma/silence/1").Hash(request).Node(node).Sha256();
}
