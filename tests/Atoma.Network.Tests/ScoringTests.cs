using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Network.Tests;

/// <summary>A text's own probabilities through the whole network: computed, committed to, checked bit by bit, in a receipt that verifies.</summary>
public sealed class ScoringTests(HonestNetwork honest) : IClassFixture<HonestNetwork>
{
    private const string Text = "Atoma is a network for verifiable AI inference. Nodes that cheat lose their collateral — “always”.";

    private readonly LiveNetwork _network = honest.Network;

    [Theory]
    [InlineData("none", 0, 1, 0)]
    [InlineData("checked", 0, 1, 1)]
    [InlineData("checked:3", 8, 1, 3)]
    [InlineData("replicated:3", 8, 3, 0)]
    public async Task Score_AtLevel_SettlesAndVerifies(string integrity, int maxTokens, int generators, int checkers)
    {
        var answer = await ScoreAsync(_network, integrity, maxTokens);

        Assert.Equal("settled", answer["atoma"]?["status"]?.GetValue<string>());
        var choice = answer["choices"]![0]!;
        Assert.StartsWith(Text, choice["text"]!.GetValue<string>(), StringComparison.Ordinal);
        var prompt = answer["usage"]!["prompt_tokens"]!.GetValue<int>();
        var (tokens, chances, offsets) = Lists(choice["logprobs"]!);
        // An end of the answer that has no text is counted and not shown.
        Assert.InRange(tokens.Length, prompt, prompt + answer["usage"]!["completion_tokens"]!.GetValue<int>());
        Assert.Null(chances[0]);
        Assert.All(chances.Skip(1), c => Assert.InRange(c!.Value, -32, 0));
        Assert.All(choice["logprobs"]!["top_logprobs"]!.AsArray().Skip(1), t => Assert.InRange(t!.AsObject().Count, 1, 4));
        Assert.Equal(offsets.Order(), offsets);
        // Where a token is whole characters, it stands where the text says.
        for (var i = 0; i < prompt; i++)
            Assert.True(tokens[i].Contains('\uFFFD', StringComparison.Ordinal) || tokens[i].StartsWith("token_id:", StringComparison.Ordinal)
                || Text[offsets[i]..].StartsWith(tokens[i].TrimStart(), StringComparison.Ordinal) || Text[offsets[i]..].StartsWith(tokens[i], StringComparison.Ordinal), $"{i}: {tokens[i]} at {offsets[i]}");

        var participants = (await _network.RequestAsync(answer))["participants"]!.AsArray();
        Assert.Equal(generators, participants.Count(p => p!["output_digest"] is not null));
        Assert.Equal(checkers, participants.Count(p => p!["role"]!.GetValue<string>() == "checker"));
        Assert.Empty(ReceiptFile.Verify(await _network.ReceiptAsync(LiveNetwork.RequestId(answer)), new EthereumSignatures(), out var signed));
        var scores = signed!.Receipt.State.Answer!.PromptChunks.SelectMany(c => c.Positions).ToArray();
        Assert.Equal(prompt - 1, scores.Length);
        Assert.Equal(scores.Select(s => (double?)s.Entries[0].LogProbability), chances.Skip(1).Take(prompt - 1));
        Assert.Equal(0, await _network.DifferenceAsync());
    }

    /// <summary>The whole point: what a text scores is what generating it showed.</summary>
    [Fact]
    public async Task Score_OfAnAnswer_GivesTheProbabilitiesItWasGeneratedWith()
    {
        var generated = await ScoreAsync(_network, "none", 24);
        var whole = generated["choices"]![0]!["text"]!.GetValue<string>();
        var scored = await ScoreAsync(_network, "none", 0, whole);
        var (first, second) = (Lists(generated["choices"]![0]!["logprobs"]!), Lists(scored["choices"]![0]!["logprobs"]!));
        // Another tokenisation of the same text has other probabilities; the demo model gives back its own.
        Assert.Equal(first.Tokens, second.Tokens);
        Assert.Equal(first.Chances, second.Chances);
    }

    [Fact]
    public async Task Score_Streamed_GivesThePromptFirstAndTheSame()
    {
        var whole = await ScoreAsync(_network, "checked", 8);
        using var response = await _network.Client.PostAsJsonAsync("/v1/completions", Body("checked", 8, Text, stream: true));
        var chunks = (await response.Content.ReadAsStringAsync()).Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal))
            .Select(l => JsonNode.Parse(l[6..])!).Where(c => c["choices"]!.AsArray().Count > 0).Select(c => c["choices"]![0]!).ToArray();

        Assert.StartsWith(Text, chunks[0]["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(whole["choices"]![0]!["text"]!.GetValue<string>(), string.Concat(chunks.Select(c => c["text"]!.GetValue<string>())));
        var lists = chunks.Where(c => c["logprobs"] is not null).Select(c => Lists(c["logprobs"]!)).ToArray();
        var expected = Lists(whole["choices"]![0]!["logprobs"]!);
        Assert.Equal(expected.Chances, lists.SelectMany(l => l.Chances));
        Assert.Equal(expected.Offsets, lists.SelectMany(l => l.Offsets));
    }

    [Fact]
    public async Task Score_LiarDrawn_IsConvictedAndOthersServe()
    {
        await using var network = await LiveNetwork.StartAsync("--cheater", "wrong-tokens", "--nodes", "7");
        for (var i = 0; i < 60; i++)
        {
            var answer = await ScoreAsync(network, "checked", 0);
            Assert.Equal("settled", answer["atoma"]?["status"]?.GetValue<string>());
            if ((await network.RequestAsync(answer))["convictions"]!.AsArray() is not { Count: > 0 } convictions)
                continue;
            Assert.Equal("stage2_mismatch", convictions[0]!["evidence"]!.GetValue<string>());
            Assert.Empty(ReceiptFile.Verify(await network.ReceiptAsync(LiveNetwork.RequestId(answer)), new EthereumSignatures(), out _));
            return;
        }

        Assert.Fail("60 requests and the liar was never drawn to answer.");
    }

    private static async Task<JsonObject> ScoreAsync(LiveNetwork network, string integrity, int maxTokens, string text = Text)
    {
        using var response = await network.Client.PostAsJsonAsync("/v1/completions", Body(integrity, maxTokens, text, stream: false));
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    /// <summary>As evaluation programs ask: token ids in, nothing generated.</summary>
    [Fact]
    public async Task Score_OfTokenIds_EchoesTheirText()
    {
        using var counted = await _network.Client.PostAsJsonAsync("/v1/tokenize", new { model = LiveNetwork.Model, prompt = Text, ids = true });
        var ids = JsonNode.Parse(await counted.Content.ReadAsStringAsync())!["tokens"]!.AsArray().Select(t => t!.GetValue<int>()).ToArray();
        using var response = await _network.Client.PostAsJsonAsync("/v1/completions", new { model = LiveNetwork.Model, prompt = new[] { ids, ids[..5] }, max_tokens = 0, echo = true, logprobs = 1 });
        var choices = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["choices"]!.AsArray();
        Assert.Equal(Text, choices[0]!["text"]!.GetValue<string>());
        Assert.Equal([ids.Length, 5], choices.Select(c => c!["logprobs"]!["tokens"]!.AsArray().Count));
    }

    private static object Body(string integrity, int maxTokens, string text, bool stream) =>
        new { model = LiveNetwork.Model, prompt = text, integrity, max_tokens = maxTokens, echo = true, logprobs = 3, temperature = 0, stream };

    private static (string[] Tokens, double?[] Chances, int[] Offsets) Lists(JsonNode logprobs) =>
    (
        [.. logprobs["tokens"]!.AsArray().Select(t => t!.GetValue<string>())],
        [.. logprobs["token_logprobs"]!.AsArray().Select(c => c?.GetValue<double>())],
        [.. logprobs["text_offset"]!.AsArray().Select(o => o!.GetValue<int>())]
    );
}
