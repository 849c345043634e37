using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

public sealed class EmbeddingsTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.Script = Scripts.Of(Scripts.Settled("", "length") with { OutputTokens = 0, Vectors = [[0.6f, -0.8f], [0, 1], [1, 0]] });
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Embed_Floats_HasOpenAisShapeAndTheInputsTokens()
    {
        using var response = await EmbedAsync("""["a","b","c"]""");
        var id = response.Headers.GetValues("x-request-id").Single();
        Assert.Equal(
            """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.6,-0.8]},{"object":"embedding","index":1,"embedding":[0,1]},{"object":"embedding","index":2,"embedding":[1,0]}],"model":"atoma-demo","usage":{"prompt_tokens":5,"total_tokens":5},"atoma":{"request_id":"ID","integrity":"none","status":"settled","price_micros":12}}""".Replace("ID", id, StringComparison.Ordinal),
            await response.OkAsync());
        var call = Assert.Single(_host.Network.Submitted);
        Assert.Equal(["a", "b", "c"], call.Inputs.Select(i => i.Text));
        Assert.False(call.Streaming);
    }

    [Fact]
    public async Task Embed_Base64_IsLittleEndianFloats()
    {
        using var response = await EmbedAsync("\"a\"", ",\"encoding_format\":\"base64\",\"user\":\"me\",\"dimensions\":2,\"integrity\":\"checked\"");
        await response.OkAsync();
        var text = (await response.JsonAsync()).GetProperty("data")[0].GetProperty("embedding").GetString()!;
        var bytes = Convert.FromBase64String(text);
        Assert.Equal((0.6f, -0.8f), (BitConverter.ToSingle(bytes, 0), BitConverter.ToSingle(bytes, 4)));
        Assert.Equal("checked", Assert.Single(_host.Network.Submitted).Integrity);
    }

    [Theory]
    [InlineData("\"ab\"", "ab:")]
    [InlineData("[1,2,3]", ":1,2,3")]
    [InlineData("[[1,2],[3]]", ":1,2 :3")]
    [InlineData("[\"x\",[7]]", "x: :7")]
    public async Task Embed_AnyFormOfInput_IsUnderstood(string input, string expected)
    {
        using var response = await EmbedAsync(input);
        await response.OkAsync();
        Assert.Equal(expected, string.Join(' ', Assert.Single(_host.Network.Submitted).Inputs.Select(i => $"{i.Text}:{string.Join(',', i.Tokens)}")));
    }

    [Theory]
    [InlineData("{}", "missing_required_parameter", "model")]
    [InlineData("""{"model":"atoma-demo"}""", "missing_required_parameter", "input")]
    [InlineData("""{"model":"atoma-demo","input":5}""", "invalid_type", "input")]
    [InlineData("""{"model":"atoma-demo","input":""}""", "invalid_value", "input")]
    [InlineData("""{"model":"atoma-demo","input":[]}""", "invalid_value", "input")]
    [InlineData("""{"model":"atoma-demo","input":["a",""]}""", "invalid_value", "input[1]")]
    [InlineData("""{"model":"atoma-demo","input":["a",[]]}""", "invalid_value", "input[1]")]
    [InlineData("""{"model":"atoma-demo","input":["a",{}]}""", "invalid_type", "input[1]")]
    [InlineData("""{"model":"atoma-demo","input":[1,1.5]}""", "invalid_type", "input[0]")]
    [InlineData("""{"model":"atoma-demo","input":"a","encoding_format":"int8"}""", "invalid_value", "encoding_format")]
    [InlineData("""{"model":"atoma-demo","input":"a","dimensions":1}""", "unsupported_parameter", "dimensions")]
    [InlineData("""{"model":"atoma-demo","input":"a","integrity":"sure"}""", "integrity_unknown", "integrity")]
    public async Task Embed_Wrong_NamesTheField(string body, string code, string param)
    {
        using var response = await _host.PostAsync("/v1/embeddings", body);
        await response.ErrorAsync(400, code, param);
        Assert.Empty(_host.Network.Submitted);
    }

    [Fact]
    public async Task Embed_TooManyInputs_IsRefused()
    {
        using var most = await EmbedAsync($"[{string.Join(',', Enumerable.Repeat("\"a\"", 256))}]");
        await most.OkAsync();
        using var more = await EmbedAsync($"[{string.Join(',', Enumerable.Repeat("\"a\"", 257))}]");
        await more.ErrorAsync(400, "invalid_value", "input");
    }

    [Theory]
    [InlineData(SubmitStatus.EmbeddingsUnavailable, 400, "embeddings_unavailable", "model")]
    [InlineData(SubmitStatus.BadPrompt, 400, "invalid_prompt", "input")]
    [InlineData(SubmitStatus.PromptTooLong, 400, "context_length_exceeded", "input")]
    [InlineData(SubmitStatus.InsufficientFunds, 402, "insufficient_balance", null)]
    [InlineData(SubmitStatus.NoEligibleNode, 503, "no_eligible_node", null)]
    public async Task Embed_RefusedByTheNetwork_SaysWhy(SubmitStatus refusal, int status, string code, string? param)
    {
        _host.Network.OnSubmit = (_, _) => new SubmitReply(refusal, "why", "", "", 0, 0);
        using var response = await EmbedAsync("\"a\"");
        await response.ErrorAsync(status, code, param);
    }

    [Fact]
    public async Task Embed_EndsWithoutAnAnswer_IsAnErrorWithTheRequest()
    {
        _host.Network.Script = Scripts.Of(Scripts.Ended("refunded", "no_quorum"));
        using var response = await EmbedAsync("\"a\"");
        await response.ErrorAsync(502, "no_quorum");
        Assert.Equal("refunded", (await response.JsonAsync()).GetProperty("error").GetProperty("atoma").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Embed_ClientLeaves_IsCancelled()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        using var leaving = new CancellationTokenSource();
        var asking = _host.Http.PostAsync("/v1/embeddings", new StringContent("""{"model":"atoma-demo","input":"a"}"""), leaving.Token);
        var request = await Eventually.SingleAsync(_host.Network.Requests);
        await request.Watched.WaitAsync(Eventually.Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await request.Cancelled.WaitAsync(Eventually.Patience);
    }

    [Theory]
    [InlineData("", "1:0.6 0:-0.8")]
    [InlineData(",\"top_n\":1", "1:0.6")]
    public async Task Rerank_Documents_AreSortedByCosine(string fields, string expected)
    {
        using var response = await _host.PostAsync("/v1/rerank", $$"""{"model":"atoma-demo","query":"q","documents":["d0",{"text":"d1"}]{{fields}}}""");
        await response.OkAsync();
        var results = (await response.JsonAsync()).GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(expected, string.Join(' ', results.Select(r => $"{r.GetProperty("index").GetInt32()}:{r.GetProperty("relevance_score").GetDouble():0.#####}")));
        Assert.All(results, r => Assert.False(r.TryGetProperty("document", out _)));
        Assert.Equal(["q", "d0", "d1"], Assert.Single(_host.Network.Submitted).Inputs.Select(i => i.Text));
    }

    [Fact]
    public async Task Rerank_ReturnDocuments_ReturnsTheTextOfEach()
    {
        using var response = await _host.PostAsync("/v1/rerank", """{"model":"atoma-demo","query":"q","documents":["d0","d1"],"return_documents":true}""");
        await response.OkAsync();
        Assert.Equal(["d1", "d0"], (await response.JsonAsync()).GetProperty("results").EnumerateArray().Select(r => r.GetProperty("document").GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("""{"model":"atoma-demo","documents":["d"]}""", "missing_required_parameter", "query")]
    [InlineData("""{"model":"atoma-demo","query":"q"}""", "missing_required_parameter", "documents")]
    [InlineData("""{"model":"atoma-demo","query":"q","documents":[]}""", "missing_required_parameter", "documents")]
    [InlineData("""{"model":"atoma-demo","query":"q","documents":["d",""]}""", "invalid_type", "documents[1]")]
    [InlineData("""{"model":"atoma-demo","query":"q","documents":["d",{"title":"x"}]}""", "invalid_type", "documents[1]")]
    [InlineData("""{"model":"atoma-demo","query":"q","documents":["d"],"top_n":0}""", "invalid_value", "top_n")]
    public async Task Rerank_Wrong_NamesTheField(string body, string code, string param)
    {
        using var response = await _host.PostAsync("/v1/rerank", body);
        await response.ErrorAsync(400, code, param);
    }

    private Task<HttpResponseMessage> EmbedAsync(string input, string fields = "") =>
        _host.PostAsync("/v1/embeddings", $$"""{"model":"atoma-demo","input":{{input}}{{fields}}}""");
}
