using System.Net;
using Atoma.Api.Tests.Fakes;

namespace Atoma.Api.Tests;

public sealed class ChatCompletionTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    private string RequestId => _host.Network.Requests.Single().Value.Id;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Chat_Settled_IsShapedLikeOpenAis()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Grüezi \"你好\""));
        using var response = await _host.ChatAsync();
        var text = await response.OkAsync();
        Assert.Equal(
            $$$"""{"id":"chatcmpl-{{{RequestId}}}","object":"chat.completion","created":1767225600,"model":"atoma-demo","choices":[{"index":0,"message":{"role":"assistant","content":"Grüezi \"你好\""},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8},"atoma":{"request_id":"{{{RequestId}}}","integrity":"none","status":"settled","price_micros":12}}""",
            text);
        Assert.Equal(RequestId, response.Headers.GetValues("x-request-id").Single());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Text_Settled_IsShapedLikeOpenAis()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled(" upon a time", "length"));
        using var response = await _host.PostAsync("/v1/completions", Bodies.Text());
        Assert.Equal(
            $$$"""{"id":"cmpl-{{{RequestId}}}","object":"text_completion","created":1767225600,"model":"atoma-demo","choices":[{"index":0,"text":" upon a time","finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8},"atoma":{"request_id":"{{{RequestId}}}","integrity":"none","status":"settled","price_micros":12}}""",
            await response.OkAsync());
    }

    [Fact]
    public async Task Chat_PiecesWithoutStream_AreNotShown()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("right"), "wro", "ng");
        using var response = await _host.ChatAsync();
        Assert.Equal("right", (await response.JsonAsync()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("refunded", "fraud_detected", 502, "fraud_detected")]
    [InlineData("refunded", "no_quorum", 502, "no_quorum")]
    [InlineData("refunded", "stream_diverged", 502, "stream_diverged")]
    [InlineData("refunded", "nodes_failed", 503, "nodes_failed")]
    [InlineData("refunded", "no_eligible_node", 503, "no_eligible_node")]
    [InlineData("refunded", "interrupted", 503, "interrupted")]
    [InlineData("refunded", "cancelled", 409, "cancelled")]
    [InlineData("refunded", "deadline_passed", 504, "deadline_passed")]
    [InlineData("refunded", "a_reason_of_tomorrow", 502, "no_answer")]
    [InlineData("expired", "deadline_passed", 504, "deadline_passed")]
    [InlineData("expired", "", 504, "deadline_passed")]
    public async Task Chat_EndedWithoutAnswer_IsErrorThatChargesNothing(string status, string reason, int http, string code)
    {
        _host.Network.Script = Scripts.Of(Scripts.Ended(status, reason));
        using var whole = await _host.ChatAsync();
        using var streamed = await _host.ChatAsync("\"stream\":true");
        foreach (var response in new[] { whole, streamed })
        {
            var error = await response.ErrorAsync(http, code);
            Assert.Contains("charged: 0", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal(response.Headers.GetValues("x-request-id").Single(), error.GetProperty("atoma").GetProperty("request_id").GetString());
            Assert.Equal(status, error.GetProperty("atoma").GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task Chat_ClientLeaves_CancelsTheRequest()
    {
        var end = new TaskCompletionSource();
        _host.Network.BeforeEnd = end.Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("never seen"));
        using var leaving = new CancellationTokenSource();
        var sending = _host.Http.PostAsync("/v1/chat/completions", new StringContent(Bodies.Chat()), leaving.Token);
        var request = await Eventually.SingleAsync(_host.Network.Requests);
        await request.Watched.WaitAsync(Eventually.Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await request.Cancelled.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Chat_ClientOfAnExistingRequestLeaves_TheRequestGoesOn()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("never seen"));
        var earlier = new string('e', 64);
        _host.Network.OnSubmit = (_, _) => new(Grains.Abstractions.SubmitStatus.Existing, "", earlier, "none", 5, 1000);
        using var leaving = new CancellationTokenSource();
        var sending = _host.Http.PostAsync("/v1/chat/completions", new StringContent(Bodies.Chat()), leaving.Token);
        var request = await Eventually.Async(() => _host.Network.Requests.GetValueOrDefault("req:" + earlier));
        await request.Watched.WaitAsync(Eventually.Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await _host.DisposeAsync();
        Assert.False(request.Cancelled.IsCompleted);
    }

    /// <summary>P5.8: who sends a key has said that it may come back, so the work goes on without it.</summary>
    [Fact]
    public async Task Chat_ClientWithAnIdempotencyKeyLeaves_TheRequestGoesOn()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("never seen"));
        using var leaving = new CancellationTokenSource();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Bodies.Chat()) };
        message.Headers.Add("Idempotency-Key", "mine");
        var sending = _host.Http.SendAsync(message, leaving.Token);
        var request = await Eventually.SingleAsync(_host.Network.Requests);
        await request.Watched.WaitAsync(Eventually.Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await _host.DisposeAsync();
        Assert.False(request.Cancelled.IsCompleted);
    }

    [Fact]
    public async Task Chat_WatchBreaks_IsTakenUpAgainWhereItBroke()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("abc"), "a", "b", "c");
        _host.Network.WatchesThatBreak = 2;
        var sending = _host.ChatAsync("\"stream\":true");
        var text = (await Eventually.AdvancingAsync(_host.Time, ReadAsync())).ReplaceLineEndings("");
        Assert.Equal(3, text.Split("\"content\":\"").Length - 1 - 1);
        Assert.EndsWith("data: [DONE]", text, StringComparison.Ordinal);

        async Task<string> ReadAsync()
        {
            using var response = await sending;
            return await response.OkAsync();
        }
    }

    /// <summary>A grain that was activated again knows how its request ended, but has forgotten the pieces.</summary>
    [Fact]
    public async Task Chat_GrainCameBackWithoutItsHistory_EndIsStillTold()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("abc"), "a", "b");
        _host.Network.WatchesThatBreak = 1;
        using var response = await _host.ChatAsync("\"stream\":true");
        _host.Network.Script = Scripts.Of(Scripts.Settled("abc"));
        var text = await Eventually.AdvancingAsync(_host.Time, response.OkAsync());
        Assert.Contains("{\"content\":\"bc\"}", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_WatchStaysBroken_SaysWhereToLook()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("abc"), "a", "b", "c", "d", "e", "f", "g");
        _host.Network.WatchesThatBreak = 100;
        using var response = await Eventually.AdvancingAsync(_host.Time, _host.ChatAsync());
        var error = await response.ErrorAsync(503, "network_unavailable");
        Assert.Contains(RequestId, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_TakesTooLong_IsCancelledAndSaysSo()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("never seen"));
        using var response = await Eventually.AdvancingAsync(_host.Time, _host.ChatAsync(), TimeSpan.FromSeconds(60));
        await response.ErrorAsync(504, "timeout");
        Assert.True(_host.Network.Requests.Single().Value.Cancelled.IsCompleted);
    }

    [Fact]
    public async Task Chat_MoreAtOnceThanAllowed_IsBusy()
    {
        await using var host = await ApiHost.StartAsync(new Limits { ConcurrentAnswers = 1 });
        var end = new TaskCompletionSource();
        host.Network.BeforeEnd = end.Task;
        host.Network.Script = Scripts.Of(Scripts.Settled("done"));
        var first = host.ChatAsync();
        await (await Eventually.SingleAsync(host.Network.Requests)).Watched.WaitAsync(Eventually.Patience);
        using var second = await host.ChatAsync();
        await second.ErrorAsync(503, "server_busy");
        Assert.Equal("1", second.Headers.GetValues("Retry-After").Single());
        end.SetResult();
        using var answered = await first;
        await answered.OkAsync();
        using var third = await host.ChatAsync();
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }
}
