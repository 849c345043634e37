using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;

namespace Atoma.Grains.Tests.Books;

[Collection(ClusterCollection.Name)]
public sealed class BooksGrainTests(SharedCluster shared)
{
    private IBooksGrain Books => shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books);

    [Fact]
    public async Task Network_AfterAnsweredAndRefundedRequests_IsExact()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        network.Script.Generators(Conduct.Honest, Conduct.Silent);
        await network.RunAsync(network.Call());
        var cancelled = network.Call();
        var reply = await network.SubmitAsync(cancelled);
        Assert.True((await Books.Network()).HoldsMicros >= reply.HoldMicros);
        await network.Grain(cancelled).Cancel();
        await network.EndAsync(cancelled, reply);

        var info = await Books.Network();

        Assert.Equal((0L, 0), (info.DifferenceMicros, info.MismatchedAccounts));
        Assert.Equal(info.HoldsMicros, info.EscrowMicros);
        Assert.Equal(info.AccountsMicros, info.DepositsMicros - info.WithdrawalsMicros - info.BurnedMicros);
        Assert.True(info.Requests["settled"] > 0);
        Assert.True(info.Requests["refunded"] > 0);
        Assert.True(info.Ready);
        Assert.True(shared.Cluster.Clock.GetUtcNow() < info.EpochEndsAt);
        Assert.Equal(2, (await Books.RecentRequests(network.Account, 10)).Count);
    }
}
