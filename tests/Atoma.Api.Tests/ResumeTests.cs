using Atoma.Api.Answers;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

/// <summary>Streams taken up again where they broke. Whatever event was the last one seen, what follows is what would have followed.</summary>
public sealed class ResumeTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("\"stream_options\":{\"include_usage\":true}")]
    [InlineData("\"logprobs\":true")]
    public async Task Events_AfterAnyEvent_GoOnExactlyThere(string fields)
    {
        _host.Network.Script = WithLogprobs(Scripts.Of(Scripts.Settled("Grü👋ezi", "length"), "Gr", "ü👋", "ezi"));
        using var response = await _host.ChatAsync("\"stream\":true" + (fields.Length > 0 ? "," + fields : ""));
        var events = Split(await response.OkAsync());
        var id = _host.Network.Requests.Single().Value.Id;

        for (var seen = 0; seen < events.Length - 1; seen++)
        {
            using var resumed = await FollowAsync(id, IdOf(events[seen]));
            Assert.Equal(events[(seen + 1)..], Split(await resumed.OkAsync()));
        }

        using var whole = await FollowAsync(id, null);
        Assert.Equal(events, Split(await whole.OkAsync()));
        Assert.Single(_host.Network.Submitted);
    }

    /// <summary>The silo was restarted: the request is known with its end, and its pieces are forgotten.</summary>
    [Fact]
    public async Task Events_AfterARestart_GoOnInTheMiddleOfWhatIsOnePieceNow()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Grüezi"), "Gr", "üezi");
        using var response = await _host.ChatAsync("\"stream\":true");
        var events = Split(await response.OkAsync());
        var id = _host.Network.Requests.Single().Value.Id;
        _host.Network.Script = Scripts.Of(Scripts.Settled("Grüezi"));

        using var resumed = await FollowAsync(id, IdOf(events[1]));
        var text = await resumed.OkAsync();
        Assert.Contains("{\"content\":\"üezi\"}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("assistant", text, StringComparison.Ordinal);
        Assert.StartsWith("id: 6\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_SameKeyAndLastEventId_GoesOn()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Grüezi"), "Gr", "üezi");
        using var response = await _host.ChatAsync("\"stream\":true", ("Idempotency-Key", "k"));
        var events = Split(await response.OkAsync());
        var id = _host.Network.Requests.Single().Value.Id;
        _host.Network.OnSubmit = (_, _) => new SubmitReply(SubmitStatus.Existing, "", id, "none", 5, 1000);

        using var again = await _host.ChatAsync("\"stream\":true", ("Idempotency-Key", "k"), ("Last-Event-ID", IdOf(events[1])));
        Assert.Equal(events[2..], Split(await again.OkAsync()));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("99999999999999999999")]
    [InlineData("0_0")]
    [InlineData("0f_u_u")]
    [InlineData("7")] // more than there is
    [InlineData("0.1")] // probabilities that nobody asked for
    [InlineData("4")] // in the middle of a character
    public async Task Events_IdOfNoEvent_IsRefused(string lastEventId)
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Grü👋!"));
        using var response = await _host.ChatAsync("\"stream\":true");
        await response.OkAsync();
        using var resumed = await FollowAsync(_host.Network.Requests.Single().Value.Id, lastEventId);
        await resumed.ErrorAsync(400, "unknown_event_id", "Last-Event-ID");
    }

    [Fact]
    public async Task Events_IdTooLong_IsRefused()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hi"));
        using var response = await _host.ChatAsync("\"stream\":true");
        await response.OkAsync();
        using var resumed = await FollowAsync(_host.Network.Requests.Single().Value.Id, new string('0', new Limits().EventIdLength + 1));
        await resumed.ErrorAsync(400, "unknown_event_id", "Last-Event-ID");
    }

    [Fact]
    public async Task Position_EveryPosition_ReadsBackAsItself()
    {
        foreach (var text in new[] { "-", "0", "12", "12.3", "12.3c", "12.3cf", "12f", "0f_u", "-_12.3_0cf", "1f_2f_u" })
        {
            Assert.True(StreamPosition.TryParse(text, text.Split('_').Count(p => p != "u"), out var position), text);
            Assert.Equal(text, position.ToString());
        }

        await Task.CompletedTask;
    }

    private Task<HttpResponseMessage> FollowAsync(string request, string? lastEventId)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, $"/v1/requests/{request}/events");
        if (lastEventId is not null)
            message.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return _host.Http.SendAsync(message);
    }

    private static string[] Split(string body) => body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

    private static string IdOf(string text) => text.Split('\n')[0]["id: ".Length..];

    private static AnswerEvent[] WithLogprobs(IReadOnlyList<AnswerEvent> script)
    {
        var tokens = script.Where(e => e.End is null).Select((e, i) => new TokenLogprobs(Of(e, i), [Of(e, i)])).ToArray();
        return [.. script.Select((e, i) => e.End is { } end ? e with { End = end with { Logprobs = tokens } } : e with { Logprobs = [tokens[i]] })];

        static TokenLogprob Of(AnswerEvent e, int i) => new(i, System.Text.Encoding.UTF8.GetBytes(e.Text), 100 * i);
    }
}
