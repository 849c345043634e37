using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Tests.Nodes;

[Collection(ClusterCollection.Name)]
public sealed class NodeGrainTests(SharedCluster shared)
{
    [Fact]
    public async Task Connect_NewNode_IsRegisteredActiveAndOffered()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        var node = await network.AddNodeAsync();
        Assert.Null(await node.Grain.Describe());

        var reply = await node.ConnectAsync();

        Assert.Equal(new ConnectReply(0, "", "active", shared.Cluster.Options.LeaseMs, TestNetwork.Bond), reply);
        var info = (await node.Grain.Describe())!;
        Assert.Equal((node.Id.ToString(), "active", true), (info.Address, info.State, info.Online));
        Assert.Equal((TestNetwork.Bond, 0L, 0L), (info.CollateralMicros, info.FrozenMicros, info.EarningsMicros));
        Assert.Contains(node.Id.ToString(), await network.OffersAsync());
        Assert.Contains(node.Id.ToString(), await shared.Cluster.Grains.GetGrain<IDirectoryGrain>(Keys.Directory).Nodes());
    }

    [Fact]
    public async Task Connect_CollateralTooLow_IsRefusedUntilBonded()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        var node = await network.AddNodeAsync(bond: shared.Cluster.Options.CollateralMinMicros - 1);

        var refused = await node.ConnectAsync();
        Assert.Equal((RefusalCode.CollateralTooLow, "registered"), ((RefusalCode)refused.Code, refused.State));
        Assert.Empty(await network.OffersAsync());

        await network.MoveAsync(LedgerAccount.External, LedgerAccount.Collateral(node.Id), 1, TransferCode.Bond);
        var taken = await node.ConnectAsync();
        Assert.Equal((0, "active"), (taken.Code, taken.State));
    }

    /// <summary>P2.2: a node below the minimum is not drawn. Silence penalties had brought it there.</summary>
    [Fact]
    public async Task Connect_ActiveNodeWhoseCollateralFell_IsRefused()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        var node = await network.AddNodeAsync(bond: shared.Cluster.Options.CollateralMinMicros);
        Assert.Equal(0, (await node.ConnectAsync()).Code);
        await node.DisconnectAsync();
        await network.MoveAsync(LedgerAccount.Collateral(node.Id), LedgerAccount.User(network.Account), 1, TransferCode.SilencePenalty);

        var refused = await node.ConnectAsync();

        Assert.Equal(RefusalCode.CollateralTooLow, (RefusalCode)refused.Code);
        Assert.Empty(await network.OffersAsync());
    }

    [Fact]
    public async Task Jail_OnlineNode_WithdrawsItsOfferAndTellsIt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];

        await node.Grain.Jail("gave a wrong answer");

        Assert.Equal("jailed", (await node.Grain.Describe())!.State);
        Assert.Empty(await network.OffersAsync());
        await Eventually.TrueAsync("the node reads that it is jailed", () => node.Heard.Any(m => m is CoordinatorMessage.Notice));
    }

    [Fact]
    public async Task Connect_JailedNode_IsLetInWithoutOffer()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];
        await node.Grain.Jail("gave a wrong answer");
        await shared.Cluster.DeactivateAsync(node.Grain);

        var reply = await node.ConnectAsync();

        Assert.Equal((0, "jailed", "gave a wrong answer"), (reply.Code, reply.State, reply.Reason));
        Assert.True(await node.Grain.Renew(node.Session, 0));
        Assert.Empty(await network.OffersAsync());
    }

    [Fact]
    public async Task Jail_NodeThatNeverBecameActive_ChangesNothing()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        var node = await network.AddNodeAsync(bond: 0);
        await node.ConnectAsync();

        await node.Grain.Jail("was never active");

        Assert.Equal("registered", (await node.Grain.Describe())!.State);
    }

    [Fact]
    public async Task Connect_Again_ReplacesTheOlderConnection()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];
        var older = node.Session;

        Assert.Equal(0, (await node.ConnectAsync()).Code);

        Assert.Equal([RefusalCode.Replaced], node.Closed);
        Assert.False(await node.Grain.Renew(older, 0));
        Assert.True(await node.Grain.Renew(node.Session, 0));
        await node.Grain.Disconnect(older);
        Assert.True((await node.Grain.Describe())!.Online);
        Assert.Equal([node.Id.ToString()], await network.OffersAsync());
    }

    [Fact]
    public async Task Connect_WithAnotherModel_WithdrawsTheOldOffer()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        await using var other = new TestNetwork(shared.Cluster);
        var node = network.Nodes[0];

        Assert.Equal(0, (await node.ConnectAsync(node.Offer(other.Model))).Code);

        Assert.Equal([node.Id.ToString()], await other.OffersAsync());
        Assert.Empty(await network.OffersAsync());
    }

    [Fact]
    public async Task Connect_WithTwoModels_OffersBothUntilItIsGone()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        await using var other = new TestNetwork(shared.Cluster);
        var node = await network.AddNodeAsync();

        Assert.Equal(0, (await node.ConnectAsync(node.Offer(), node.Offer(other.Model))).Code);

        Assert.Equal([node.Id.ToString()], await network.OffersAsync());
        Assert.Equal([node.Id.ToString()], await other.OffersAsync());
        var info = (await node.Grain.Describe())!;
        Assert.Equal([network.Model.Manifest.Id, other.Model.Manifest.Id], info.Models);
        Assert.Equal((network.Model.Manifest.Id, 8), (info.Model, info.Slots));

        await node.DisconnectAsync();
        Assert.Empty(await network.OffersAsync());
        Assert.Empty(await other.OffersAsync());
    }

    [Fact]
    public async Task Jail_NodeWithTwoModels_WithdrawsBoth()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        await using var other = new TestNetwork(shared.Cluster);
        var node = await network.AddNodeAsync();
        await node.ConnectAsync(node.Offer(), node.Offer(other.Model));

        await node.Grain.Jail("gave a wrong answer");

        Assert.Empty(await network.OffersAsync());
        Assert.Empty(await other.OffersAsync());
    }

    [Fact]
    public async Task Connect_OneOfTwoModelsIsRefused_OffersWhatItOfferedBefore()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        await using var other = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        await using var third = new TestNetwork(shared.Cluster);
        var node = await network.AddNodeAsync();
        Assert.Equal(0, (await node.ConnectAsync()).Code);
        var wrong = node.Offer(other.Model) with { Answers = [Atoma.Protocol.Common.Hash32.Zero] };

        var reply = await node.ConnectAsync(node.Offer() with { MaxContext = 100 }, node.Offer(third.Model), wrong);

        Assert.Equal(RefusalCode.WrongEchelon, (RefusalCode)reply.Code);
        Assert.Equal([node.Id.ToString()], await network.OffersAsync());
        Assert.Equal(512, (await shared.Cluster.Grains.GetGrain<IModelGrain>(Keys.Model(network.Model.Manifest.Id)).Market())!.MaxContext);
        Assert.Empty(await third.OffersAsync());
        Assert.DoesNotContain(node.Id.ToString(), await other.OffersAsync());
    }

    [Fact]
    public async Task Disconnect_OlderWhileANewerConnects_KeepsTheOffer()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];
        for (var round = 0; round < 60; round++)
        {
            var older = node.Session;
            // The old connection ends at some point while the new one is being made.
            var connecting = node.ConnectAsync();
            for (var delay = 0; delay < round % 6; delay++)
                await node.Grain.Send(new CoordinatorMessage.Notice("").ToBytes());
            await node.Grain.Disconnect(older);
            await connecting;
            Assert.True(await node.Grain.Renew(node.Session, 0));
            Assert.Equal([node.Id.ToString()], await network.OffersAsync());
        }
    }

    [Fact]
    public async Task Disconnect_OnlineNode_WithdrawsItsOffer()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];

        await node.DisconnectAsync();

        Assert.False((await node.Grain.Describe())!.Online);
        Assert.Empty(await network.OffersAsync());
        Assert.False(await node.Grain.Send(new CoordinatorMessage.Notice("anyone?").ToBytes()));
        Assert.Equal(EngageStatus.Away, await node.Grain.Engage("req:" + new string('0', 64), 0));
    }

    [Fact]
    public async Task CheckLease_NoHeartbeat_WithdrawsTheOfferAndTellsWaitingRequests()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var lapsed = network.Nodes[0];
        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(600));
        var fresh = await network.AddNodeAsync();
        await fresh.ConnectAsync();
        network.Script.Generators(Conduct.Silent, Conduct.Silent);
        var call = network.Call("replicated:2");
        var reply = await network.SubmitAsync(call);

        // The first lease is over, the second is not, and nothing of the request is due.
        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(450));
        var ended = await network.EndAsync(call, reply);

        Assert.Equal([fresh.Id.ToString()], await network.OffersAsync());
        Assert.False(await lapsed.Grain.Renew(lapsed.Session, 0));
        Assert.Equal(RefundReason.NodesFailed, ended.State.Refund);
        Assert.Equal(ParticipantFailure.Silent, ended.State.Participants.Single(p => p.Node == lapsed.Id).Failure);
        Assert.Equal(ParticipantStatus.Dismissed, ended.State.Participants.Single(p => p.Node == fresh.Id).Status);
    }

    [Fact]
    public async Task Renew_BeforeTheLeaseEnds_KeepsTheOffer()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var (renewed, lapsed) = (network.Nodes[0], network.Nodes[1]);
        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(700));
        Assert.True(await renewed.Grain.Renew(renewed.Session, 3));
        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(700));

        await Eventually.TrueAsync("the other lease ends", async () => !(await lapsed.Grain.Describe())!.Online);

        Assert.Equal([renewed.Id.ToString()], await network.OffersAsync());
        Assert.Equal(3, (await renewed.Grain.Describe())!.Busy);
    }
}
