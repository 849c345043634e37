using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class RefusedRequestTests(SharedCluster shared)
{
    public static TheoryData<string, SubmitStatus> Cases => new()
    {
        { "no tokenizer", SubmitStatus.UnknownModel },
        { "never offered", SubmitStatus.UnknownModel },
        { "parameters", SubmitStatus.BadParameters },
        { "empty prompt", SubmitStatus.BadPrompt },
        { "unknown role", SubmitStatus.BadPrompt },
        { "long prompt", SubmitStatus.PromptTooLong },
        { "no inputs in an answer's bytes", SubmitStatus.BadParameters },
        { "empty input", SubmitStatus.BadPrompt },
        { "unknown token", SubmitStatus.BadPrompt },
        { "too many values", SubmitStatus.BadPrompt },
        { "too many inputs", SubmitStatus.BadPrompt },
        { "long input", SubmitStatus.PromptTooLong },
        { "integrity", SubmitStatus.IntegrityUnknown },
        { "assurance above 1", SubmitStatus.IntegrityUnknown },
        { "too few nodes", SubmitStatus.NoEligibleNode },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Submit_CannotBeServed_SaysWhyAndChargesNothing(string what, SubmitStatus expected)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        var good = network.Call();
        var call = what switch
        {
            "no tokenizer" => good with { Model = "gpt-none" },
            "never offered" => good with { Model = "test-none" },
            "parameters" => good with { Parameters = [1, 2, 3] },
            "empty prompt" => good with { Prompt = "" },
            "unknown role" => good with { Prompt = null, Messages = [new ChatTurn("robot", "hello")] },
            "long prompt" => good with { Prompt = new string('x', 512) },
            "no inputs in an answer's bytes" => good with { Parameters = TestNetwork.Parameters(new SamplingParameters { MaxTokens = 0, InputLengths = [1] }) },
            "empty input" => good with { Inputs = [new EmbeddingInput("", [])] },
            "unknown token" => good with { Inputs = [new EmbeddingInput(null, [257])] },
            "too many values" => good with { Inputs = [.. Enumerable.Repeat(new EmbeddingInput("a", []), VerificationLimits.EmbeddingValues / FakeModel.EmbeddingLength + 1)] },
            "too many inputs" => good with { Inputs = [.. Enumerable.Repeat(new EmbeddingInput("a", []), VerificationLimits.EmbeddingInputs + 1)] },
            "long input" => good with { Inputs = [new EmbeddingInput("a", []), new EmbeddingInput(new string('x', 513), [])] },
            "integrity" => good with { Integrity = "certain" },
            "assurance above 1" => good with { Integrity = "", Assurance = 1.5 },
            _ => good with { Integrity = "replicated:4" },
        };

        var reply = await network.SubmitAsync(call);

        Assert.True(expected == reply.Status, reply.ToString());
        Assert.NotEqual("", reply.Message);
        await AssertNothingHappenedAsync(network, call, TestNetwork.Funds);
    }

    [Fact]
    public async Task Submit_AssuranceOutOfReach_SaysSoAndChargesNothing()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call() with { Integrity = "", Assurance = 0.9 };

        Assert.Equal(SubmitStatus.IntegrityUnavailable, (await network.SubmitAsync(call)).Status);

        await AssertNothingHappenedAsync(network, call, TestNetwork.Funds);
    }

    [Fact]
    public async Task Submit_PromptOneTokenBelowTheContext_GetsOneToken()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);

        var ended = await network.RunAsync(network.Call() with { Prompt = new string('x', 511) });

        Assert.Equal((511, 1, "T"), (ended.End.PromptTokens, ended.End.OutputTokens, ended.End.Text));
    }

    [Fact]
    public async Task Submit_InsufficientFunds_ChargesNothing()
    {
        await using var network = new TestNetwork(shared.Cluster);
        Assert.Equal(0, (await (await network.AddNodeAsync()).ConnectAsync()).Code);
        var call = network.Call();
        var without = await network.SubmitAsync(call);
        Assert.Equal(SubmitStatus.InsufficientFunds, without.Status);

        await network.DepositAsync(without.HoldMicros - 1);
        var almost = network.Call();
        Assert.Equal(SubmitStatus.InsufficientFunds, (await network.SubmitAsync(almost)).Status);
        await AssertNothingHappenedAsync(network, almost, without.HoldMicros - 1);

        await network.DepositAsync(1);
        Assert.Equal(SubmitStatus.Accepted, (await network.SubmitAsync(network.Call())).Status);
    }

    [Fact]
    public async Task Submit_Assurance_IsResolvedToTheCheapestLevel()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 6);
        var options = shared.Cluster.Options;
        var expected = Assurance.Cheapest(0.9, 6, options.AdversaryPermille / 1000.0, options.Terms)!.Value;
        Assert.NotEqual(IntegrityLevel.None, expected);

        var ended = await network.RunAsync(network.Call() with { Integrity = "", Assurance = 0.9 });

        Assert.Equal(expected.ToString(), ended.Reply.Integrity);
        Assert.Equal(expected, ended.State.Spec.Integrity);
    }

    private static async Task AssertNothingHappenedAsync(TestNetwork network, SubmitCall call, long balance)
    {
        Assert.Equal(balance, await network.BalanceAsync());
        Assert.Null(await network.Cluster.Ledger.FindRequestAsync(RequestSpec.IdOf(call.Account, new Hash32(call.Nonce)), default));
        Assert.Null(await network.Grain(call).Describe());
    }
}
