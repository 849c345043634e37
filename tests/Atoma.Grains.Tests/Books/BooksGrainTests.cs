using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Grains.Tests.Books;

[Collection(ClusterCollection.Name)]
public sealed class BooksGrainTests(SharedCluster shared)
{
    private IBooksGrain Books => shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books);

    [Theory]
    [InlineData(KeyScopes.Client, "client")]
    [InlineData(KeyScopes.Admin, "admin")]
    public async Task FindKey_KnownKey_GivesAccountAndScope(KeyScopes scope, string name)
    {
        var hash = Hash32.Sha256(System.Text.Encoding.UTF8.GetBytes("known " + name));
        await shared.Cluster.Accounts.AddKeyAsync(new ApiKeyRecord(hash, "alice", scope, "", shared.Cluster.Clock.GetUtcNow()), default);

        Assert.Equal(new KeyInfo("alice", name), await Books.FindKey(hash.ToString()));
    }

    [Fact]
    public async Task FindKey_RevokedKey_IsNull()
    {
        var hash = Hash32.Sha256("revoked"u8);
        await shared.Cluster.Accounts.AddKeyAsync(new ApiKeyRecord(hash, "alice", KeyScopes.Client, "", shared.Cluster.Clock.GetUtcNow()), default);
        await shared.Cluster.Accounts.RevokeKeyAsync(hash, shared.Cluster.Clock.GetUtcNow(), default);

        Assert.Null(await Books.FindKey(hash.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a hash")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task FindKey_UnknownKey_IsNull(string hash) => Assert.Null(await Books.FindKey(hash));

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
        Assert.Equal(new AccountInfo(network.Account, await network.BalanceAsync()), await Books.Balance(network.Account));
    }
}
