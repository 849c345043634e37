using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Verification;

namespace Atoma.Network.Tests;

/// <summary>Embeddings through the whole network: drawn, committed, checked, settled, with a receipt that verifies.</summary>
public sealed class EmbeddingTests(HonestNetwork honest) : IClassFixture<HonestNetwork>
{
    private static readonly string[] Texts = ["What is Atoma?", "The moon is far away.", "What is Atoma?"];

    private readonly LiveNetwork _network = honest.Network;

    [Theory]
    [InlineData("none", 1, 0)]
    [InlineData("checked", 1, 1)]
    [InlineData("checked:3", 1, 3)]
    [InlineData("replicated:3", 3, 0)]
    public async Task Embed_AtLevel_SettlesForTheInputOnlyAndVerifies(string integrity, int generators, int checkers)
    {
        var answer = await EmbedAsync(_network, integrity);

        Assert.Equal("settled", answer["atoma"]?["status"]?.GetValue<string>());
        var vectors = answer["data"]!.AsArray().Select(d => d!["embedding"]!.AsArray().Select(v => v!.GetValue<float>()).ToArray()).ToArray();
        Assert.Equal(vectors[0], vectors[2]);
        Assert.NotEqual(vectors[0], vectors[1]);
        Assert.Equal(1, EmbeddingVector.Cosine(vectors[1], vectors[1]), 1e-6);

        var request = await _network.RequestAsync(answer);
        Assert.Equal(0, request["output_tokens"]!.GetValue<int>());
        Assert.Equal(answer["usage"]!["prompt_tokens"]!.GetValue<int>(), request["prompt_tokens"]!.GetValue<int>());
        var participants = request["participants"]!.AsArray();
        Assert.Equal(generators, participants.Count(p => p!["output_digest"] is not null));
        Assert.Equal(checkers, participants.Count(p => p!["role"]!.GetValue<string>() == "checker"));

        var receipt = await _network.ReceiptAsync(LiveNetwork.RequestId(answer));
        Assert.Empty(ReceiptFile.Verify(receipt, new EthereumSignatures(), out var signed));
        var state = signed!.Receipt.State;
        Assert.Equal(vectors, state.Answer!.Vectors.Select(v => v.Values.ToArray()));
        // Each generator earns the input's price, each checker, who does the same work, as much.
        var input = state.Participants[0].Draw.Chosen.InputPrice.ForTokensCeiling(state.Spec.Prompt.Count).Value;
        Assert.Equal(input * (generators + checkers), answer["atoma"]!["price_micros"]!.GetValue<long>());
        Assert.Equal(0, await _network.DifferenceAsync());
    }

    [Fact]
    public async Task Rerank_ADocumentThatIsTheQuery_ComesFirst()
    {
        using var response = await _network.Client.PostAsJsonAsync("/v1/rerank", new { model = LiveNetwork.Model, query = Texts[0], documents = Texts[1..], integrity = "checked" });
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(1, answer["results"]![0]!["index"]!.GetValue<int>());
        Assert.Equal(1, answer["results"]![0]!["relevance_score"]!.GetValue<double>(), 1e-6);
        Assert.Equal("settled", answer["atoma"]!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Embed_CheaterDrawn_IsConvictedAndOthersServe()
    {
        await using var network = await LiveNetwork.StartAsync("--cheater", "wrong-tokens", "--nodes", "7");
        for (var i = 0; i < 60; i++)
        {
            var answer = await EmbedAsync(network, "checked");
            Assert.Equal("settled", answer["atoma"]?["status"]?.GetValue<string>());
            if ((await network.RequestAsync(answer))["convictions"]!.AsArray() is not { Count: > 0 } convictions)
                continue;
            Assert.Equal("stage2_mismatch", convictions[0]!["evidence"]!.GetValue<string>());
            Assert.Empty(ReceiptFile.Verify(await network.ReceiptAsync(LiveNetwork.RequestId(answer)), new EthereumSignatures(), out _));
            return;
        }

        Assert.Fail("The cheat was not drawn in 60 requests.");
    }

    private static async Task<JsonObject> EmbedAsync(LiveNetwork network, string integrity)
    {
        using var response = await network.Client.PostAsJsonAsync("/v1/embeddings", new { model = LiveNetwork.Model, input = Texts, integrity });
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
    }
}
