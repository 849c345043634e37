using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;

namespace Atoma.Protocol.Requests;

/// <summary>A request's beginning and end as single ledger commands (P5.1, P5.6): all of it happens or none.</summary>
public static class Settlement
{
    /// <summary>Hold and acceptance in one step: no hold, no work (P5.1).</summary>
    public static LedgerCommand Accept(RequestSpec spec) =>
        new([new LedgerOperation.Hold(spec.Id, LedgerAccount.User(spec.Account), spec.Hold, spec.Deadline)], RequestRows.Open(spec));

    /// <summary>Accounts whose balances <see cref="Finish"/> asks for.</summary>
    public static IReadOnlyList<LedgerAccount> Consulted(RequestState state) =>
        [.. Silent(state).Concat(state.Convictions.Select(c => c.Node)).Distinct().Select(LedgerAccount.Collateral)];

    /// <summary>Pays or returns the hold, takes silence penalties, freezes the collateral of the convicted and stores the receipt.</summary>
    /// <param name="receipt">Of a terminal request.</param>
    /// <param name="balance">Balances of <see cref="Consulted"/>. Where one has fallen since, the ledger refuses with
    /// <see cref="LedgerStatus.InsufficientFunds"/>: read it again and retry.</param>
    /// <param name="options">Penalties.</param>
    /// <param name="appealWindow">How long a slash waits (P8.5).</param>
    public static LedgerCommand Finish(SignedReceipt receipt, Func<LedgerAccount, Micros> balance, RequestOptions options, TimeSpan appealWindow)
    {
        var state = receipt.Receipt.State;
        Invariant.Assert(state.IsTerminal);
        List<LedgerOperation> operations =
        [
            state.Phase == RequestPhase.Settled
                ? new LedgerOperation.Post(state.Spec.Id, [.. state.Payments.Select(p => new PostPart(p.To, p.Amount, p.Code))])
                : new LedgerOperation.Void(state.Spec.Id),
        ];
        foreach (var node in Silent(state))
        {
            // P5.9: the requester whose time it cost gets it.
            var penalty = balance(LedgerAccount.Collateral(node)).PermilleFloor(options.SilencePermille);
            if (penalty.IsPositive)
                operations.Add(new LedgerOperation.Transfer(PenaltyId(state.Spec.Id, node), LedgerAccount.Collateral(node), LedgerAccount.User(state.Spec.Account), penalty, TransferCode.SilencePenalty));
        }

        List<SlashRow> slashes = [];
        foreach (var conviction in state.Convictions)
        {
            var amount = balance(LedgerAccount.Collateral(conviction.Node)).PermilleFloor(options.MalicePermille);
            var slash = SlashCase.Open(state, conviction, amount, receipt.Receipt.FinishedAt, appealWindow);
            if (amount.IsPositive)
                operations.Add(new LedgerOperation.Transfer(slash.Id, LedgerAccount.Collateral(slash.Node), LedgerAccount.Frozen(slash.Node), amount, TransferCode.SlashFreeze));
            slashes.Add(slash.Row(version: 1));
        }

        return new LedgerCommand(operations, RequestRows.Closed(receipt), slashes);
    }

    private static IEnumerable<NodeId> Silent(RequestState state) =>
        state.Participants.Where(p => p.Failure == ParticipantFailure.Silent).Select(p => p.Node);

    private static Hash32 PenaltyId(Hash32 request, NodeId node) => new CanonicalWriter().Text("atoma/silence/1").Hash(request).Node(node).Sha256();
}
