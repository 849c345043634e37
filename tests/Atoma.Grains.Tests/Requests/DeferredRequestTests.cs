using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;

namespace Atoma.Grains.Tests.Requests;

/// <summary>Requests whose money is held before their work begins: the answers of one question with n above 1.</summary>
[Collection(ClusterCollection.Name)]
public sealed class DeferredRequestTests(SharedCluster shared)
{
    [Fact]
    public async Task Submit_Deferred_HoldsAndWorksOnlyWhenBegun()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { Deferred = true };

        var reply = await network.SubmitAsync(call);
        await network.Grain(call).Sweep();
        var heldBefore = await network.BalanceAsync();
        var heardBefore = network.Nodes[0].Heard.Count;
        await network.Grain(call).Begin();
        await network.Grain(call).Begin();
        var ended = await network.EndAsync(call, reply);

        Assert.Equal((SubmitStatus.Accepted, TestNetwork.Funds - reply.HoldMicros, 0), (reply.Status, heldBefore, heardBefore));
        Assert.Equal(TestNetwork.Answer, ended.End.Text);
        Assert.Single(ended.State.Participants);
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    [Fact]
    public async Task Cancel_Deferred_ReturnsAllOfTheHold()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { Deferred = true };
        var reply = await network.SubmitAsync(call);

        await network.Grain(call).Cancel();
        await network.Grain(call).Begin();
        var ended = await network.EndAsync(call, reply);

        Assert.Equal(("refunded", "cancelled", 0L), (ended.End.Status, ended.End.Reason, ended.End.PriceMicros));
        Assert.Equal(TestNetwork.Funds, await network.BalanceAsync());
        Assert.Empty(network.Nodes[0].Heard);
    }

    [Fact]
    public async Task Deferred_NeverBegun_EndsAtItsDeadlineRefunded()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { Deferred = true };
        var reply = await network.SubmitAsync(call);

        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(shared.Cluster.Options.Request.DeadlineMs + 1));
        var ended = await network.EndAsync(call, reply);

        Assert.Equal(("expired", 0L), (ended.End.Status, ended.End.PriceMicros));
        Assert.Equal(TestNetwork.Funds, await network.BalanceAsync());
    }

    /// <summary>How the answer is written for its requester is found again by whoever reads the request from the store.</summary>
    [Fact]
    public async Task Describe_AfterTheGrainWasAway_HasTheForm()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { Form = "{\"shape\":\"chat\"}", Streaming = true };
        await network.RunAsync(call);
        var before = (await network.Grain(call).Describe())!;

        await shared.Cluster.DeactivateAsync(network.Grain(call));
        var after = (await network.Grain(call).Describe())!;

        Assert.Equal((call.Form, call.Model, true), (before.Form, before.Model, before.Streaming));
        Assert.Equal(before, after);
        Assert.DoesNotContain("shape", after.Receipt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_PromptAsTokens_IsThePrompt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var ended = await network.RunAsync(network.Call() with { Prompt = null, PromptTokens = [72, 105] });
        var wrong = await network.SubmitAsync(network.Call() with { Prompt = null, PromptTokens = [72, 257] });

        Assert.Equal([72, 105], ended.State.Spec.Prompt);
        Assert.Equal(SubmitStatus.BadPrompt, wrong.Status);
        Assert.Contains("257", wrong.Message, StringComparison.Ordinal);
    }
}
