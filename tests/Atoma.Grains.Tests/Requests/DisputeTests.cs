using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Tests.Requests;

/// <summary>P8.3: the requester doubts a settled answer, with a bond.</summary>
[Collection(ClusterCollection.Name)]
public sealed class DisputeTests(SharedCluster shared)
{
    [Fact]
    public async Task Dispute_AnswerWasRight_CostsTheBond()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 5);
        var call = network.Call();
        await network.RunAsync(call);
        var before = await network.BalanceAsync();

        var reply = await network.Grain(call).Dispute(network.Account);

        Assert.Equal(DisputeStatus.Opened, reply.Status);
        Assert.True(reply.BondMicros > 0);
        Assert.Equal("match", (await EndAsync(reply)).Finding);
        Assert.Equal(before - reply.BondMicros, await network.BalanceAsync());
        Assert.Equal(reply, await network.Grain(call).Dispute(network.Account));
        Assert.True((await network.Cluster.Ledger.AuditAsync(default)).IsExact);
    }

    [Fact]
    public async Task Dispute_AnswerWasWrong_ReturnsTheBondAndConvicts()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 7);
        network.Script.Generators(Conduct.WrongToken);
        var call = network.Call();
        await network.RunAsync(call);
        var before = await network.BalanceAsync();
        var cheat = network.Culprit(Conduct.WrongToken);

        var reply = await network.Grain(call).Dispute(network.Account);

        Assert.Equal("mismatch", (await EndAsync(reply)).Finding);
        Assert.Equal(before, await network.BalanceAsync());
        await Eventually.TrueAsync("an assembly confirms it", async () =>
            (await shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).Slashes(cheat.Id.ToString(), 10)) is [{ Status: "frozen" }]);
        Assert.Equal(TestNetwork.Bond, await network.BalanceAsync(LedgerAccount.Frozen(cheat.Id)));
        Assert.Equal("jailed", (await cheat.Grain.Describe())!.State);
    }

    [Fact]
    public async Task Dispute_NotPossible_SaysWhy()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 5);
        var call = network.Call();
        await network.RunAsync(call);
        Assert.Equal(DisputeStatus.Unknown, (await network.Grain(call).Dispute("somebody")).Status);
        Assert.Equal(DisputeStatus.Unknown, (await network.Grain(network.Call()).Dispute(network.Account)).Status);

        var all = await network.BalanceAsync();
        await network.MoveAsync(LedgerAccount.User(network.Account), LedgerAccount.External, all, TransferCode.Withdrawal);
        var poor = await network.Grain(call).Dispute(network.Account);
        Assert.Equal(DisputeStatus.InsufficientFunds, poor.Status);
        Assert.True(poor.BondMicros > 0);
        await network.DepositAsync(all);

        shared.Cluster.Clock.Advance(shared.Cluster.Options.AppealWindow);
        Assert.Equal(DisputeStatus.TooLate, (await network.Grain(call).Dispute(network.Account)).Status);
    }

    private async Task<ReviewSummary> EndAsync(DisputeReply reply)
    {
        ReviewSummary? review = null;
        await Eventually.TrueAsync("the review ends", async () =>
        {
            review = (await shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).RecentReviews(200)).FirstOrDefault(r => r.Request == reply.Review);
            return review is { Status: not "open" };
        });
        Assert.Equal(("dispute", "settled"), (review!.Kind, review.Status));
        return review;
    }
}
