using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

/// <summary>POST /v1/quotes: the bodies of the answers' endpoints, their refusals, and nothing submitted.</summary>
public sealed class QuoteTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Quote_SaysPriceWorthAndWho()
    {
        using var response = await _host.PostAsync("/v1/quotes", Bodies.Chat("\"integrity\":{\"assurance\":0.7}"));

        Assert.Equal(
            """
            {"object":"quote","model":"atoma-demo","integrity":"sampled","resolved_from":{"assurance":0.7},"choices":1,"prompt_tokens":5,"max_output_tokens":64,
            "price":{"max_micros":252,"parts":{"answer_micros":240,"checks_micros":0,"audits_micros":12},"fee_micros":6,"multiple":1.018},
            "balance_micros":250,"balance_suffices":false,
            "undetected_fraud":{"probability":0.3,"assumed_adversary_share":0.333,"eligible_nodes":3},
            "audit":{"probability":0.03,"checkers":1,"check_cost":0.6},"comparison":"exact",
            "finality":{"given":"at_once","reversible_until":"audit_end","description":"Given at once.","silence_ms":60000,"reveal_ms":10000,"check_ms":50000,"deadline_ms":300000,"dispute_ms":3600000},
            "eligible":{"count":3,"echelon":"e1","nodes":[{"address":"n1","input_price_micros":100,"output_price_micros":300}]},
            "levels":[{"integrity":"none","price_multiple":1,"max_micros":240,"undetected_fraud":0.4},{"integrity":"sampled","price_multiple":1.018,"max_micros":252,"undetected_fraud":0.3}]}
            """.ReplaceLineEndings(""),
            await response.OkAsync());
        Assert.Empty(_host.Network.Submitted);
        Assert.Equal(0.7, _host.Network.Quoted.Single().Assurance);
    }

    [Fact]
    public async Task Quote_OfAText_IsReadAsCompletionsReadIt()
    {
        _host.Network.OnQuote = static _ => new QuoteReply(SubmitStatus.Accepted, "", FakeQuotes.Quote with
        {
            Level = new LevelQuote("none", 1, 250, 1, 1), AuditsMicros = 0, Finality = new FinalityInfo("at_once", "", "x", 1, 2, 3, 4, 0),
        });
        using var response = await _host.PostAsync("/v1/quotes", Bodies.Text());

        var quote = await response.JsonAsync();
        var call = _host.Network.Quoted.Single();
        Assert.Equal(("Once", 16, "none"), (call.Prompt, call.MaxTokens, call.Integrity));
        Assert.Equal("none", quote.GetProperty("resolved_from").GetProperty("level").GetString());
        Assert.True(quote.GetProperty("balance_suffices").GetBoolean());
        Assert.False(quote.TryGetProperty("audit", out _));
        Assert.Equal(["null", "null"], new[] { "reversible_until", "dispute_ms" }.Select(f => quote.GetProperty("finality").GetProperty(f).GetRawText()));
    }

    /// <summary>What a chat or a text refuses, its quote refuses in the same words.</summary>
    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"atoma-demo"}""")]
    [InlineData("/v1/chat/completions", """{"model":"atoma-demo","messages":[]}""")]
    [InlineData("/v1/chat/completions", """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"temperature":9}""")]
    [InlineData("/v1/chat/completions", """{"model":"atoma-demo","messages":[{"role":"user","content":"x"}],"integrity":"certain"}""")]
    [InlineData("/v1/chat/completions", """{"model":"atoma-demo","messages":"x"}""")]
    [InlineData("/v1/chat/completions", """{"model":"atoma-demo","model":"x","messages":[]}""")]
    [InlineData("/v1/chat/completions", """{"messages":[""")]
    [InlineData("/v1/chat/completions", "null")]
    [InlineData("/v1/chat/completions", "[]")]
    [InlineData("/v1/completions", """{"model":"atoma-demo","prompt":""}""")]
    [InlineData("/v1/completions", """{"model":"atoma-demo","prompt":"x","max_tokens":"y"}""")]
    public async Task Quote_BodyThatIsRefused_IsRefusedAlike(string path, string body)
    {
        using var answer = await _host.PostAsync(path, body);
        using var quote = await _host.PostAsync("/v1/quotes", body);
        Assert.Equal(400, (int)quote.StatusCode);
        Assert.Equal(await answer.Content.ReadAsStringAsync(), await quote.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(SubmitStatus.UnknownModel, 404, "model_not_found", "model")]
    [InlineData(SubmitStatus.PromptTooLong, 400, "context_length_exceeded", "messages")]
    [InlineData(SubmitStatus.NoEligibleNode, 503, "no_eligible_node", null)]
    [InlineData(SubmitStatus.IntegrityUnavailable, 503, "integrity_unavailable", "integrity")]
    public async Task Quote_RefusedByTheNetwork_HasTheErrorOfASubmission(SubmitStatus status, int http, string code, string? param)
    {
        _host.Network.OnQuote = _ => new QuoteReply(status, "Do this.", null);
        using var response = await _host.PostAsync("/v1/quotes", Bodies.Chat());
        await response.ErrorAsync(http, code, param);
    }

    [Fact]
    public async Task Quote_WithoutAClientKey_IsRefused()
    {
        _host.Http.DefaultRequestHeaders.Authorization = null;
        using var response = await _host.PostAsync("/v1/quotes", Bodies.Chat());
        await response.ErrorAsync(401, "missing_api_key");
    }
}
