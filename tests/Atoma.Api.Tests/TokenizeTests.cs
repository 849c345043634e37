namespace Atoma.Api.Tests;

public sealed class TokenizeTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("\"prompt\":\"abc\"", """{"object":"tokenization","model":"atoma-demo","count":3}""")]
    [InlineData("\"prompt\":\"ab\",\"ids\":true", """{"object":"tokenization","model":"atoma-demo","count":2,"tokens":[97,98]}""")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":\"abcd\"}]", """{"object":"tokenization","model":"atoma-demo","count":4}""")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", """{"object":"tokenization","model":"atoma-demo","count":2}""")]
    public async Task Tokenize_CountsWhatARequestWouldHave(string fields, string expected)
    {
        using var response = await _host.PostAsync("/v1/tokenize", $$"""{"model":"atoma-demo",{{fields}}}""");
        Assert.Equal(expected, await response.OkAsync());
        Assert.Empty(_host.Network.Submitted);
    }

    [Theory]
    [InlineData("{}", 400, "missing_required_parameter", "model")]
    [InlineData("""{"model":"atoma-demo"}""", 400, "invalid_value", "prompt")]
    [InlineData("""{"model":"atoma-demo","prompt":"x","messages":[]}""", 400, "invalid_value", "prompt")]
    [InlineData("""{"model":"atoma-demo","prompt":"x","tools":[{"type":"function","function":{"name":"f"}}]}""", 400, "invalid_value", "tools")]
    [InlineData("""{"model":"atoma-demo","messages":[]}""", 400, "invalid_value", "messages")]
    [InlineData("""{"model":"atoma-demo","prompt":"refuse"}""", 400, "invalid_prompt", "prompt")]
    [InlineData("""{"model":"other","prompt":"x"}""", 404, "model_not_found", "model")]
    [InlineData("""{"model":"atoma-demo","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]}""", 400, "tools_unavailable", "tools")]
    public async Task Tokenize_Wrong_NamesTheField(string body, int status, string code, string param)
    {
        using var response = await _host.PostAsync("/v1/tokenize", body);
        await response.ErrorAsync(status, code, param);
    }

    [Fact]
    public async Task Tokenize_WithoutKey_IsRefused()
    {
        _host.Http.DefaultRequestHeaders.Authorization = null;
        using var response = await _host.PostAsync("/v1/tokenize", """{"model":"atoma-demo","prompt":"x"}""");
        await response.ErrorAsync(401, "missing_api_key");
    }

    [Theory]
    [InlineData("/v1/images/generations")]
    [InlineData("/v1/images/edits")]
    [InlineData("/v1/audio/speech")]
    [InlineData("/v1/audio/transcriptions")]
    [InlineData("/v1/moderations")]
    [InlineData("/v1/responses")]
    public async Task Post_EndpointThatIsNotOffered_IsRefusedByName(string path)
    {
        using var response = await _host.PostAsync(path, "{}");
        var error = await response.ErrorAsync(404, "not_offered");
        Assert.Contains("not offered", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
