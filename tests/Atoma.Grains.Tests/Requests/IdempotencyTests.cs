using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class IdempotencyTests(SharedCluster shared)
{
    [Fact]
    public async Task Submit_SameKeySamePayload_GivesTheExistingRequest()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        network.Script.Generators(Conduct.Dawdles);
        var call = network.Call() with { IdempotencyKey = "key" };
        var first = await network.SubmitAsync(call);

        var whileOpen = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });
        await Eventually.TrueAsync("a token is shown", async () => (await network.Grain(call).Describe())!.Json.Contains("\"output_tokens\":3", StringComparison.Ordinal));
        await network.Grain(call).Cancel();
        var ended = await network.EndAsync(call, first);
        var whenEnded = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });

        Assert.Equal((SubmitStatus.Existing, first.Request), (whileOpen.Status, whileOpen.Request));
        Assert.Equal((SubmitStatus.Existing, first.Request), (whenEnded.Status, whenEnded.Request));
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    [Fact]
    public async Task Submit_SameKeyOtherPayload_IsAConflict()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { IdempotencyKey = "key" };
        var ended = await network.RunAsync(call);

        var other = await network.SubmitAsync(call with { Nonce = network.Call().Nonce, Prompt = "Another question?" });

        Assert.Equal((SubmitStatus.IdempotencyConflict, ""), (other.Status, other.Request));
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    /// <summary>A given seed is part of the question; it was once left out.</summary>
    [Fact]
    public async Task Submit_SameKeyOtherSeed_IsAConflict()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { IdempotencyKey = "key", SeedGiven = true, Parameters = TestNetwork.Parameters(new SamplingParameters { Seed = 7 }) };
        await network.RunAsync(call);

        var same = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });
        var other = await network.SubmitAsync(call with { Nonce = network.Call().Nonce, Parameters = TestNetwork.Parameters(new SamplingParameters { Seed = 8 }) });
        var drawn = await network.SubmitAsync(call with { Nonce = network.Call().Nonce, SeedGiven = false });

        Assert.Equal(
            [SubmitStatus.Existing, SubmitStatus.IdempotencyConflict, SubmitStatus.IdempotencyConflict], [same.Status, other.Status, drawn.Status]);
    }

    /// <summary>Tools are part of the prompt, so they are part of what a key stands for; the reply says how calls are written either way.</summary>
    [Fact]
    public async Task Submit_SameKeyOtherTools_IsAConflict()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { IdempotencyKey = "key", Prompt = null, Messages = [new ChatTurn("user", "Hi")], Tools = ["{}"] };
        var ended = await network.RunAsync(call);

        var again = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });
        var other = await network.SubmitAsync(call with { Nonce = network.Call().Nonce, Tools = ["{ }"] });

        Assert.Equal((int)ToolCallFormat.Tagged, ended.Reply.ToolCalls);
        Assert.Equal((SubmitStatus.Existing, (int)ToolCallFormat.Tagged), (again.Status, again.ToolCalls));
        Assert.Equal(SubmitStatus.IdempotencyConflict, other.Status);

    }

    [Fact]
    public async Task Submit_SameKeyOfAnotherAccount_IsAnotherRequest()
    {
        await using var one = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        await using var two = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);

        var first = await one.RunAsync(one.Call() with { IdempotencyKey = "key" });
        var second = await two.RunAsync(two.Call() with { IdempotencyKey = "key" });

        Assert.NotEqual(first.Reply.Request, second.Reply.Request);
    }

    [Fact]
    public async Task Submit_ParallelWithOneKey_ChargesOnce()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        SubmitCall[] calls = [.. Enumerable.Range(0, 8).Select(_ => network.Call() with { IdempotencyKey = "key" })];

        var replies = await Task.WhenAll(calls.Select(network.SubmitAsync));

        var accepted = Assert.Single(replies, r => r.Status == SubmitStatus.Accepted);
        Assert.All(replies.Where(r => r != accepted), r => Assert.Equal((SubmitStatus.Existing, accepted.Request), (r.Status, r.Request)));
        var ended = await network.EndAsync(calls[Array.IndexOf(replies, accepted)], accepted);
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    /// <summary>The money for one request only: the twin that loses must not be told that funds are missing.</summary>
    [Fact]
    public async Task Submit_ParallelWithOneKeyAndMoneyForOne_GivesTheExistingRequest()
    {
        await using var network = new TestNetwork(shared.Cluster);
        Assert.Equal(0, (await (await network.AddNodeAsync()).ConnectAsync()).Code);
        await network.DepositAsync((await network.SubmitAsync(network.Call())).HoldMicros);
        network.Script.Generators(Conduct.Silent);
        SubmitCall[] calls = [.. Enumerable.Range(0, 4).Select(_ => network.Call() with { IdempotencyKey = "key" })];

        var replies = await Task.WhenAll(calls.Select(network.SubmitAsync));

        Assert.Single(replies, r => r.Status == SubmitStatus.Accepted);
        Assert.Equal(3, replies.Count(r => r.Status == SubmitStatus.Existing));
        Assert.Equal(0, await network.BalanceAsync());
    }

    [Fact]
    public async Task Submit_SameNonceAgain_GivesTheSameReply()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call();
        var ended = await network.RunAsync(call);

        Assert.Equal(ended.Reply, await network.SubmitAsync(call));
        await shared.Cluster.DeactivateAsync(network.Grain(call));
        var later = await network.SubmitAsync(call);

        Assert.Equal((SubmitStatus.Existing, ended.Reply.Request, ended.Reply.HoldMicros), (later.Status, later.Request, later.HoldMicros));
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    /// <summary>The answer is there, so that nobody could be drawn for another one does not matter. It was 503 once.</summary>
    [Fact]
    public async Task Submit_SameKeyWhileNodesAreAway_GivesTheExistingRequest()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { IdempotencyKey = "key" };
        var ended = await network.RunAsync(call);
        await network.Nodes[0].DisconnectAsync();

        var again = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });
        var fresh = await network.SubmitAsync(network.Call());

        Assert.Equal((SubmitStatus.Existing, ended.Reply.Request), (again.Status, again.Request));
        Assert.Equal(SubmitStatus.NoEligibleNode, fresh.Status);
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    /// <summary>With other nodes an assurance is another level. What was asked is the same, so the answer is.</summary>
    [Fact]
    public async Task Submit_SameKeyAndTheAssuranceIsAnotherLevelNow_GivesTheExistingRequest()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 7);
        var call = network.Call() with { IdempotencyKey = "key", Integrity = "", Assurance = 0.9 };
        var ended = await network.RunAsync(call);
        var fresh = call with { Nonce = network.Call().Nonce, IdempotencyKey = "" };
        foreach (var node in network.Nodes.Skip(3))
            await node.DisconnectAsync();

        var again = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });
        var now = await network.SubmitAsync(fresh);

        Assert.NotEqual(ended.Reply.Integrity, now.Integrity);
        Assert.Equal((SubmitStatus.Existing, ended.Reply.Request), (again.Status, again.Request));
        Assert.Equal(SubmitStatus.IdempotencyConflict, (await network.SubmitAsync(call with { Nonce = network.Call().Nonce, Assurance = 0.95 })).Status);
    }
}
