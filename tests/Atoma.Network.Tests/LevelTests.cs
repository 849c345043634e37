using System.Net;
using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Network.Tests;

public sealed class HonestNetwork : IAsyncLifetime
{
    public LiveNetwork Network { get; private set; } = null!;

    public async Task InitializeAsync() => Network = await LiveNetwork.StartAsync();

    public async Task DisposeAsync() => await Network.DisposeAsync();
}

/// <summary>An honest network: every level answers, settles and gives a receipt that verifies offline.</summary>
public sealed class LevelTests(HonestNetwork honest) : IClassFixture<HonestNetwork>
{
    private readonly LiveNetwork _network = honest.Network;

    [Theory]
    [InlineData("none", 1, 0)]
    [InlineData("checked", 1, 1)]
    [InlineData("checked:3", 1, 3)]
    [InlineData("replicated:3", 3, 0)]
    public async Task Ask_AtLevel_SettlesWithThatManyNodesAndVerifies(string integrity, int generators, int checkers)
    {
        var answer = await _network.AskAsync("What is Atoma?", integrity);

        Assert.StartsWith("Atoma is a network for verifiable AI inference.", answer["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        Assert.Equal("settled", answer["atoma"]!["status"]!.GetValue<string>());
        var request = await _network.RequestAsync(answer);
        var participants = request["participants"]!.AsArray();
        Assert.Equal(generators, participants.Count(p => p!["output_digest"] is not null));
        Assert.Equal(checkers, participants.Count(p => p!["role"]!.GetValue<string>() == "checker"));
        Assert.Single(participants.Where(p => p!["output_digest"] is not null).Select(p => p!["output_digest"]!.GetValue<string>()).Distinct());
        Assert.Equal(answer["atoma"]!["price_micros"]!.GetValue<long>(), request["payments"]!.AsArray().Sum(p => p!["amount_micros"]!.GetValue<long>()));

        var receipt = await _network.ReceiptAsync(LiveNetwork.RequestId(answer));
        Assert.Empty(ReceiptFile.Verify(receipt, new EthereumSignatures(), out _));
        Assert.Equal(0, await _network.DifferenceAsync());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("checked")]
    [InlineData("replicated:3")]
    public async Task Stream_AtLevel_GivesTheSameTextAndEndsHonestly(string integrity)
    {
        var whole = await _network.AskAsync("What is L2?", integrity);
        var lines = await _network.StreamAsync("What is L2?", integrity);

        Assert.Equal("[DONE]", lines[^1]);
        var chunks = lines[..^1].Select(l => JsonNode.Parse(l)!.AsObject()).ToArray();
        var text = string.Concat(chunks.SelectMany(c => c["choices"]!.AsArray()).Select(c => c!["delta"]!["content"]?.GetValue<string>()));
        Assert.Equal(whole["choices"]![0]!["message"]!["content"]!.GetValue<string>(), text);
        Assert.Contains(chunks, c => c["choices"]!.AsArray().Any(x => x!["finish_reason"]?.GetValue<string>() == "stop"));
        Assert.Contains(chunks, c => c["atoma"]?["status"]?.GetValue<string>() == "settled");
    }

    [Fact]
    public async Task Ask_SampledWithSameSeed_GivesTheSameAnswer()
    {
        var first = await _network.AskAsync("Tell me about slashing.", "none", temperature: 1, seed: 7);
        var second = await _network.AskAsync("Tell me about slashing.", "none", temperature: 1, seed: 7);
        Assert.Equal(first["choices"]![0]!["message"]!["content"]!.GetValue<string>(), second["choices"]![0]!["message"]!["content"]!.GetValue<string>());
    }

    [Fact]
    public async Task Ask_HonestNodesUnderConcurrentLoad_NobodyIsSlashed()
    {
        string[] levels = ["checked", "replicated:3", "none", "checked:3"];
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => _network.AskAsync($"What is L{i % 5}?", levels[i % 4], 32, temperature: i % 2, seed: i)));

        Assert.All(answers, a => Assert.Equal("settled", a["atoma"]?["status"]?.GetValue<string>()));
        var network = await _network.GetAsync("/v1/network");
        Assert.Equal(0, network["open_slashes"]!.GetValue<int>());
        Assert.Equal(0, network["nodes"]!["jailed"]!.GetValue<int>());
        Assert.Equal(0, network["conservation"]!["difference_micros"]!.GetValue<long>());
        Assert.Equal(0, network["conservation"]!["holds_micros"]!.GetValue<long>());
    }

    [Fact]
    public async Task Verify_ReceiptWithOneByteChanged_NamesAField()
    {
        var answer = await _network.AskAsync("What is a receipt?", "checked");
        var receipt = await _network.ReceiptAsync(LiveNetwork.RequestId(answer));
        var signatures = new EthereumSignatures();
        var random = new Random(11);
        for (var i = 0; i < 400; i++)
        {
            var at = random.Next(receipt.Length);
            var changed = receipt.ToCharArray();
            changed[at] = changed[at] == 'x' ? 'y' : 'x';
            var problems = ReceiptFile.Verify(new string(changed), signatures, out _);
            Assert.True(problems.Count > 0, $"a change at byte {at} went unnoticed");
            Assert.All(problems, p => Assert.NotEmpty(p.Field));
        }
    }

    [Fact]
    public async Task Ask_SameIdempotencyKeyTwice_IsChargedOnce()
    {
        async Task<JsonObject> Ask(string question)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
            {
                Content = System.Net.Http.Json.JsonContent.Create(new
                {
                    model = LiveNetwork.Model,
                    messages = new[] { new { role = "user", content = question } },
                }),
            };
            message.Headers.Add("Idempotency-Key", "once");
            using var answer = await _network.Client.SendAsync(message);
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
        }

        var first = await Ask("What is collateral?");
        var balance = (await _network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>();
        var second = await Ask("What is collateral?");
        Assert.Equal(LiveNetwork.RequestId(first), LiveNetwork.RequestId(second));
        Assert.Equal(balance, (await _network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>());
        Assert.NotNull((await Ask("Something else?"))["error"]);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs")]
    [InlineData("/")]
    [InlineData("/v1/nodes")]
    public async Task Get_PublicPage_Answers(string path)
    {
        using var anonymous = new HttpClient { BaseAddress = _network.Client.BaseAddress };
        using var answer = await anonymous.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Get_Dashboard_NeedsTheAdminKey()
    {
        using var anonymous = new HttpClient { BaseAddress = _network.Client.BaseAddress };
        using var refused = await anonymous.GetAsync("/dashboard");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        var key = (await File.ReadAllTextAsync(Path.Combine(_network.Data, "keys", "admin.key"))).Trim();
        using var let = await anonymous.GetAsync($"/dashboard?key={key}");
        Assert.Equal(HttpStatusCode.OK, let.StatusCode);
    }
}
