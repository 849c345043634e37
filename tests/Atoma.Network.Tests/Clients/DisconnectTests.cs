using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Atoma.Network.Tests.Clients;

/// <summary>Clients that leave in the middle, and those that come back (P5.8): what is generated, and what is charged.</summary>
[Collection(ClientCollection.Name)]
public sealed class DisconnectTests(ClientNetwork clients)
{
    private const int Tokens = 1500;

    private LiveNetwork Network => clients.Network;

    [Fact]
    public async Task Stream_ClientLeaves_NodeStopsAndOnlyWhatWasGeneratedIsCharged()
    {
        var before = await BalanceAsync();
        var (id, _) = await LeaveAsync(key: null, events: 5);
        var ended = await EndedAsync(id);

        Assert.Equal("settled", ended["status"]!.GetValue<string>());
        var output = ended["output_tokens"]!.GetValue<int>();
        Assert.InRange(output, 1, Tokens - 1);
        Assert.Equal(Price(ended), before - await BalanceAsync());
    }

    [Fact]
    public async Task Stream_ClientWithAKeyLeaves_AnswerIsFinishedAndARetryGetsItForNothing()
    {
        var before = await BalanceAsync();
        var key = Guid.CreateVersion7().ToString();
        var (id, _) = await LeaveAsync(key, events: 5);
        var ended = await EndedAsync(id);
        var charged = before - await BalanceAsync();
        var (again, text) = await LeaveAsync(key, events: int.MaxValue);

        Assert.Equal(("settled", Tokens), (ended["status"]!.GetValue<string>(), ended["output_tokens"]!.GetValue<int>()));
        Assert.Equal(Price(ended), charged);
        Assert.Equal(id, again);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(charged, before - await BalanceAsync());
    }

    [Fact]
    public async Task Events_ResumedAfterTheNetworkWasRestarted_GoOnWithoutAnotherCharge()
    {
        var (id, whole) = await LeaveAsync(Guid.CreateVersion7().ToString(), events: int.MaxValue);
        var events = whole.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var seen = events[events.Length / 2];
        var balance = await BalanceAsync();
        await Network.InterruptAsync();
        await Network.StartAgainAsync();

        using var resume = new HttpRequestMessage(HttpMethod.Get, $"/v1/requests/{id}/events");
        resume.Headers.Add("Last-Event-ID", seen.Split('\n')[0]["id: ".Length..]);
        using var response = await Network.Client.SendAsync(resume);
        var rest = await response.Content.ReadAsStringAsync();

        Assert.Equal(Text(whole), Text(string.Join("\n\n", events[..(events.Length / 2 + 1)])) + Text(rest));
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.Equal(balance, await BalanceAsync());
    }

    [Fact]
    public async Task Asynchronous_AskedPolledAndFetched()
    {
        using var accepted = await Network.Client.PostAsJsonAsync("/v1/requests", Body(16, stream: false, n: 2));
        Assert.Equal(202, (int)accepted.StatusCode);
        HttpResponseMessage answer = null!;
        await Eventually.TrueAsync(async () => (int)(answer = await Network.Client.GetAsync(accepted.Headers.Location + "/answer")).StatusCode != 202);
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Equal(2, body["choices"]!.AsArray().Count);
        Assert.Equal(32, body["usage"]!["completion_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Choices_MoneyForOneOnly_NoneIsServedAndAllOfItReturns()
    {
        var before = await BalanceAsync();
        using var refused = await Network.Client.PostAsJsonAsync("/v1/chat/completions", Body(2000, stream: false, n: 8, integrity: "checked:3"));
        Assert.Equal(402, (int)refused.StatusCode);
        await Eventually.TrueAsync(async () => await BalanceAsync() == before);
    }

    private static JsonObject Body(int tokens, bool stream, int n = 1, string integrity = "none") => new()
    {
        ["model"] = LiveNetwork.Model, ["max_tokens"] = tokens, ["temperature"] = 1, ["ignore_eos"] = true, ["stream"] = stream, ["n"] = n, ["integrity"] = integrity,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "What is Atoma?" }),
    };

    /// <summary>Reads so many events of a stream and hangs up; what was read, and of which request.</summary>
    private async Task<(string Request, string Text)> LeaveAsync(string? key, int events)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(Body(Tokens, stream: true)) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await Network.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var text = new System.Text.StringBuilder();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var read = 0; read < events && await reader.ReadLineAsync() is { } line;)
        {
            text.Append(line).Append('\n');
            read += line.Length == 0 ? 1 : 0;
        }

        return (response.Headers.GetValues("x-request-id").Single(), text.ToString());
    }

    private async Task<JsonObject> EndedAsync(string id)
    {
        JsonObject request = null!;
        await Eventually.TrueAsync(async () => (request = await Network.GetAsync($"/v1/requests/{id}"))["status"]!.GetValue<string>() is "settled" or "refunded" or "expired");
        return request;
    }

    private async Task<long> BalanceAsync() => (await Network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>();

    /// <summary>One node's answer at the development network's prices: 1,000 and 3,000 micros per 1,000 tokens.</summary>
    private static long Price(JsonObject request) => request["prompt_tokens"]!.GetValue<int>() + 3L * request["output_tokens"]!.GetValue<int>();

    private static string Text(string events) => string.Concat(events.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal))
        .Select(l => JsonNode.Parse(l[6..])!["choices"]!.AsArray().FirstOrDefault()?["delta"]?["content"]?.GetValue<string>()));
}
