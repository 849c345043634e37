using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Network.Tests;

/// <summary>L1 on the real network, with every answer audited: given at once, paid or refunded by its audit.</summary>
public sealed class SampledTests
{
    [Fact]
    public async Task Sampled_Honest_IsDeliveredAtOnceAndSettledByItsAudit()
    {
        await using var network = await LiveNetwork.StartAsync("--audit-probability", "1");
        var quote = await QuoteAsync(network, "sampled");
        var answer = await network.AskAsync("What is Atoma?", "sampled");

        Assert.StartsWith("Atoma is a network for verifiable AI inference.", answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        Assert.Equal("delivered", answer["atoma"]!["status"]!.GetValue<string>());
        var request = await EndAsync(network, answer);
        Assert.Equal(("settled", "verified"), (request["status"]!.GetValue<string>(), request["verdict"]!.GetValue<string>()));
        Assert.True(request["audit"]!["due"]!.GetValue<bool>());
        Assert.Equal(["primary", "checker"], request["participants"]!.AsArray().Select(p => p!["role"]!.GetValue<string>()));
        Assert.Equal(answer["atoma"]!["price_micros"]!.GetValue<long>(), request["price_micros"]!.GetValue<long>());
        Assert.Equal(quote["price"]!["max_micros"]!.GetValue<long>(), request["hold_micros"]!.GetValue<long>());
        Assert.Empty(ReceiptFile.Verify(await network.ReceiptAsync(LiveNetwork.RequestId(answer)), new EthereumSignatures(), out _));
        Assert.Equal(0, await network.DifferenceAsync());
    }

    [Fact]
    public async Task Sampled_CheatedAnswer_IsRefundedAndTheCheatSlashed_ItsAppealToo()
    {
        await using var network = await LiveNetwork.StartAsync("--audit-probability", "1", "--nodes", "7", "--cheater", "wrong-tokens", "--epoch", "15");
        var (before, caught) = await CatchAsync(network);

        Assert.Equal(("refunded", "fraud_detected"), (caught["status"]!.GetValue<string>(), caught["refund_reason"]!.GetValue<string>()));
        Assert.Equal(before, await BalanceAsync(network));
        var id = caught["request_id"]!.GetValue<string>();
        Assert.Empty(ReceiptFile.Verify(await network.ReceiptAsync(id), new EthereumSignatures(), out _));
        var cheat = caught["convictions"]![0]!["node"]!.GetValue<string>();
        var slash = await SlashAsync(network, cheat, "frozen", appealed: false);
        Assert.Equal((id, "stage2_mismatch"), (slash["request_id"]!.GetValue<string>(), slash["evidence"]!.GetValue<string>()));

        // The operator reads the evidence and appeals: all vote again, and confirm it again.
        var slashId = slash["id"]!.GetValue<string>();
        var evidence = Path.Combine(network.Data, "evidence.json");
        Assert.Contains("Written to", await OperatorAsync(network, 0, "evidence", slashId, "--to", evidence), StringComparison.Ordinal);
        Assert.Equal(await network.ReceiptAsync(id), await File.ReadAllTextAsync(evidence));
        Assert.Contains(slashId, await OperatorAsync(network, 0, "slashes"), StringComparison.Ordinal);
        Assert.Contains("vote again", await OperatorAsync(network, 0, "appeal", slashId), StringComparison.Ordinal);
        Assert.Contains("appealed before", await OperatorAsync(network, 1, "appeal", slashId), StringComparison.Ordinal);
        await SlashAsync(network, cheat, "frozen", appealed: true);
        await SlashAsync(network, cheat, "executed", appealed: true);

        var reviews = (await network.GetAsync("/v1/reviews"))["data"]!.AsArray().Where(r => r!["origin"]!.GetValue<string>() == id).ToArray();
        Assert.Equal(["assembly mismatch", "assembly mismatch"], reviews.Select(r => $"{r!["kind"]} {r["finding"]}"));
        var node = await network.GetAsync($"/v1/nodes/{cheat}");
        Assert.Equal((0, 0), (node["collateral_micros"]!.GetValue<long>(), node["frozen_micros"]!.GetValue<long>()));
        Assert.Equal(before + 25_000_000, await BalanceAsync(network));
        Assert.Equal(0, await network.DifferenceAsync());
    }

    /// <summary>Asks until the cheat is drawn; the balance before that question, and how it ended.</summary>
    private static async Task<(long Before, JsonObject Request)> CatchAsync(LiveNetwork network)
    {
        // It answers one question in seven: sixty without it happen once in 10,000 runs.
        for (var i = 0; i < 60; i++)
        {
            var before = await BalanceAsync(network);
            var (status, answer) = await network.TryAskAsync("What is Atoma?", "sampled", 48, temperature: 1, seed: i);
            var request = await EndAsync(network, answer);
            if (request["convictions"]!.AsArray().Count == 0)
                continue;
            // A cheat that its own evidence gives away is refused before it is given.
            if (status == HttpStatusCode.OK && answer["atoma"]!["status"]!.GetValue<string>() == "delivered")
                return (before, request);
        }

        throw new InvalidOperationException("The cheater was never drawn, or never found:\n" + network.Output);
    }

    private static Task<JsonObject> EndAsync(LiveNetwork network, JsonObject answer) => MisbehaviourTests.UntilAsync(
        () => network.RequestAsync(answer), r => r["status"]!.GetValue<string>() is "settled" or "refunded" or "expired", "the audit to end");

    private static Task<JsonObject> SlashAsync(LiveNetwork network, string node, string status, bool appealed) => MisbehaviourTests.UntilAsync(
        async () => (await network.GetAsync($"/v1/nodes/{node}/slashes"))["data"]![0]!.AsObject(),
        s => s["status"]!.GetValue<string>() == status && s["appealed"]!.GetValue<bool>() == appealed, $"the slash to be {status}");

    private static async Task<long> BalanceAsync(LiveNetwork network) => (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>();

    private static async Task<JsonObject> QuoteAsync(LiveNetwork network, string integrity)
    {
        using var response = await network.Client.PostAsJsonAsync("/v1/quotes", new JsonObject
        {
            ["model"] = LiveNetwork.Model, ["integrity"] = integrity, ["max_tokens"] = 64,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "What is Atoma?" }),
        });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    /// <summary>Runs <c>atoma node</c> with the last node's key; what it said.</summary>
    private static async Task<string> OperatorAsync(LiveNetwork network, int exitCode, params string[] arguments)
    {
        var said = new StringBuilder();
        var key = Path.Combine(network.Data, "keys", "node-7.key");
        using var process = LiveNetwork.Run(
            LiveNetwork.Program("Atoma.Cli"), ["node", .. arguments, "--key", key, "--api", $"http://127.0.0.1:{network.ApiPort}"],
            line =>
            {
                lock (said)
                    said.AppendLine(line);
            });
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        lock (said)
        {
            Assert.True(exitCode == process.ExitCode, said.ToString());
            return said.ToString();
        }
    }
}
