using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Api.Tests;

/// <summary>What a body becomes, and what every answer to a submission becomes.</summary>
public sealed class SubmitTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.Script = Scripts.Of(Scripts.Settled("ok"));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Submit_IdFollowsFromAccountAndFreshNonce()
    {
        using var first = await _host.ChatAsync();
        using var second = await _host.ChatAsync();
        var calls = _host.Network.Submitted.ToArray();
        Assert.NotEqual(Convert.ToHexString(calls[0].Nonce), Convert.ToHexString(calls[1].Nonce));
        foreach (var call in calls)
        {
            Assert.Equal(FakeNetwork.Account, call.Account);
            Assert.Contains("req:" + RequestSpec.IdOf(call.Account, new Hash32(call.Nonce)), _host.Network.Requests.Keys);
        }
    }

    [Fact]
    public async Task Submit_Defaults()
    {
        using var response = await _host.ChatAsync();
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.Equal(("none", null, 0, false, false, ""), (call.Integrity, call.Assurance, call.MaxTokens, call.SeedGiven, call.Streaming, call.IdempotencyKey));
        Assert.Null(call.Prompt);
        Assert.Equal(new ChatTurn("user", "Hello"), Assert.Single(call.Messages));
        Assert.Equivalent(new SamplingParameters(), Parameters(call));
    }

    [Fact]
    public async Task Submit_TextDefaults()
    {
        using var response = await _host.PostAsync("/v1/completions", Bodies.Text());
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.Equal("Once", call.Prompt);
        Assert.Empty(call.Messages);
        Assert.Equal(16, call.MaxTokens);
    }

    [Fact]
    public async Task Submit_EveryParameterIsPassedOn()
    {
        using var response = await _host.ChatAsync(
            """
            "temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"presence_penalty":-1,"frequency_penalty":2,"max_tokens":77,"seed":-1,
            "stop":["a","b"],"logit_bias":{"9":100,"3":-1.5},"n":1,"user":"me","logprobs":false,"top_logprobs":0,"tools":[],"tool_choice":"none",
            "response_format":{"type":"text"},"modalities":["text"],"stream":null,"something_new":{"x":[1]}
            """);
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.True(call.SeedGiven);
        Assert.Equal(77, call.MaxTokens);
        Assert.Equivalent(
            new SamplingParameters
            {
                Temperature = 0.5, TopP = 0.9, TopK = 40, MinP = 0.05, PresencePenalty = -1, FrequencyPenalty = 2, MaxTokens = 77, Seed = ulong.MaxValue,
                Stop = ["a", "b"], LogitBias = [new LogitBias(3, -1.5), new LogitBias(9, 100)],
            },
            Parameters(call));
    }

    [Theory]
    [InlineData("\"repetition_penalty\":1.3,\"repetition_window\":-1")]
    [InlineData("\"repeat_penalty\":1.3,\"repeat_last_n\":-1")]
    [InlineData("\"repeat_penalty\":1.3,\"repetition_penalty\":1.3,\"repetition_window\":147456")]
    public async Task Submit_SamplerFields_ArePassedOn(string repetition)
    {
        using var response = await _host.ChatAsync(repetition + ",\"stop_token_ids\":[9,3,9],\"ignore_eos\":true,\"grammar\":\"root ::= [a-z]+\",\"logprobs\":true,\"top_logprobs\":4");
        await response.OkAsync();
        Assert.Equivalent(
            new SamplingParameters
            {
                RepetitionPenalty = 1.3, RepetitionWindow = 147_456, StopTokens = [3, 9], IgnoreEndOfSequence = true, Grammar = "root ::= [a-z]+", TopLogprobs = 4,
            },
            Parameters(_host.Network.Submitted.Single()));
    }

    [Theory]
    [InlineData("{\"type\":\"json_object\"}", "{\"a\":[1]}", "[1]")]
    [InlineData("{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}}", "[1, 2]", "{}")]
    public async Task Submit_ResponseFormat_BecomesAGrammar(string format, string good, string bad)
    {
        using var response = await _host.ChatAsync("\"response_format\":" + format);
        await response.OkAsync();
        var grammar = Parameters(_host.Network.Submitted.Single()).Grammar;
        Assert.True(Structured.GrammarWriter.Accepts(grammar, good));
        Assert.False(Structured.GrammarWriter.Accepts(grammar, bad));
    }

    /// <summary>The token's own probability comes with those of the likeliest: one is asked for though none is shown.</summary>
    [Theory]
    [InlineData("/v1/chat/completions", "\"logprobs\":true", 1)]
    [InlineData("/v1/chat/completions", "\"logprobs\":false", 0)]
    [InlineData("/v1/completions", "\"logprobs\":0", 1)]
    [InlineData("/v1/completions", "\"logprobs\":5", 5)]
    [InlineData("/v1/completions", "\"logprobs\":null", 0)]
    public async Task Submit_Logprobs_AskForTheLikeliest(string path, string field, int top)
    {
        using var response = await _host.PostAsync(path, path.Contains("chat", StringComparison.Ordinal) ? Bodies.Chat(field) : Bodies.Text(field));
        await response.OkAsync();
        Assert.Equal(top, Parameters(_host.Network.Submitted.Single()).TopLogprobs);
    }

    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("-9223372036854775808", 9223372036854775808UL)]
    public async Task Submit_Seed_Is64Bits(string seed, ulong expected)
    {
        using var response = await _host.ChatAsync("\"seed\":" + seed);
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.True(call.SeedGiven);
        Assert.Equal(expected, Parameters(call).Seed);
    }

    [Theory]
    [InlineData("null", "none", null)]
    [InlineData("\"none\"", "none", null)]
    [InlineData("\"checked\"", "checked", null)]
    [InlineData("\"checked:1\"", "checked", null)]
    [InlineData("\"checked:3\"", "checked:3", null)]
    [InlineData("\"replicated:3\"", "replicated:3", null)]
    [InlineData("{\"assurance\":0.999}", "", 0.999)]
    public async Task Submit_Integrity(string json, string level, double? assurance)
    {
        using var response = await _host.ChatAsync("\"integrity\":" + json);
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.Equal((level, assurance), (call.Integrity, call.Assurance));
    }

    [Fact]
    public async Task Submit_Messages_RolesAndPartsAndUnicode()
    {
        using var response = await _host.PostAsync(
            "/v1/chat/completions",
            """
            {"model":"atoma-demo","messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Grüezi"},{"type":"text","text":"\ud83d\udc4b"}],"name":"x"},
            {"role":"assistant","content":"","refusal":null,"tool_calls":null},{"role":"user","content":"你好\u0000"}],"max_completion_tokens":5}
            """);
        await response.OkAsync();
        var call = _host.Network.Submitted.Single();
        Assert.Equal([new("system", "Be kind."), new("user", "Grüezi\n👋"), new("assistant", ""), new("user", "你好\0")], call.Messages);
        Assert.Equal(5, call.MaxTokens);
    }

    [Fact]
    public async Task Submit_IdempotencyKey_IsPassedOn()
    {
        using var response = await _host.ChatAsync("", ("Idempotency-Key", new string('k', 128)));
        await response.OkAsync();
        Assert.Equal(new string('k', 128), _host.Network.Submitted.Single().IdempotencyKey);
        using var tooLong = await _host.ChatAsync("", ("Idempotency-Key", new string('k', 129)));
        await tooLong.ErrorAsync(400, "invalid_value", "Idempotency-Key");
        Assert.Single(_host.Network.Submitted);
    }

    [Fact]
    public async Task Submit_Existing_WatchesTheEarlierRequest()
    {
        var earlier = new string('e', 64);
        _host.Network.OnSubmit = (_, _) => new SubmitReply(SubmitStatus.Existing, "", earlier, "none", 5, 1000);
        using var response = await _host.ChatAsync("", ("Idempotency-Key", "k"));
        Assert.Contains(earlier, await response.OkAsync(), StringComparison.Ordinal);
        Assert.Equal(earlier, response.Headers.GetValues("x-request-id").Single());
    }

    [Theory]
    [InlineData(SubmitStatus.UnknownModel, 404, "model_not_found", "model")]
    [InlineData(SubmitStatus.BadPrompt, 400, "invalid_prompt", "messages")]
    [InlineData(SubmitStatus.ToolsUnavailable, 400, "tools_unavailable", "tools")]
    [InlineData(SubmitStatus.PromptTooLong, 400, "context_length_exceeded", "messages")]
    [InlineData(SubmitStatus.IntegrityUnknown, 400, "integrity_unknown", "integrity")]
    [InlineData(SubmitStatus.IntegrityUnavailable, 503, "integrity_unavailable", "integrity")]
    [InlineData(SubmitStatus.NoEligibleNode, 503, "no_eligible_node", null)]
    [InlineData(SubmitStatus.IdempotencyConflict, 409, "idempotency_conflict", "Idempotency-Key")]
    [InlineData(SubmitStatus.InsufficientFunds, 402, "insufficient_balance", null)]
    public async Task Submit_Refused_IsShapedLikeOpenAis(SubmitStatus status, int http, string code, string? param)
    {
        _host.Network.OnSubmit = (_, _) => new SubmitReply(status, "Why: it is so.", "", "none", 5, 1000);
        foreach (var stream in new[] { "false", "true" })
        {
            using var response = await _host.ChatAsync("\"stream\":" + stream);
            var error = await response.ErrorAsync(http, code, param);
            if (status is not (SubmitStatus.UnknownModel or SubmitStatus.InsufficientFunds))
                Assert.Contains("Why: it is so.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("temperature must be between 0 and 2", "temperature")]
    [InlineData("at most 4 stop texts", "stop")]
    [InlineData("max_tokens must be between 1 and 16384", "max_tokens")]
    [InlineData("Nonsense all over.", null)]
    public async Task Submit_BadParameters_NamesTheField(string problem, string? param)
    {
        _host.Network.OnSubmit = (_, _) => new SubmitReply(SubmitStatus.BadParameters, problem, "", "none", 0, 0);
        using var response = await _host.ChatAsync();
        await response.ErrorAsync(400, "invalid_value", param);
    }

    [Fact]
    public async Task Submit_EveryStatus_HasItsAnswer()
    {
        foreach (var status in Enum.GetValues<SubmitStatus>())
        {
            _host.Network.OnSubmit = (_, request) => new SubmitReply(status, "why", request.Id, "none", 5, 1000);
            using var response = await _host.ChatAsync();
            Assert.NotEqual(500, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Submit_InsufficientFunds_NamesTheAmounts()
    {
        _host.Network.OnSubmit = (_, _) => new SubmitReply(SubmitStatus.InsufficientFunds, "", "", "none", 5, 1000);
        using var response = await _host.ChatAsync();
        var error = await response.ErrorAsync(402, "insufficient_balance");
        Assert.Equal("insufficient_quota", error.GetProperty("type").GetString());
        Assert.Contains("needs 1000 micros", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("balance is 250 micros", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_NetworkGone_IsUnavailable()
    {
        _host.Network.OnSubmit = static (_, _) => throw new TimeoutException();
        using var response = await _host.ChatAsync();
        await response.ErrorAsync(503, "network_unavailable");
        Assert.NotEmpty(response.Headers.GetValues("Retry-After"));
    }

    private static SamplingParameters Parameters(SubmitCall call)
    {
        var reader = new CanonicalReader(call.Parameters);
        var parameters = SamplingParameters.Read(ref reader);
        reader.End();
        return parameters;
    }
}
