using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class ScoredRequestTests(SharedCluster shared)
{
    private const string Prompt = "abé";

    private static SubmitCall Scored(TestNetwork network, string integrity, int maxTokens) => network.Call(integrity) with
    {
        Prompt = Prompt,
        Parameters = TestNetwork.Parameters(new SamplingParameters { Temperature = 0, ScorePrompt = true, TopLogprobs = 2, MaxTokens = maxTokens }),
        MaxTokens = maxTokens,
        Streaming = true,
    };

    [Theory]
    [InlineData("none", 0)]
    [InlineData("checked", 0)]
    [InlineData("checked", 3)]
    [InlineData("replicated:2", 3)]
    public async Task Submit_ScoredPrompt_ShowsItsProbabilitiesOnceBeforeTheAnswer(string integrity, int maxTokens)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);

        var ended = await network.RunAsync(Scored(network, integrity, maxTokens));

        Assert.Equal(("settled", 4, maxTokens, "length"), (ended.End.Status, ended.End.PromptTokens, ended.End.OutputTokens, ended.End.FinishReason));
        Assert.Equal(["a", "b", "\u00c3", "\u00a9"], ended.End.PromptLogprobs.Select(p => string.Concat(p.Chosen.Bytes.Select(b => (char)b))));
        Assert.Equal([TokenLogprob.Unscored, 2048 + 'b', 2048 + 0xC3, 2048 + 0xA9], ended.End.PromptLogprobs.Select(p => p.Chosen.Quanta));
        Assert.Empty(ended.End.PromptLogprobs[0].Top);
        Assert.All(ended.End.PromptLogprobs.Skip(1), p => Assert.Equal([2048, 2049], p.Top.Select(t => t.Quanta)));
        Assert.Equal(maxTokens, ended.End.Logprobs.Count);
        var shown = Assert.Single(ended.Events, e => e.PromptLogprobs.Count > 0);
        Assert.Same(ended.Events[0], shown);
        Assert.Equal(ended.End.PromptLogprobs.Select(p => p.Chosen.Quanta), shown.PromptLogprobs.Select(p => p.Chosen.Quanta));
        Assert.Equal(TestNetwork.Answer[..maxTokens], ended.Shown);
        await Money.AssertMovedAsync(network, ended);
    }

    [Fact]
    public async Task Submit_OneTokenScored_HasNoProbabilityAndIsAnswered()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var ended = await network.RunAsync(Scored(network, "none", 0) with { Prompt = "a" });
        Assert.Equal(("settled", TokenLogprob.Unscored), (ended.End.Status, Assert.Single(ended.End.PromptLogprobs).Chosen.Quanta));
    }

    /// <summary>200,000 micros for 1,000 tokens of input: 4 tokens cost 800, scored 1,600; the check is the same work again.</summary>
    [Fact]
    public async Task Submit_ScoresAlone_CostTwiceTheInputAndAsMuchForTheCheck()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var ended = await network.RunAsync(Scored(network, "checked", 0));
        Assert.Equal((3_200, 3_200), (ended.End.PriceMicros, ended.State.Spec.Hold.Value));
    }

    [Fact]
    public async Task Submit_NodeLiesAboutThePrompt_IsConvictedAndAnotherServes()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 8);
        network.Script.Generators(Conduct.LiesAboutThePrompt);

        var ended = await network.RunAsync(Scored(network, "checked", 0));

        Assert.Equal(("settled", 1), (ended.End.Status, ended.End.Convictions));
        var conviction = Assert.Single(ended.State.Convictions);
        Assert.Equal((network.Culprit(Conduct.LiesAboutThePrompt).Id, EvidenceKind.Stage2Mismatch), (conviction.Node, conviction.Kind));
        Assert.Equal(2048 + 0xA9, ended.End.PromptLogprobs[^1].Chosen.Quanta);
    }

    [Fact]
    public async Task Submit_PromptOfTheWholeContext_IsScoredAndNotGoneOnWith()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var whole = new string('a', network.Model.Manifest.ContextLength);
        Assert.Equal("settled", (await network.RunAsync(Scored(network, "checked", 0) with { Prompt = whole })).End.Status);
        Assert.Equal(SubmitStatus.PromptTooLong, (await network.SubmitAsync(Scored(network, "checked", 1) with { Prompt = whole })).Status);
        Assert.Equal(SubmitStatus.PromptTooLong, (await network.SubmitAsync(Scored(network, "checked", 0) with { Prompt = whole + "a" })).Status);
    }
}
