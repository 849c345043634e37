using System.Text.Json;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Tests;

/// <summary>Several answers to one question: n, and lists of prompts. Each is a request of its own.</summary>
public sealed class ChoicesTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    /// <summary>By choice.</summary>
    private readonly Dictionary<int, FakeRequest> _requests = [];

    /// <summary>What each choice shows.</summary>
    private readonly Dictionary<int, IReadOnlyList<AnswerEvent>> _scripts = [];

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.OnSubmit = Accept;
        for (var i = 0; i < 3; i++)
            _scripts[i] = Scripts.Of(Scripts.Settled("answer " + i), "answer ");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Chat_N_AllChoicesWithSummedUsageAndPrice()
    {
        using var response = await _host.ChatAsync("\"n\":3,\"seed\":7");
        var body = JsonDocument.Parse(await response.OkAsync()).RootElement;

        Assert.Equal(
            [(0, "answer 0"), (1, "answer 1"), (2, "answer 2")],
            body.GetProperty("choices").EnumerateArray().Select(c => (c.GetProperty("index").GetInt32(), c.GetProperty("message").GetProperty("content").GetString())));
        Assert.Equal("""{"prompt_tokens":15,"completion_tokens":9,"total_tokens":24}""", body.GetProperty("usage").GetRawText());
        var atoma = body.GetProperty("atoma");
        Assert.Equal(("settled", 36L, _requests[0].Id), (atoma.GetProperty("status").GetString(), atoma.GetProperty("price_micros").GetInt64(), atoma.GetProperty("request_id").GetString()));
        Assert.Equal(_requests.OrderBy(r => r.Key).Select(r => r.Value.Id), atoma.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("request_id").GetString()));
        Assert.Equal(_requests[0].Id, response.Headers.GetValues("x-request-id").Single());
        Assert.All(_requests.Values, r => Assert.Equal(1, r.Begun));
        Assert.Equal([7UL, 8UL, 9UL], _host.Network.Submitted.OrderBy(c => c.Choice).Select(Seed));
        Assert.All(_host.Network.Submitted, c => Assert.True(c is { Deferred: true, Choices: 3, SeedGiven: true }));
    }

    [Fact]
    public async Task Chat_One_IsNotDeferred()
    {
        using var response = await _host.ChatAsync("\"n\":1");
        Assert.DoesNotContain("\"choices\":[{\"index\":0,\"request_id\"", await response.OkAsync(), StringComparison.Ordinal);
        Assert.False(_host.Network.Submitted.Single().Deferred);
        Assert.Equal(0, _requests[0].Begun);
    }

    [Fact]
    public async Task Text_PromptsTimesN_AreInOrder()
    {
        for (var i = 0; i < 4; i++)
            _scripts[i] = Scripts.Of(Scripts.Settled("answer " + i));
        using var response = await _host.PostAsync("/v1/completions", """{"model":"atoma-demo","prompt":["a",[1,2]],"n":2,"best_of":2,"seed":5}""");
        var body = JsonDocument.Parse(await response.OkAsync()).RootElement;

        Assert.Equal(["answer 0", "answer 1", "answer 2", "answer 3"], body.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("text").GetString()));
        Assert.Equal(
            [("a", "", 5UL), ("a", "", 6UL), (null, "1,2", 5UL), (null, "1,2", 6UL)],
            _host.Network.Submitted.OrderBy(c => c.Choice).Select(c => (c.Prompt, string.Join(',', c.PromptTokens), Seed(c))));
    }

    [Fact]
    public async Task Text_TokenIds_AreOnePrompt()
    {
        using var response = await _host.PostAsync("/v1/completions", """{"model":"atoma-demo","prompt":[72,105]}""");
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.Equal((null, 1), (call.Prompt, call.Choices));
        Assert.Equal([72, 105], call.PromptTokens);
    }

    [Fact]
    public async Task Chat_Stream_EveryChoiceStartsAndFinishesAndTheLastSaysThePrice()
    {
        using var response = await _host.ChatAsync("\"n\":3,\"stream\":true");
        var events = Events(await response.OkAsync());

        for (var i = 0; i < 3; i++)
        {
            var own = events.Where(e => Choice(e) is { } choice && choice.GetProperty("index").GetInt32() == i).Select(e => Choice(e)!.Value).ToArray();
            Assert.Equal("assistant", own[0].GetProperty("delta").GetProperty("role").GetString());
            Assert.Equal("answer " + i, string.Concat(own.Select(Content)));
            Assert.Equal("stop", own[^1].GetProperty("finish_reason").GetString());
        }

        var last = Assert.Single(events, e => e.TryGetProperty("atoma", out _));
        Assert.Equal(36, last.GetProperty("atoma").GetProperty("price_micros").GetInt64());
        Assert.Equal(events[^1].GetRawText(), last.GetRawText());
    }

    [Fact]
    public async Task Chat_StreamWithUsage_SumsAllChoices()
    {
        using var response = await _host.ChatAsync("\"n\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        var last = Events(await response.OkAsync())[^1];
        Assert.Equal(16, last.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(24, last.GetProperty("atoma").GetProperty("price_micros").GetInt64());
    }

    /// <summary>What was given is paid and shown; what was not costs nothing and is named.</summary>
    [Fact]
    public async Task Chat_OneChoiceFails_TheOthersAreGiven()
    {
        _scripts[1] = Scripts.Of(Scripts.Ended("refunded", "nodes_failed"));
        using var response = await _host.ChatAsync("\"n\":3");
        var body = JsonDocument.Parse(await response.OkAsync()).RootElement;

        Assert.Equal([0, 2], body.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("index").GetInt32()));
        var atoma = body.GetProperty("atoma");
        Assert.Equal(24, atoma.GetProperty("price_micros").GetInt64());
        var failed = atoma.GetProperty("choices")[1];
        Assert.Equal(("refunded", "nodes_failed", 0L), (failed.GetProperty("status").GetString(), failed.GetProperty("reason").GetString(), failed.GetProperty("price_micros").GetInt64()));
    }

    [Fact]
    public async Task Chat_OneChoiceOfAStreamFails_TheOthersEndFirst()
    {
        _scripts[0] = Scripts.Of(Scripts.Ended("refunded", "fraud_detected"), "lie");
        using var response = await _host.ChatAsync("\"n\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        var events = Events(await response.OkAsync());

        Assert.Equal("fraud_detected", events[^1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(12, events[^1].GetProperty("error").GetProperty("atoma").GetProperty("price_micros").GetInt64());
        Assert.Equal(8, events[^2].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Contains(events, e => Choice(e) is { } c && c.GetProperty("index").GetInt32() == 1 && c.GetProperty("finish_reason").GetString() == "stop");
        Assert.DoesNotContain(events, e => Choice(e) is { } c && c.GetProperty("index").GetInt32() == 0 && c.GetProperty("finish_reason").GetString() is not null);
    }

    [Fact]
    public async Task Chat_AllChoicesFail_IsAnError()
    {
        for (var i = 0; i < 2; i++)
            _scripts[i] = Scripts.Of(Scripts.Ended("refunded", "nodes_failed"));
        using var whole = await _host.ChatAsync("\"n\":2");
        await whole.ErrorAsync(503, "nodes_failed");
        _requests.Clear();
        using var stream = await _host.ChatAsync("\"n\":2,\"stream\":true");
        await stream.ErrorAsync(503, "nodes_failed");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Chat_OneChoiceIsRefused_NoneBeginsAndAllAreVoided(int refused)
    {
        _host.Network.OnSubmit = (call, request) => call.Choice == refused
            ? new SubmitReply(SubmitStatus.InsufficientFunds, "poor", "", "none", 5, 1000)
            : Accept(call, request);
        using var response = await _host.ChatAsync("\"n\":3");
        var error = await response.ErrorAsync(402, "insufficient_balance");

        // The hold of all three.
        Assert.Contains("3000 micros", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        foreach (var request in _requests.Values)
        {
            Assert.Equal(0, request.Begun);
            await request.Cancelled.WaitAsync(Eventually.Patience);
        }
    }

    /// <summary>The key leads to all choices of then, also when they could not be held again; what was held again is void.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_KeyWasUsed_GivesTheChoicesOfThen(bool knownBefore)
    {
        using var first = await _host.ChatAsync("\"n\":2", ("Idempotency-Key", "mine"));
        var answer = await first.OkAsync();
        var earlier = _requests.ToDictionary();
        Assert.Equal("mine", _host.Network.Submitted.Single(c => c.Choice == 0).IdempotencyKey);
        Assert.Equal("", _host.Network.Submitted.Single(c => c.Choice == 1).IdempotencyKey);
        if (knownBefore)
            _host.Network.UsedKeys.Add("mine");
        _requests.Clear();
        _host.Network.OnSubmit = (call, request) => call.Choice == 0
            ? new SubmitReply(SubmitStatus.Existing, "", earlier[0].Id, "none", 5, 1000)
            : Accept(call, request);

        using var again = await _host.ChatAsync("\"n\":2", ("Idempotency-Key", "mine"));
        Assert.Equal(answer, await again.OkAsync());
        Assert.Equal(knownBefore ? [] : [1], _requests.Keys);
        Assert.All(_requests.Values, r => Assert.True(r.Cancelled.IsCompleted && r.Begun == 0));
        Assert.All(earlier.Values, r => Assert.False(r.Cancelled.IsCompleted));
    }

    [Fact]
    public async Task Chat_ClientLeaves_EveryChoiceIsCancelled()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        var response = await _host.ChatAsync("\"n\":3,\"stream\":true");
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
            await reader.ReadLineAsync().WaitAsync(Eventually.Patience);
        response.Dispose();
        foreach (var request in _requests.Values)
            await request.Cancelled.WaitAsync(Eventually.Patience);
    }

    private SubmitReply Accept(SubmitCall call, FakeRequest request)
    {
        lock (_requests)
        {
            _requests[call.Choice] = request;
        }

        request.Script = _scripts[call.Choice];
        return new SubmitReply(SubmitStatus.Accepted, "", request.Id, "none", 5, 1000);
    }

    private static ulong Seed(SubmitCall call)
    {
        var reader = new CanonicalReader(call.Parameters);
        return SamplingParameters.Read(ref reader).Seed;
    }

    private static JsonElement? Choice(JsonElement chunk) =>
        chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() == 1 ? choices[0] : null;

    private static string Content(JsonElement choice) => choice.GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString()! : "";

    /// <summary>Data of all events but the last, which is [DONE].</summary>
    private static JsonElement[] Events(string body)
    {
        Assert.EndsWith("\n\ndata: [DONE]\n\n", body, StringComparison.Ordinal);
        return [.. body.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l[6..]).RootElement)];
    }
}
