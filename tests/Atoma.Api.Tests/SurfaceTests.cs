using Atoma.Api.Tests.Fakes;

namespace Atoma.Api.Tests;

/// <summary>What OpenAI's clients send along and expect back beside an answer.</summary>
public sealed class SurfaceTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hi"));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("\"user\":\"me\"")]
    [InlineData("\"store\":true")]
    [InlineData("\"metadata\":{\"a\":\"b\"}")]
    [InlineData("\"service_tier\":\"auto\"")]
    [InlineData("\"safety_identifier\":\"x\",\"prompt_cache_key\":\"y\"")]
    [InlineData("\"prediction\":{\"type\":\"content\",\"content\":\"x\"}")]
    [InlineData("\"reasoning_effort\":\"low\",\"verbosity\":\"low\"")]
    [InlineData("\"n\":null,\"stop\":null,\"seed\":null,\"logit_bias\":null,\"response_format\":null,\"tools\":null,\"tool_choice\":null")]
    public async Task Chat_FieldThatChangesNothingHere_IsIgnored(string fields)
    {
        using var response = await _host.ChatAsync(fields);
        await response.OkAsync();
    }

    /// <summary>Templates have no place for a speaker's name; the text is what counts.</summary>
    [Fact]
    public async Task Chat_NameOfASpeaker_IsIgnored()
    {
        using var response = await _host.PostAsync("/v1/chat/completions", """{"model":"atoma-demo","messages":[{"role":"user","name":"Ann","content":"Hello"}]}""");
        await response.OkAsync();
        Assert.Null(_host.Network.Submitted.Single().Messages[0].Name);
    }

    [Theory]
    [InlineData("/v1/moderations", "response_format")]
    [InlineData("/v1/responses", "/v1/chat/completions")]
    [InlineData("/v1/images/generations", "text models")]
    [InlineData("/v1/audio/speech", "text models")]
    [InlineData("/v1/assistants", "/v1/chat/completions")]
    [InlineData("/v1/batches", "/v1/requests")]
    [InlineData("/v1/files", "text")]
    [InlineData("/v1/fine_tuning/jobs", "as they are")]
    public async Task Endpoint_NotOffered_SaysWhatToDo(string path, string hint)
    {
        using var response = await _host.PostAsync(path, "{}");
        var error = await response.ErrorAsync(404, "not_offered");
        Assert.Contains(hint, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>What a caller reads in a response is found in every line that is logged for it.</summary>
    [Fact]
    public async Task Logs_OfACall_NameItAndItsRequest()
    {
        using var refused = await _host.Http.GetAsync("/v1/fault");
        await refused.ErrorAsync(500, "internal_error");
        Assert.Contains(_host.Logs.Lines, l => l.Contains("/v1/fault failed", StringComparison.Ordinal) && l.Contains("call " + refused.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal));

        _host.Network.Script = Scripts.Of(Scripts.Settled("truth"), "lie");
        using var diverged = await _host.ChatAsync("\"stream\":true");
        await diverged.OkAsync();
        Assert.Contains(_host.Logs.Lines, l => l.Contains("differs from the text", StringComparison.Ordinal) && l.Contains("request " + _host.Network.Requests.Single().Value.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoEligibleNode_SaysWhyAndWhenToComeBack()
    {
        _host.Network.OnSubmit = (_, _) => new(Grains.Abstractions.SubmitStatus.NoEligibleNode, "Nobody serves it now: 2 nodes are jailed.", "", "", 5, 0);
        using var response = await _host.ChatAsync();
        var error = await response.ErrorAsync(503, "no_eligible_node");
        Assert.Contains("2 nodes are jailed", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("5", response.Headers.GetValues("Retry-After").Single());
    }
}
