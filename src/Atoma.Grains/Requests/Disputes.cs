using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Requests;

/// <summary>Who may open a dispute, when, and with which bond (P8.3).</summary>
internal static class Disputes
{
    /// <summary>Null when the dispute may be opened.</summary>
    /// <param name="state">The request, or null when there is none.</param>
    /// <param name="receipt">Its receipt once it is settled in the books.</param>
    /// <param name="account">Who asks.</param>
    /// <param name="now">Time.</param>
    /// <param name="options">Windows.</param>
    public static DisputeReply? Refusal(RequestState? state, SignedReceipt? receipt, string account, DateTimeOffset now, NetworkOptions options)
    {
        if (state is null || state.Spec.Account != account || state.Spec.Review is not null)
            return Refuse(DisputeStatus.Unknown, "There is no such request of this account.");
        if (receipt is null || state.Phase != RequestPhase.Settled)
            return Refuse(DisputeStatus.NotSettled, "Only a settled answer can be disputed; this one was not paid, or not yet.");
        if (now >= receipt.Receipt.FinishedAt + options.AppealWindow)
            return Refuse(DisputeStatus.TooLate, $"Answers can be disputed for {options.AppealWindow.TotalSeconds:F0} seconds; this one was settled at {receipt.Receipt.FinishedAt:u}.");
        return state.Spec.Comparison == Comparison.Exact
            ? null
            : Refuse(DisputeStatus.NotExact, "Its node does not run in invariant mode, so nobody can tell bit by bit what the model would have said.");
    }

    /// <summary>The bond pays all resolvers at the price of the answer's own node.</summary>
    public static RequestSpec Spec(RequestState state, DateTimeOffset now, NetworkOptions options)
    {
        var author = state.Participants.First(p => p.Generates && p.IsActive);
        var check = state.Spec.Terms.Check(PriceTerms.Answer(author.Draw.Chosen, state.Spec.InputTokens, state.Answer!.OutputCount));
        return CaseRules.Dispute(
            state, options.Request.Resolvers, check * options.Request.Resolvers,
            DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()), options.Request.DeadlineMs);
    }

    public static DisputeReply Reply(LedgerStatus status, RequestSpec dispute) => status switch
    {
        LedgerStatus.Ok or LedgerStatus.AlreadyDone => new DisputeReply(DisputeStatus.Opened, "", dispute.Id.ToString(), dispute.Hold.Value),
        LedgerStatus.InsufficientFunds => new DisputeReply(
            DisputeStatus.InsufficientFunds, $"A dispute of this answer needs a bond of {dispute.Hold} micros.", "", dispute.Hold.Value),
        _ => throw new InvariantException($"Opening a dispute gave {status}."),
    };

    private static DisputeReply Refuse(DisputeStatus status, string message) => new(status, message, "", 0);
}
