using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;

namespace Atoma.Grains.Tests.Requests;

/// <summary>A quote says what a submission would be taken on, and takes nothing.</summary>
[Collection(ClusterCollection.Name)]
public sealed class QuoteTests(SharedCluster shared)
{
    private Task<QuoteReply> QuoteAsync(SubmitCall call) => shared.Cluster.Grains.GetGrain<IQuoteGrain>(Keys.Quote(call.Model)).Quote(call);

    [Theory]
    [InlineData("none", 1, "at_once", "")]
    [InlineData("sampled", 1, "at_once", "audit_end")]
    [InlineData("checked", 1.6, "after_check", "")]
    [InlineData("checked:3", 2.8, "after_quorum", "")]
    [InlineData("replicated:3", 3, "after_reveals", "")]
    public async Task Quote_AtLevel_IsWhatASubmissionHolds(string integrity, double multiple, string given, string reversible)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 5);
        var call = network.Call(integrity);

        var quote = (await QuoteAsync(call)).Quote!;
        Assert.Equal(TestNetwork.Funds, await network.BalanceAsync());
        var reply = await network.SubmitAsync(call);

        Assert.Equal((reply.Integrity, reply.PromptTokens, reply.HoldMicros), (quote.Level.Integrity, quote.PromptTokens, quote.Level.MaxMicros));
        Assert.Equal(quote.Level.MaxMicros, quote.AnswerMicros + quote.ChecksMicros + quote.AuditsMicros);
        Assert.Equal((given, reversible, 64), (quote.Finality.Given, quote.Finality.ReversibleUntil, quote.MaxOutputTokens));
        Assert.Equal(multiple, quote.Level.PriceMultiple, integrity == "sampled" ? 0.05 : 1e-9);
        Assert.Equal(integrity == "sampled", quote.AuditsMicros > 0);
        Assert.Equal(network.Nodes.Select(n => n.Id.ToString()).Order(), quote.Nodes.Select(n => n.Address).Order());
        Assert.Equal((5, "exact"), (quote.Level.EligibleNodes, quote.Comparison));
        Assert.True(IntegrityLevel.TryParse(integrity, out var level));
        Assert.Equal(Assurance.UndetectedFraud(level, 5, 0.333, shared.Cluster.Options.Terms), quote.Level.UndetectedFraud, 12);
        await network.EndAsync(call, reply);
    }

    [Fact]
    public async Task Quote_Levels_AreThoseThatCanBeSubmitted()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 4);
        var quote = (await QuoteAsync(network.Call())).Quote!;

        Assert.Equal(["none", "sampled", "checked", "checked:3", "replicated:2", "replicated:3", "replicated:4"], quote.Levels.Select(l => l.Integrity));
        Assert.Equal(quote.Levels.Select(l => l.Integrity), await shared.Cluster.Grains.GetGrain<IQuoteGrain>(Keys.Quote(network.Model.Manifest.Id)).Levels());
        foreach (var level in quote.Levels)
            Assert.Equal(level, (await QuoteAsync(network.Call(level.Integrity))).Quote!.Level);
        Assert.Equal(SubmitStatus.NoEligibleNode, (await QuoteAsync(network.Call("replicated:5"))).Status);
    }

    [Fact]
    public async Task Quote_Assurance_IsTheCheapestLevelThatMeetsIt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 9);
        var quote = (await QuoteAsync(network.Call() with { Integrity = "", Assurance = 0.95 })).Quote!;

        Assert.True(1 - quote.Level.UndetectedFraud >= 0.95);
        Assert.Equal(
            quote.Levels.Where(l => 1 - l.UndetectedFraud >= 0.95).Min(l => l.PriceMultiple), quote.Level.PriceMultiple);
        await using var alone = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        Assert.Equal(SubmitStatus.IntegrityUnavailable, (await QuoteAsync(alone.Call() with { Integrity = "", Assurance = 0.95 })).Status);
    }

    [Theory]
    [InlineData("gpt-none", SubmitStatus.UnknownModel)]
    [InlineData("test-none", SubmitStatus.UnknownModel)]
    [InlineData("", SubmitStatus.BadPrompt)]
    public async Task Quote_Refused_AsASubmissionWouldBe(string what, SubmitStatus status)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = what.Length > 0 ? network.Call() with { Model = what } : network.Call() with { Prompt = "" };
        var (quote, submission) = (await QuoteAsync(call), await network.SubmitAsync(call));
        Assert.Equal((status, status), (quote.Status, submission.Status));
        Assert.Equal(submission.Message, quote.Message);
    }

    /// <summary>P6.3: accepted, held, and refunded for want of a node that may take it, before.</summary>
    [Theory]
    [InlineData("none")]
    [InlineData("sampled")]
    public async Task Submit_WorthMoreThanAnyCollateralCovers_IsRefusedAtOnce(string integrity)
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        foreach (var node in network.Nodes)
            await network.MoveAsync(LedgerAccount.Collateral(node.Id), LedgerAccount.External, TestNetwork.Bond - shared.Cluster.Options.CollateralMinMicros, TransferCode.Unbond);
        foreach (var node in network.Nodes)
            Assert.Equal(0, (await node.ConnectAsync()).Code);
        // 400 tokens at 600 micros are 240,000; a hundredth of the collateral is 100,000.
        var call = network.Call(integrity) with { MaxTokens = 400 };

        var reply = await network.SubmitAsync(call);

        Assert.Equal(SubmitStatus.NoEligibleNode, reply.Status);
        Assert.Contains("collateral", reply.Message, StringComparison.Ordinal);
        Assert.Equal(["checked", "replicated:2", "replicated:3"], (await QuoteAsync(call with { Integrity = "checked" })).Quote!.Levels.Select(l => l.Integrity));
    }
}
