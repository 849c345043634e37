using System.Globalization;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Payouts;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Nodes;

// Unbonding (P2.3).
internal sealed partial class NodeGrain
{
    /// <summary>Open requests that are looked through for reviews of the node's answers; with more it stays a little longer.</summary>
    private const int OpenRequestsMax = 1_000;

    public async Task<UnbondReply> Unbond(byte[] signature)
    {
        if (!record.State.Exists)
            return new UnbondReply(PayoutStatus.Unknown, "No node of this address ever joined.", null);
        if (signatures.Recover(SigningDomain.Unbond(Id), signature) != Id)
            return new UnbondReply(PayoutStatus.WrongSignature, "It is not signed by the node's key.", null);
        switch (NodeMachine.Move(record.State.State, NodeState.Unbonding, collateralSuffices: true))
        {
            case NodeMoveStatus.AlreadyThere:
                return new UnbondReply(PayoutStatus.AlreadyDone, "It is leaving already.", record.State.UnbondsAt);
            case NodeMoveStatus.NotAllowed:
                return new UnbondReply(PayoutStatus.Conflict, $"A node that is {Name(record.State.State)} cannot leave.", record.State.UnbondsAt);
        }

        // In the directory first: a node that is listed and does not leave is taken off again, one that is not listed would stay for ever.
        await GrainFactory.GetGrain<IDirectoryGrain>(Keys.Directory).SetLeaving(Id.ToString(), isLeaving: true);
        record.State.State = NodeState.Unbonding;
        record.State.UnbondsAt = time.GetUtcNow().AddSeconds((double)options.EpochSeconds * options.UnbondingEpochs);
        await record.WriteStateAsync();
        await Withdraw(_subscriptions);
        var ends = record.State.UnbondsAt.Value.ToString("u", CultureInfo.InvariantCulture);
        log.NodeLeaving(Id.ToString(), ends);
        await Send(new CoordinatorMessage.Notice($"Leaving: no new work is drawn. Stay connected until what is open has ended; collateral and earnings are paid out from {ends} on.").ToBytes());
        return new UnbondReply(PayoutStatus.Ok, $"No new work is drawn. Collateral and earnings are paid out from {ends} on, when nothing is open against the node.", record.State.UnbondsAt);
    }

    public async Task<bool> TryExit()
    {
        if (record.State.State != NodeState.Unbonding)
        {
            await GrainFactory.GetGrain<IDirectoryGrain>(Keys.Directory).SetLeaving(Id.ToString(), isLeaving: false);
            return record.State.State == NodeState.Exited;
        }

        if (time.GetUtcNow() < record.State.UnbondsAt || _engaged.Count > 0 || await IsTouchable() || !await PayAll())
            return false;
        record.State.State = NodeState.Exited;
        await record.WriteStateAsync();
        log.NodeExited(Id.ToString());
        await GrainFactory.GetGrain<IDirectoryGrain>(Keys.Directory).SetLeaving(Id.ToString(), isLeaving: false);
        await Send(new CoordinatorMessage.Notice("Left: all that the node had is paid out.").ToBytes());
        return true;
    }

    /// <summary>Whether a slash is open against it, or a review of an answer of its own.</summary>
    private async Task<bool> IsTouchable()
    {
        var cases = await ledger.SlashesAsync(Id.ToString(), CasesMax, default);
        if (cases.Any(c => c.Open) || (await ledger.BalanceAsync(LedgerAccount.Frozen(Id), default)).IsPositive)
            return true;
        var open = await ledger.OpenRequestsAsync(DateTimeOffset.MaxValue, OpenRequestsMax, default);
        if (open.Count == OpenRequestsMax)
            return true;
        foreach (var request in open)
        {
            if (await ledger.FindRequestAsync(request, default) is { Open: true } row
                && (RequestRows.Spec(row).Review?.Authors ?? []).Any(a => a.Node == Id))
                return true;
        }

        return false;
    }

    /// <summary>Once, whatever stops in between: the payout's row says that it was done.</summary>
    private async Task<bool> PayAll()
    {
        // Collateral and earnings are the chain's to give: its owner takes them out there.
        if (chain.Chain is not null)
            return true;
        var id = PayoutRules.ExitIdOf(Id);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        if (await ledger.FindPayoutAsync(id, default) is null)
        {
            var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(Id), default);
            var earnings = await ledger.BalanceAsync(LedgerAccount.Earnings(Id), default);
            if (PayoutRules.Exit(Id, collateral, earnings, now) is { } exit && !(await ledger.CommitAsync(exit, default)).Succeeded)
                return false;
        }

        if (options.DevelopmentPayouts && await ledger.FindPayoutAsync(id, default) is { State: PayoutState.Requested } row)
            return (await ledger.CommitAsync(PayoutRules.Paid(row, "development network: no money left it", now), default)).Succeeded;
        return true;
    }
}
