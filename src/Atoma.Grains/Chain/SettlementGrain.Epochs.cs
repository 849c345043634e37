using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;

namespace Atoma.Grains.Chain;

// The end of an epoch: vouchers are redeemed, then one root says what every node may claim (P10.1).
internal sealed partial class SettlementGrain
{
    /// <summary>Roots that the contract keeps: older proofs are of no use.</summary>
    private const int PlansMax = 8;

    private long Epoch => time.GetUtcNow().ToUnixTimeSeconds() / options.EpochSeconds;

    private Task CloseAsync() => record.State.Phase switch
    {
        ClosingPhase.Idle => BeginAsync(),
        ClosingPhase.Redeeming => PlanAsync(),
        _ => PostAsync(),
    };

    private async Task BeginAsync()
    {
        if (!_closeNow && (record.State.ClosedEpoch == Epoch || await IsQuietAsync()))
            return;
        _closeNow = false;
        var state = record.State;
        state.ClosedEpoch = Epoch;
        state.Round++;
        await GatherPenaltiesAsync();
        List<Redemption> due = [];
        foreach (var address in (await ledger.BalancesAsync(AccountKind.Reserve, default)).Keys.Order(StringComparer.Ordinal))
        {
            if (await RedemptionAsync(NodeId.Parse(address)) is { } redemption)
                due.Add(redemption);
        }

        var calls = due.Chunk(SettlementCall.Redeem.PartsMax).ToArray();
        for (var i = 0; i < calls.Length; i++)
        {
            // An earlier start may have got this far: its amounts stand, the contract passes over what is stale.
            if (await Chain.OutcomeAsync(RedeemKey(i), default) == CallOutcome.Unknown)
                await Chain.EnqueueAsync(RedeemKey(i), new SettlementCall.Redeem(calls[i]), default);
        }

        state.Redemptions = calls.Length;
        state.Phase = ClosingPhase.Redeeming;
        await record.WriteStateAsync();
        log.EpochClosing(state.ClosedEpoch, due.Count);
    }

    /// <summary>Nothing was earned since: a closing would only cost gas.</summary>
    private async Task<bool> IsQuietAsync() =>
        !(await ledger.BalancesAsync(AccountKind.Earnings, default)).Values.Any(b => b.IsPositive);

    private async Task<Redemption?> RedemptionAsync(NodeId user)
    {
        if (await vouchers.FindVoucherAsync(user, default) is not { } voucher)
            return null;
        var position = await Chain.RequesterAsync(user, default);
        // What a contract's own request costs is paid by the gateway.
        if (record.State.Contracts.Values.Any(c => c.Caller == user.ToAccount()))
            return null;
        var spent = SettlementRules.Spent(position, await BooksAsync(user), voucher.Cumulative);
        return spent > position.Redeemed ? new Redemption(user, spent, voucher.Cumulative, voucher.Signature) : null;
    }

    private async Task PlanAsync()
    {
        for (var i = 0; i < record.State.Redemptions; i++)
        {
            if (await Chain.OutcomeAsync(RedeemKey(i), default) is CallOutcome.Open or CallOutcome.Unknown)
                return;
        }

        var pool = await Chain.PayoutsAsync(default);
        var payable = Nodes(await ledger.BalancesAsync(AccountKind.Payable, default));
        // Counted on by what is claimable already: claimed, or still waiting to be.
        var free = pool.Backing - pool.Claimed - payable.Values.Aggregate(Micros.Zero, static (sum, p) => sum + p);
        var earnings = Nodes(await ledger.BalancesAsync(AccountKind.Earnings, default));
        // A stop after this step and before the plan was stored: what was earned since is for the next closing.
        var isTaken = (await ledger.EntriesOfAsync([.. earnings.Keys.Select(n => SettlementRules.ClaimableId(record.State.Round, n))], default)).Count > 0;
        if (!isTaken && SettlementRules.Claimable(record.State.Round, earnings, free) is { } command)
        {
            await CommitAsync(command);
            payable = Nodes(await ledger.BalancesAsync(AccountKind.Payable, default));
        }

        var plan = new PayoutPlanRecord { Epoch = pool.LastEpoch + 1, Round = record.State.Round };
        foreach (var (node, waiting) in payable)
        {
            var ever = (await Chain.NodeAsync(node, default)).Claimed + waiting;
            if (ever.IsPositive)
                plan.Cumulative[node.ToString()] = ever.Value;
        }

        var isNews = new Micros(plan.Cumulative.Values.Sum()) > pool.Posted;
        record.State.Phase = isNews ? ClosingPhase.Posting : ClosingPhase.Idle;
        if (isNews)
        {
            record.State.Plans.RemoveAll(p => !p.IsFinal);
            record.State.Plans.Add(plan);
            if (record.State.Plans.Count > PlansMax)
                record.State.Plans.RemoveAt(0);
        }

        await record.WriteStateAsync();
    }

    private async Task PostAsync()
    {
        var plan = record.State.Plans[^1];
        var key = $"root/{plan.Round}";
        switch (await Chain.OutcomeAsync(key, default))
        {
            case CallOutcome.Unknown:
                var tree = Tree(plan);
                var total = new Micros(plan.Cumulative.Values.Sum());
                var data = new CanonicalWriter().Text("atoma/payouts/1").Int64(plan.Epoch).Hash(tree.Root).Money(total).Sha256();
                await Chain.EnqueueAsync(key, new SettlementCall.PostRoot(plan.Epoch, tree.Root, total, data), default);
                return;
            case CallOutcome.Open:
                return;
            case CallOutcome.Done:
                plan.IsFinal = true;
                log.RootPosted(plan.Epoch, plan.Cumulative.Count);
                break;
            default:
                // What it would have paid is still payable: the next closing posts it.
                record.State.Plans.RemoveAt(record.State.Plans.Count - 1);
                log.RootRefused(plan.Epoch);
                break;
        }

        record.State.Phase = ClosingPhase.Idle;
        await record.WriteStateAsync();
    }

    private string RedeemKey(int call) => $"redeem/{record.State.Round}/{call}";

    private static SortedDictionary<NodeId, Micros> Nodes(IReadOnlyDictionary<string, Micros> balances) =>
        new(balances.ToDictionary(b => NodeId.Parse(b.Key), b => b.Value));
}
