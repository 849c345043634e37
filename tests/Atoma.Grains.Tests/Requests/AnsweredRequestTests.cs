using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class AnsweredRequestTests(SharedCluster shared)
{
    [Theory]
    [InlineData("none", 1)]
    [InlineData("checked", 2)]
    [InlineData("checked:3", 4)]
    [InlineData("replicated:3", 3)]
    public async Task Submit_HonestNodes_SettlesAndPaysAsTheReceiptSays(string integrity, int paid)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 5);

        var ended = await network.RunAsync(network.Call(integrity));

        Assert.Equal(RequestPhase.Settled, ended.State.Phase);
        Assert.Equal(("settled", "stop", TestNetwork.Answer, integrity, 0), (ended.End.Status, ended.End.FinishReason, ended.End.Text, ended.End.Integrity, ended.End.Convictions));
        Assert.Equal(TestNetwork.Answer, ended.Shown);
        Assert.Equal((19, TestNetwork.Answer.Length + 1), (ended.End.PromptTokens, ended.End.OutputTokens));
        Assert.Equal(paid, ended.State.Payments.Count(p => p.To.Kind == AccountKind.Earnings));
        Assert.Equal(paid, ended.State.Participants.Select(p => p.Node).Distinct().Count());
        await Money.AssertMovedAsync(network, ended);
        Assert.Equal(TestNetwork.Funds - ended.End.PriceMicros, await network.BalanceAsync());
    }

    [Fact]
    public async Task Submit_Streaming_ShowsTextBeforeTheEnd()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);

        var ended = await network.RunAsync(network.Call("checked") with { Streaming = true });

        Assert.True(ended.Events.Count > 1);
        Assert.All(ended.Events.SkipLast(1), e => Assert.Null(e.End));
        Assert.Equal(TestNetwork.Answer, ended.Shown);
    }

    [Fact]
    public async Task Submit_MaxTokens_EndsByLength()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);

        var ended = await network.RunAsync(network.Call() with { MaxTokens = 4 });

        Assert.Equal(("length", "The ", 4), (ended.End.FinishReason, ended.End.Text, ended.End.OutputTokens));
        await Money.AssertMovedAsync(network, ended);
    }

    [Fact]
    public async Task Submit_StopText_CutsIt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var parameters = new SamplingParameters { Temperature = 0, Stop = [" is"] };

        var ended = await network.RunAsync(network.Call("checked") with { Parameters = TestNetwork.Parameters(parameters) });

        Assert.Equal(("stop", "The answer", "The answer"), (ended.End.FinishReason, ended.End.Text, ended.Shown));
    }

    [Fact]
    public async Task Submit_StopToken_CutsIt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var parameters = new SamplingParameters { Temperature = 0, StopTokens = ['w'] };

        var ended = await network.RunAsync(network.Call("checked") with { Parameters = TestNetwork.Parameters(parameters) });

        Assert.Equal(("stop", "The ans", "The ans", 8), (ended.End.FinishReason, ended.End.Text, ended.Shown, ended.End.OutputTokens));
    }

    [Fact]
    public async Task Submit_TopLogprobs_AreShownWithTheirTextAndAtTheEnd()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var parameters = new SamplingParameters { Temperature = 0, TopLogprobs = 3, Stop = [" is"] };

        var ended = await network.RunAsync(network.Call("checked") with { Parameters = TestNetwork.Parameters(parameters), Streaming = true });

        var whole = ended.End.Logprobs;
        Assert.Equal("The answer", string.Concat(whole.Select(l => (char)l.Chosen.Bytes.Single())));
        Assert.Equal(whole.Select(l => (l.Chosen.Token, l.Chosen.Quanta)), ended.Events.SelectMany(e => e.Logprobs).Select(l => (l.Chosen.Token, l.Chosen.Quanta)));
        Assert.All(whole, l => Assert.Equal((3, l.Chosen.Token, l.Chosen.Quanta), (l.Top.Count, l.Top[0].Token, l.Top[0].Quanta)));
        Assert.Equal(ended.State.Answer!.Positions.Take(whole.Count).Select(p => (int)p.Likeliest[2].Quanta), whole.Select(l => l.Top[2].Quanta));
    }

    [Fact]
    public async Task Submit_LogprobsNotAskedFor_AreNotShown()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var ended = await network.RunAsync(network.Call() with { Streaming = true });
        Assert.Empty(ended.End.Logprobs);
        Assert.All(ended.Events, e => Assert.Empty(e.Logprobs));
    }

    [Fact]
    public async Task Submit_BadGrammar_IsRefused()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var reply = await network.SubmitAsync(network.Call() with { Parameters = TestNetwork.Parameters(new SamplingParameters { Grammar = "root ::= root" }) });
        Assert.Equal(Atoma.Grains.Abstractions.SubmitStatus.BadParameters, reply.Status);
        Assert.Contains("grammar", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_SeedNotGiven_IsDrawnFromTheRequest()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var parameters = TestNetwork.Parameters(new SamplingParameters { Seed = 7 });

        var drawn = await network.RunAsync(network.Call() with { Parameters = parameters });
        var given = await network.RunAsync(network.Call() with { Parameters = parameters, SeedGiven = true });

        Assert.NotEqual(7ul, drawn.State.Spec.Parameters.Seed);
        Assert.Equal(7ul, given.State.Spec.Parameters.Seed);
    }

    [Fact]
    public async Task Submit_ManyAtOnce_EachIsPaidForOnce()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 5);

        var ended = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => network.RunAsync(network.Call(i % 2 == 0 ? "checked" : "replicated:3"))));

        Assert.All(ended, e => Assert.Equal(TestNetwork.Answer, e.End.Text));
        Assert.Equal(TestNetwork.Funds - ended.Sum(e => e.End.PriceMicros), await network.BalanceAsync());
        var steps = ended.SelectMany(e => e.State.Participants).Select(p => (p.Draw.Beacon.Chain, p.Draw.Beacon.Step)).ToArray();
        Assert.Equal(steps.Length, steps.Distinct().Count());
        foreach (var one in ended)
            await Money.AssertMovedAsync(network, one);
    }

    [Fact]
    public async Task Submit_Checked_DrawsTheCheckerAfterTheCommitment()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);

        var ended = await network.RunAsync(network.Call("checked"));

        Assert.Equal([DrawPurpose.Primary, DrawPurpose.Checker], ended.State.Participants.Select(p => p.Purpose));
        Assert.True(ended.State.Participants[1].Draw.Beacon.Step > ended.State.Participants[0].Draw.Beacon.Step);
    }
}
