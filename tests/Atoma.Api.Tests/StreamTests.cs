using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

/// <summary>Server-sent events, byte for byte.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    private string RequestId => _host.Network.Requests.Single().Value.Id;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Chat_Stream_ByteForByte()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Grüezi 你好", "length"), "Grü", "ezi 你好");
        using var response = await _host.ChatAsync("\"stream\":true");
        var body = await response.OkAsync();
        var data = $$"""data: {"id":"chatcmpl-{{RequestId}}","object":"chat.completion.chunk","created":1767225600,"model":"atoma-demo","choices":""";
        Assert.Equal(
            "id: 0\n" + data + """[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""" + "\n\n"
            + "id: 3\n" + data + """[{"index":0,"delta":{"content":"Grü"},"finish_reason":null}]}""" + "\n\n"
            + "id: 9\n" + data + """[{"index":0,"delta":{"content":"ezi 你好"},"finish_reason":null}]}""" + "\n\n"
            + "id: 9f\n" + data + $$$""""[{"index":0,"delta":{},"finish_reason":"length"}],"atoma":{"request_id":"{{{RequestId}}}","integrity":"none","status":"settled","price_micros":12}}"""" + "\n\n"
            + "data: [DONE]\n\n",
            body);
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl is { NoCache: true, NoTransform: true });
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal(RequestId, response.Headers.GetValues("x-request-id").Single());
        Assert.True(_host.Network.Submitted.Single().Streaming);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_AuditStillOpen_AnswerIsGivenAndSaysSo(bool stream)
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hi") with { Status = AnswerEnd.Delivered, Integrity = "sampled" }, "Hi");
        using var response = await _host.ChatAsync($"\"integrity\":\"sampled\",\"stream\":{(stream ? "true" : "false")}");
        var body = await response.OkAsync();
        Assert.Contains("\"content\":\"Hi\"", body, StringComparison.Ordinal);
        Assert.Contains("\"integrity\":\"sampled\",\"status\":\"delivered\",\"price_micros\":12,\"note\":\"The answer is being audited.", body, StringComparison.Ordinal);
        Assert.Equal("sampled", _host.Network.Submitted.Single().Integrity);
    }

    [Fact]
    public async Task Chat_StreamWithUsage_UsageAndAtomaComeLast()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hi"), "Hi");
        using var response = await _host.ChatAsync("\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        var body = await response.OkAsync();
        var data = $$"""data: {"id":"chatcmpl-{{RequestId}}","object":"chat.completion.chunk","created":1767225600,"model":"atoma-demo","choices":""";
        Assert.EndsWith(
            "id: 2f\n" + data + """[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n"
            + "id: 2f_u\n" + data + $$$""""[],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8},"atoma":{"request_id":"{{{RequestId}}}","integrity":"none","status":"settled","price_micros":12}}"""" + "\n\n"
            + "data: [DONE]\n\n",
            body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_Stream_ByteForByte()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled(" upon"), " upon");
        using var response = await _host.PostAsync("/v1/completions", Bodies.Text("\"stream\":true"));
        var body = await response.OkAsync();
        var data = $$"""data: {"id":"cmpl-{{RequestId}}","object":"text_completion","created":1767225600,"model":"atoma-demo","choices":""";
        Assert.Equal(
            "id: 5\n" + data + """[{"index":0,"text":" upon","finish_reason":null}]}""" + "\n\n"
            + "id: 5f\n" + data + $$$""""[{"index":0,"text":"","finish_reason":"stop"}],"atoma":{"request_id":"{{{RequestId}}}","integrity":"none","status":"settled","price_micros":12}}"""" + "\n\n"
            + "data: [DONE]\n\n",
            body);
    }

    [Fact]
    public async Task Chat_NothingShownBeforeTheEnd_WholeTextIsOnePiece()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("all at once"));
        using var response = await _host.ChatAsync("\"stream\":true");
        var body = await response.OkAsync();
        Assert.Contains("""{"content":"all at once"}""", body, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_PiecesArriveBeforeTheEnd()
    {
        var end = new TaskCompletionSource();
        _host.Network.BeforeEnd = end.Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("now later"), "now");
        using var response = await _host.ChatAsync("\"stream\":true");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var line = 0; line < 4; line++)
            await reader.ReadLineAsync().WaitAsync(Eventually.Patience);
        Assert.Contains("\"now\"", await reader.ReadLineAsync().WaitAsync(Eventually.Patience), StringComparison.Ordinal);
        end.SetResult();
        Assert.EndsWith("data: [DONE]\n\n", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_RefundedAfterTokensWereShown_ErrorEventThenDone()
    {
        _host.Network.Script = Scripts.Of(Scripts.Ended("refunded", "fraud_detected"), "lie");
        using var response = await _host.ChatAsync("\"stream\":true");
        var body = await response.OkAsync();
        var events = body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, events.Length);
        Assert.StartsWith("""data: {"error":{"message":""", events[2], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"fraud_detected\"", events[2], StringComparison.Ordinal);
        Assert.Contains("charged: 0", events[2], StringComparison.Ordinal);
        Assert.Contains($"\"request_id\":\"{RequestId}\"", events[2], StringComparison.Ordinal);
        Assert.Equal("data: [DONE]", events[3]);
    }

    [Fact]
    public async Task Chat_VerifiedTextIsNotWhatWasShown_ErrorEvent()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("truth"), "lie");
        using var response = await _host.ChatAsync("\"stream\":true");
        var body = await response.OkAsync();
        Assert.Contains("\"code\":\"stream_diverged\"", body, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_ClientLeavesTheStream_CancelsTheRequest()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("ab"), "a");
        var response = await _host.ChatAsync("\"stream\":true");
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
            await reader.ReadLineAsync().WaitAsync(Eventually.Patience);
        response.Dispose();
        await _host.Network.Requests.Single().Value.Cancelled.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Chat_StreamTakesTooLong_ErrorEventThenDone()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("ab"), "a");
        using var response = await _host.ChatAsync("\"stream\":true");
        var body = await Eventually.AdvancingAsync(_host.Time, response.OkAsync(), TimeSpan.FromSeconds(60));
        Assert.Contains("\"code\":\"timeout\"", body, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
    }
}
