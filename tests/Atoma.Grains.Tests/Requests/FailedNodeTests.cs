using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class FailedNodeTests(SharedCluster shared)
{
    /// <summary>1 % of the bond (P5.9).</summary>
    private const long Penalty = TestNetwork.Bond / 100;

    [Fact]
    public async Task Receive_SilentNode_IsReplacedAndPaysTheRequester()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        network.Script.Generators(Conduct.Silent);
        var call = network.Call();
        var reply = await network.SubmitAsync(call);
        await Eventually.TrueAsync("the silent node has work", () => network.Nodes.Any(n => n.Did.ContainsKey(Conduct.Silent)));

        await network.TimeOutAsync(call);
        var ended = await network.EndAsync(call, reply);

        var silent = network.Culprit(Conduct.Silent);
        Assert.Equal((silent.Id, ParticipantFailure.Silent), (ended.State.Participants[0].Node, ended.State.Participants[0].Failure));
        Assert.Equal(TestNetwork.Answer, ended.End.Text);
        await Money.AssertMovedAsync(network, ended);
        Assert.Equal(TestNetwork.Bond - Penalty, await network.BalanceAsync(LedgerAccount.Collateral(silent.Id)));
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros + Penalty, await network.BalanceAsync());
        Assert.Equal("active", (await silent.Grain.Describe())!.State);
    }

    [Fact]
    public async Task NodeLost_WorkingNode_IsReplaced()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        network.Script.Generators(Conduct.Dawdles);
        var call = network.Call("checked");
        var reply = await network.SubmitAsync(call);
        await WatchTests.ShownAsync(network, call, 3);

        var lost = network.Culprit(Conduct.Dawdles);
        await lost.DisconnectAsync();
        var ended = await network.EndAsync(call, reply);

        Assert.Equal((lost.Id, ParticipantStatus.Failed), (ended.State.Participants[0].Node, ended.State.Participants[0].Status));
        Assert.Equal(TestNetwork.Answer, ended.End.Text);
        Assert.DoesNotContain(ended.State.Payments, p => p.To == LedgerAccount.Earnings(lost.Id));
        await Money.AssertMovedAsync(network, ended);
    }

    [Fact]
    public async Task Receive_NodeThatRefuses_IsReplacedWithoutPenalty()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 4);
        network.Script.Generators(Conduct.Refuses);
        network.Script.Checkers(Conduct.Refuses);

        var ended = await network.RunAsync(network.Call("checked"));

        Assert.Equal(2, ended.State.Participants.Count(p => p.Failure == ParticipantFailure.Refused));
        Assert.Equal(TestNetwork.Answer, ended.End.Text);
        await Money.AssertMovedAsync(network, ended);
        foreach (var node in network.Nodes)
            Assert.Equal(TestNetwork.Bond, await network.BalanceAsync(LedgerAccount.Collateral(node.Id)));
    }

    [Fact]
    public async Task Receive_EveryReplacementRefuses_IsRefunded()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 6);
        network.Script.Generators(Conduct.Refuses, Conduct.Refuses, Conduct.Refuses, Conduct.Refuses);

        var ended = await network.RunAsync(network.Call());

        Assert.Equal(1 + shared.Cluster.Options.Request.ReplacementsMax, ended.State.Participants.Count);
        await Money.AssertRefundedAsync(network, ended, RefundReason.NodesFailed);
        Assert.Equal(TestNetwork.Funds, await network.BalanceAsync());
    }

    [Fact]
    public async Task Sweep_PastTheDeadline_EndsAndChargesNothing()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        network.Script.Generators(Conduct.Silent);
        var call = network.Call();
        var reply = await network.SubmitAsync(call);

        // Nobody calls: the sweeper finds it, unless the node's lease is found to be over before.
        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(shared.Cluster.Options.Request.DeadlineMs));
        var ended = await network.EndAsync(call, reply);

        Assert.Contains(ended.State.Phase, new[] { RequestPhase.Expired, RequestPhase.Refunded });
        Assert.Equal(0, ended.End.PriceMicros);
        await Money.AssertMovedAsync(network, ended);
    }

    [Fact]
    public async Task Cancel_BeforeTheFirstToken_IsRefunded()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        network.Script.Generators(Conduct.Silent);
        var call = network.Call() with { Streaming = true };
        var reply = await network.SubmitAsync(call);

        await network.Grain(call).Cancel();
        var ended = await network.EndAsync(call, reply);

        await Money.AssertRefundedAsync(network, ended, RefundReason.Cancelled);
        Assert.Equal(TestNetwork.Funds, await network.BalanceAsync());
        await Eventually.TrueAsync("the node is let go", () => network.Nodes.Any(n => n.Heard.Any(m => m is CoordinatorMessage.Closed)));
        foreach (var node in network.Nodes)
            Assert.Equal(TestNetwork.Bond, await network.BalanceAsync(LedgerAccount.Collateral(node.Id)));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("checked")]
    public async Task Cancel_AfterTokensWereShown_ChargesForThose(string integrity)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        network.Script.Generators(Conduct.Dawdles);
        var call = network.Call(integrity) with { Streaming = true };
        var reply = await network.SubmitAsync(call);
        await WatchTests.ShownAsync(network, call, 3);

        await network.Grain(call).Cancel();
        await network.Grain(call).Cancel();
        var ended = await network.EndAsync(call, reply);

        Assert.Equal(("settled", "The", 3), (ended.End.Status, ended.End.Text, ended.End.OutputTokens));
        Assert.True(ended.End.PriceMicros > 0);
        await Money.AssertMovedAsync(network, ended);
    }

    [Fact]
    public async Task Cancel_EndedRequest_ChangesNothing()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call();
        await network.RunAsync(call);
        var before = await network.Grain(call).Describe();

        await network.Grain(call).Cancel();
        await network.Grain(call).Sweep();

        Assert.Equal(before, await network.Grain(call).Describe());
    }
}
