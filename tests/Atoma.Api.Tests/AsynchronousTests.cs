using System.Text.Json;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

/// <summary>Asking without waiting.</summary>
public sealed class AsynchronousTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    private FakeRequest Request => _host.Network.Requests.Single().Value;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hello back"), "Hello");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Post_Chat_IsAcceptedWithItsLocation()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat());
        var body = await response.JsonAsync();

        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal($"/v1/requests/{Request.Id}", response.Headers.Location?.ToString());
        Assert.Equal(
            $$$"""{"object":"request","request_id":"{{{Request.Id}}}","status":"open","model":"atoma-demo","links":{"self":"/v1/requests/{{{Request.Id}}}","answer":"/v1/requests/{{{Request.Id}}}/answer","events":"/v1/requests/{{{Request.Id}}}/events","receipt":"/v1/requests/{{{Request.Id}}}/receipt"}}""",
            body.GetRawText());
        Assert.False(Request.Cancelled.IsCompleted);
    }

    [Fact]
    public async Task Answer_OfAChat_IsWhatTheCallWouldHaveGiven()
    {
        using var called = await _host.ChatAsync();
        var expected = await called.OkAsync();
        var id = Request.Id;
        using var fetched = await _host.Http.GetAsync($"/v1/requests/{id}/answer");
        Assert.Equal(expected, await fetched.OkAsync());
    }

    [Fact]
    public async Task Answer_OfAText_IsATextCompletion()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Text());
        Assert.Equal("Once", _host.Network.Submitted.Single().Prompt);
        Request.Info = Request.Info! with { Outcome = "settled" };
        using var fetched = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/answer");
        var body = JsonDocument.Parse(await fetched.OkAsync()).RootElement;
        Assert.Equal(("text_completion", "Hello back"), (body.GetProperty("object").GetString(), body.GetProperty("choices")[0].GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Answer_WhileOpen_Is202()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat());
        using var fetched = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/answer");
        Assert.Equal(202, (int)fetched.StatusCode);
        Assert.Equal("1", fetched.Headers.GetValues("Retry-After").Single());
        Assert.Equal("open", (await fetched.JsonAsync()).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("refunded", "nodes_failed", "nodes_failed")]
    [InlineData("refunded", "cancelled", "cancelled")]
    [InlineData("expired", "", "deadline_passed")]
    public async Task Answer_ThatThereWillNotBe_Is410WithWhy(string status, string reason, string code)
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat());
        Request.Info = Request.Info! with { Outcome = status, Reason = reason };
        using var fetched = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/answer");
        await fetched.ErrorAsync(410, code, "id");
    }

    [Fact]
    public async Task Answer_OfEmbeddings_IsNotKept()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("") with { Vectors = [[1, 0]] });
        using var embedded = await _host.PostAsync("/v1/embeddings", """{"model":"atoma-demo","input":"x"}""");
        await embedded.OkAsync();
        using var fetched = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/answer");
        await fetched.ErrorAsync(409, "answer_not_kept", "id");
    }

    [Theory]
    [InlineData("answer")]
    [InlineData("events")]
    public async Task Anything_OfSomebodyElse_IsUnknown(string what)
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat());
        using var fetched = await _host.GetAsync($"/v1/requests/{Request.Id}/{what}", "Bearer " + FakeNetwork.OtherKey);
        await fetched.ErrorAsync(404, "request_not_found", "id");
        using var unreadable = await _host.Http.GetAsync($"/v1/requests/zz/{what}");
        await unreadable.ErrorAsync(404, "request_not_found", "id");
    }

    [Fact]
    public async Task Events_OfAQuestionThatDoesNotStream_IsTheVerifiedAnswerInOnePiece()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat());
        using var followed = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/events");
        var text = await followed.OkAsync();
        Assert.Contains("{\"content\":\"Hello back\"}", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_WatcherLeaves_TheRequestGoesOn()
    {
        _host.Network.BeforeEnd = new TaskCompletionSource().Task;
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat("\"stream\":true"));
        var followed = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/events", HttpCompletionOption.ResponseHeadersRead);
        followed.Dispose();
        var request = Request;
        await _host.DisposeAsync();
        Assert.False(request.Cancelled.IsCompleted);
    }

    [Fact]
    public async Task Cancel_StopsIt()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat());
        using var cancelled = await _host.PostAsync($"/v1/requests/{Request.Id}/cancel", "");
        Assert.Equal(202, (int)cancelled.StatusCode);
        await Request.Cancelled.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Choices_AreOneAnswerUnderAnyOfTheirIds()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat("\"n\":2"));
        var ids = (await response.JsonAsync()).GetProperty("choices").EnumerateArray().Select(c => c.GetString()!).ToArray();
        Assert.Equal(2, ids.Length);
        foreach (var request in _host.Network.Requests.Values)
            request.Info = request.Info! with { Outcome = "settled" };
        foreach (var id in ids)
        {
            using var fetched = await _host.Http.GetAsync($"/v1/requests/{id}/answer");
            Assert.Equal(2, (await fetched.JsonAsync()).GetProperty("choices").GetArrayLength());
        }
    }

    [Fact]
    public async Task Webhook_IsKeptBeforeTheWorkBegins()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat("\"webhook\":{\"url\":\"https://Example.com/done?x=1\"}"));
        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal((FakeNetwork.Account, "https://example.com/done?x=1"), _host.Network.Webhooks.Select(w => (w.Value.Account, w.Value.Url)).Single());
        Assert.True(_host.Network.Submitted.Single().Deferred);
        Assert.Equal(1, Request.Begun);

        using var shown = await _host.Http.GetAsync($"/v1/requests/{Request.Id}/webhook");
        Assert.Equal("waiting", (await shown.JsonAsync()).GetProperty("state").GetString());
        using var others = await _host.GetAsync($"/v1/requests/{Request.Id}/webhook", "Bearer " + FakeNetwork.OtherKey);
        await others.ErrorAsync(404, "webhook_not_found", "id");
        using var secret = await _host.Http.GetAsync("/v1/account/webhook_secret");
        Assert.Equal("whsec_of_" + FakeNetwork.Account, (await secret.JsonAsync()).GetProperty("secret").GetString());
    }

    /// <summary>The network tells no such address: nothing begins and nothing is charged.</summary>
    [Fact]
    public async Task Webhook_RefusedByTheNetwork_VoidsTheRequest()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat("\"webhook\":{\"url\":\"http://example.com/\"}"));
        await response.ErrorAsync(400, "invalid_value", "webhook.url");
        await Request.Cancelled.WaitAsync(Eventually.Patience);
        Assert.Equal(0, Request.Begun);
    }

    [Theory]
    [InlineData("5", "invalid_type", "webhook")]
    [InlineData("{}", "missing_required_parameter", "webhook.url")]
    [InlineData("{\"url\":5}", "missing_required_parameter", "webhook.url")]
    [InlineData("{\"url\":\"example.com\"}", "invalid_value", "webhook.url")]
    [InlineData("{\"url\":\"ftp://example.com\"}", "invalid_value", "webhook.url")]
    [InlineData("{\"url\":\"https://user:secret@example.com\"}", "invalid_value", "webhook.url")]
    [InlineData("{\"url\":\"https://example.com/#x\"}", "invalid_value", "webhook.url")]
    [InlineData("{\"url\":\"https://exämple.com/\"}", "invalid_value", "webhook.url")]
    public async Task Webhook_NotAnAddress_IsRefusedByName(string webhook, string code, string param)
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat("\"webhook\":" + webhook));
        await response.ErrorAsync(400, code, param);
        Assert.Empty(_host.Network.Submitted);
    }

    [Fact]
    public async Task Webhook_AddressTooLong_IsRefused()
    {
        using var response = await _host.PostAsync("/v1/requests", Bodies.Chat($"\"webhook\":{{\"url\":\"https://example.com/{new string('x', new Limits().WebhookUrlLength)}\"}}"));
        await response.ErrorAsync(400, "invalid_value", "webhook.url");
    }

    /// <summary>A proxy that sees nothing for a minute closes; a comment is nothing to a client.</summary>
    [Fact]
    public async Task Events_NothingComes_CommentsDo()
    {
        var end = new TaskCompletionSource();
        _host.Network.BeforeEnd = end.Task;
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hi"));
        var answering = _host.ChatAsync("\"stream\":true");
        await (await Eventually.SingleAsync(_host.Network.Requests)).Watched.WaitAsync(Eventually.Patience);
        _host.Time.Advance(new Limits().PingPause - TimeSpan.FromMilliseconds(1));
        await Task.Delay(50);
        Assert.False(answering.IsCompleted);
        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        using var response = await answering.WaitAsync(Eventually.Patience);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": ping", await reader.ReadLineAsync().WaitAsync(Eventually.Patience));
        Assert.Equal("", await reader.ReadLineAsync().WaitAsync(Eventually.Patience));
        end.SetResult();
        var rest = await reader.ReadToEndAsync();
        Assert.Contains("{\"content\":\"Hi\"}", rest, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
    }
}
