using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Requests;

/// <summary>Signs the receipt of a terminal request and commits its settlement.</summary>
internal sealed class Settler(ILedgerStore ledger, ISigner coordinator, NetworkOptions options)
{
    /// <summary>Attempts when a collateral changed between reading and moving it.</summary>
    private const int AttemptsMax = 8;

    public async Task<(LedgerResult Result, SignedReceipt Receipt)> FinishAsync(RequestState state, DateTimeOffset now)
    {
        now = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var receipt = SignedReceipt.Sign(new Receipt(state, options.Request.Resolvers, now), coordinator);
        for (var attempt = 1; ; attempt++)
        {
            var balances = new Dictionary<LedgerAccount, Micros>();
            foreach (var account in Settlement.Consulted(state))
                balances[account] = await ledger.BalanceAsync(account, default);
            var @case = state.Spec.Review is { } review && review.Case != Hash32.Zero ? await ledger.FindSlashAsync(review.Case, default) : null;
            var result = await ledger.CommitAsync(Settlement.Finish(receipt, account => balances[account], @case, options.Request, options.AppealWindow), default);
            if (result.Status != LedgerStatus.InsufficientFunds || attempt == AttemptsMax)
                return (result, receipt);
        }
    }
}
