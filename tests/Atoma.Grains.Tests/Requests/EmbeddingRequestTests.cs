using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class EmbeddingRequestTests(SharedCluster shared)
{
    [Theory]
    [InlineData("none", 1)]
    [InlineData("checked", 2)]
    [InlineData("replicated:2", 2)]
    public async Task Submit_Inputs_SettlesAndChargesTheInputOnly(string integrity, int nodes)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        var call = network.Call(integrity) with { Prompt = null, Inputs = [new EmbeddingInput("abc", []), new EmbeddingInput(null, [104, 105])] };

        var ended = await network.RunAsync(call);

        Assert.Equal("settled", ended.End.Status);
        Assert.Equal((5, 0, ""), (ended.End.PromptTokens, ended.End.OutputTokens, ended.End.Text));
        Assert.Equal([3, 2], ended.End.Vectors.Select(v => Array.IndexOf(v, 1f)));
        // 200,000 micros for 1,000 tokens; who checks does the same work.
        Assert.Equal(nodes * 1000, ended.End.PriceMicros);
        Assert.Equal(ended.End.PriceMicros, ended.State.Spec.Hold.Value);
        Assert.Equal(TestNetwork.Funds - nodes * 1000, await network.BalanceAsync());
    }

    [Fact]
    public async Task Submit_SameKeyOtherInputs_IsAConflict()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { IdempotencyKey = "key", Inputs = [new EmbeddingInput("abc", [])] };
        await network.RunAsync(call);

        var same = await network.SubmitAsync(call with { Nonce = network.Call().Nonce });
        var split = await network.SubmitAsync(call with { Nonce = network.Call().Nonce, Inputs = [new EmbeddingInput("ab", []), new EmbeddingInput("c", [])] });

        Assert.Equal([SubmitStatus.Existing, SubmitStatus.IdempotencyConflict], [same.Status, split.Status]);
    }
}
