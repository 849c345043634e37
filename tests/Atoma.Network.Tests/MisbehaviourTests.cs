using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Network.Tests;

/// <summary>One node of five cheats, for real: it is found out, jailed and slashed with evidence, and the requester is served by others.</summary>
public sealed class MisbehaviourTests
{
    [Theory]
    [InlineData("wrong-tokens", "checked", 7, true)]
    // Replicas that differ are not the n equal answers that were bought: refunded, and the cheat pays.
    [InlineData("wrong-tokens", "replicated:3", 5, false)]
    // Five nodes: the cheat, its checker and three resolvers are all there are, so nobody is left to answer instead.
    [InlineData("other-model", "checked", 5, false)]
    [InlineData("other-model", "replicated:3", 5, false)]
    [InlineData("truncate", "checked", 7, true)]
    [InlineData("copy", "replicated:3", 5, false)]
    public async Task Cheater_DrawnToAnswer_IsConvictedAndSlashedWithEvidence(string kind, string integrity, int nodes, bool servedByOthers)
    {
        await using var network = await LiveNetwork.StartAsync("--cheater", kind, "--epoch", "2", "--nodes", nodes.ToString());
        var (answer, request) = await AskUntilAsync(network, integrity, r => r["convictions"]!.AsArray().Count > 0);

        // Stage 1 proves some cheats without resolvers, who are then free to answer.
        Assert.Equal(servedByOthers || request["convictions"]![0]!["evidence"]!.GetValue<string>() == "stage1_mismatch" ? "settled" : "refunded",
            request["status"]!.GetValue<string>());
        if (request["status"]!.GetValue<string>() == "refunded")
            Assert.Equal("fraud_detected", answer["error"]!["code"]!.GetValue<string>());
        var cheat = request["convictions"]![0]!["node"]!.GetValue<string>();
        Assert.Equal("jailed", (await network.GetAsync($"/v1/nodes/{cheat}"))["state"]!.GetValue<string>());
        var receipt = await network.ReceiptAsync(LiveNetwork.RequestId(answer));
        Assert.Empty(ReceiptFile.Verify(receipt, new EthereumSignatures(), out var evidence));
        Assert.Equal(cheat, evidence!.Receipt.State.Convictions[0].Node.ToString());

        // The appeal window of one epoch (2 s here) passes, then the frozen collateral is divided.
        var slash = await UntilAsync(async () => (await network.GetAsync($"/v1/nodes/{cheat}/slashes"))["data"]![0]!.AsObject(),
            s => s["status"]!.GetValue<string>() == "executed", "the slash to execute");
        Assert.Equal(100_000_000, slash["amount_micros"]!.GetValue<long>());
        var node = await network.GetAsync($"/v1/nodes/{cheat}");
        Assert.Equal(0, node["collateral_micros"]!.GetValue<long>());
        Assert.Equal(0, node["frozen_micros"]!.GetValue<long>());
        Assert.Equal(0, await network.DifferenceAsync());
    }

    [Theory]
    [InlineData("checked")]
    [InlineData("replicated:3")]
    public async Task Silent_DrawnToAnswer_IsReplacedAndPaysForTheTime(string integrity)
    {
        await using var network = await LiveNetwork.StartAsync("--cheater", "silent", "--commit-timeout", "2");
        var (answer, request) = await AskUntilAsync(network, integrity, r => r["participants"]!.AsArray().Any(p => p!["failure"]?.GetValue<string>() == "silent"));

        Assert.Equal("settled", answer["atoma"]?["status"]?.GetValue<string>());
        var silent = request["participants"]!.AsArray().Single(p => p!["failure"]?.GetValue<string>() == "silent")!["node"]!.GetValue<string>();
        Assert.Equal(99_000_000, (await network.GetAsync($"/v1/nodes/{silent}"))["collateral_micros"]!.GetValue<long>());
        Assert.Equal(0, await network.DifferenceAsync());
    }

    [Fact]
    public async Task Cheater_AtLevelNone_IsNotNoticed()
    {
        // L0 promises a signed answer and no more: the demonstration of why checks are worth their price.
        await using var network = await LiveNetwork.StartAsync("--nodes", "1", "--cheater", "wrong-tokens");
        var answer = await network.AskAsync("What is Atoma?", "none");
        Assert.Equal("settled", answer["atoma"]!["status"]!.GetValue<string>());
        Assert.Equal("signed, not checked", (await network.RequestAsync(answer))["verdict"]!.GetValue<string>());
    }

    internal static async Task<(JsonObject Answer, JsonObject Request)> AskUntilAsync(LiveNetwork network, string integrity, Func<JsonObject, bool> found)
    {
        // A cheater is the primary of one request in five: sixty without it happen once in 650,000 runs.
        for (var i = 0; i < 60; i++)
        {
            var answer = await network.AskAsync("What is Atoma?", integrity, 48, temperature: 1, seed: i);
            var request = await network.RequestAsync(answer);
            if (found(request))
                return (answer, request);
        }

        throw new InvalidOperationException("The cheater was never drawn, or never found:\n" + network.Output);
    }

    internal static async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> holds, string what)
    {
        for (var i = 0; i < 300; i++)
        {
            var value = await read();
            if (holds(value))
                return value;
            await Task.Delay(100);
        }

        throw new TimeoutException($"Waited 30 s for {what}.");
    }
}
