using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

/// <summary>Every bound of what a caller can make this server read, keep or wait for. Kestrel keeps real time, so its times are short here.</summary>
public sealed class LimitsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Where each limit is tested. A new limit is put here with its test.</summary>
    private static readonly Dictionary<string, string> Tests = new(StringComparer.Ordinal)
    {
        [nameof(Limits.BodyBytes)] = nameof(BodyErrorTests.Body_TooLarge_Is413),
        [nameof(Limits.DrainedBytes)] = nameof(Body_LargerThanIsDrained_Is413),
        [nameof(Limits.RequestLineBytes)] = nameof(RequestLine_TooLong_Is414),
        [nameof(Limits.HeaderBytes)] = nameof(BodyErrorTests.Headers_TooLarge_Are431),
        [nameof(Limits.HeaderCount)] = nameof(Headers_TooMany_Are431),
        [nameof(Limits.HeadersTime)] = nameof(Headers_ThatNeverEnd_EndTheConnection),
        [nameof(Limits.KeepAliveTime)] = nameof(Connection_Idle_IsClosed),
        [nameof(Limits.Connections)] = nameof(Connections_MoreThanAllowed_AreClosed),
        [nameof(Limits.ConcurrentAnswers)] = nameof(ChatCompletionTests.Chat_MoreAtOnceThanAllowed_IsBusy),
        [nameof(Limits.AnswerTime)] = nameof(ChatCompletionTests.Chat_TakesTooLong_IsCancelledAndSaysSo),
        [nameof(Limits.ReadTime)] = nameof(Body_ThatNeverEnds_Is504),
        [nameof(Limits.WatchRetries)] = nameof(ChatCompletionTests.Chat_WatchStaysBroken_SaysWhereToLook),
        [nameof(Limits.WatchRetryPause)] = nameof(ChatCompletionTests.Chat_WatchBreaks_IsTakenUpAgainWhereItBroke),
        [nameof(Limits.PingPause)] = nameof(AsynchronousTests.Events_NothingComes_CommentsDo),
        [nameof(Limits.Choices)] = nameof(BodyErrorTests.Chat_WrongParameter_NamesTheField),
        [nameof(Limits.EventIdLength)] = nameof(ResumeTests.Events_IdTooLong_IsRefused),
        [nameof(Limits.WebhookUrlLength)] = nameof(AsynchronousTests.Webhook_AddressTooLong_IsRefused),
        [nameof(Limits.Messages)] = nameof(BodyErrorTests.Chat_TooManyMessages_IsRefused),
        [nameof(Limits.Tools)] = nameof(Tools_TooMany_AreRefused),
        [nameof(Limits.JsonDepth)] = nameof(BodyErrorTests.Body_NotAJsonObject_IsRefused),
        [nameof(Limits.KeyLength)] = nameof(SecurityTests.Key_TooLong_IsNotLookedUp),
        [nameof(Limits.CachedKeys)] = nameof(Keys_MoreThanAreRemembered_AreLookedUpAgain),
        [nameof(Limits.CachedKeyTime)] = nameof(SecurityTests.Key_Found_IsRememberedForAMoment),
        [nameof(Limits.RequestsPerMinute)] = nameof(SecurityTests.Traffic_EveryAnswer_ShowsTheSixHeaders_AndARefusalWhenToRetry),
        [nameof(Limits.TokensPerMinute)] = nameof(SecurityTests.Traffic_EveryAnswer_ShowsTheSixHeaders_AndARefusalWhenToRetry),
        [nameof(Limits.AssumedAnswerTokens)] = nameof(SecurityTests.Traffic_EveryAnswer_ShowsTheSixHeaders_AndARefusalWhenToRetry),
        [nameof(Limits.AdminSessions)] = nameof(Sessions_MoreThanAllowed_SignTheOldestOut),
        [nameof(Limits.AdminSessionTime)] = nameof(SecurityTests.Dashboard_SessionIsOver_AfterItsTime),
        [nameof(Limits.PublicViewTime)] = nameof(ReadEndpointTests.Network_ManyVisitors_ReadTheBooksOnceASecond),
        [nameof(Limits.PublicReviewsTime)] = nameof(ReadEndpointTests.Reviews_AreListed_AndReadOnceInFiveSeconds),
        [nameof(Limits.Reviews)] = nameof(ReadEndpointTests.Reviews_AreListed_AndReadOnceInFiveSeconds),
        [nameof(Limits.ListEntries)] = nameof(ReadEndpointTests.Lists_LimitOutOfRange_IsRefused),
        [nameof(Limits.ListEntriesDefault)] = nameof(List_WithoutALimit_HasTheDefault),
    };

    [Fact]
    public void Limits_EachHasATest()
    {
        var methods = typeof(LimitsTests).Assembly.GetTypes().SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance))
            .Where(m => m.GetCustomAttributes<FactAttribute>().Any()).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var limit in typeof(Limits).GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            Assert.True(Tests.TryGetValue(limit.Name, out var test) && methods.Contains(test), $"{limit.Name} has no test.");
    }

    [Fact]
    public async Task Body_LargerThanIsDrained_Is413()
    {
        await using var host = await ApiHost.StartAsync(new Limits { BodyBytes = 100, DrainedBytes = 1000 });
        using var response = await host.ChatAsync($"\"user\":\"{new string('x', 2000)}\"");
        await response.ErrorAsync(413, "body_too_large");
    }

    [Fact]
    public async Task RequestLine_TooLong_Is414()
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await host.Http.GetAsync("/v1/models/" + new string('x', new Limits().RequestLineBytes));
        Assert.Equal(414, (int)response.StatusCode);
    }

    [Fact]
    public async Task Headers_TooMany_Are431()
    {
        await using var host = await ApiHost.StartAsync();
        var many = Enumerable.Range(0, new Limits().HeaderCount).Select(i => ($"x-{i}", "1")).ToArray();
        using var response = await host.ChatAsync("", many);
        Assert.Equal(431, (int)response.StatusCode);
    }

    [Fact]
    public async Task Headers_ThatNeverEnd_EndTheConnection()
    {
        await using var host = await ApiHost.StartAsync(new Limits { HeadersTime = TimeSpan.FromSeconds(1) });
        using var client = await Raw.ConnectAsync(host);
        Assert.StartsWith("HTTP/1.1 408", await client.SayAsync("GET /v1/models HTTP/1.1\r\nHost: x\r\nx-slow: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_Idle_IsClosed()
    {
        await using var host = await ApiHost.StartAsync(new Limits { KeepAliveTime = TimeSpan.FromSeconds(1) });
        using var client = await Raw.ConnectAsync(host);
        // Returns when the other side has closed.
        Assert.StartsWith("HTTP/1.1 200", await client.SayAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_MoreThanAllowed_AreClosed()
    {
        await using var host = await ApiHost.StartAsync(new Limits { Connections = 1 });
        using var first = await host.Http.GetAsync("/health/live");
        Assert.True(first.IsSuccessStatusCode);
        using var second = await Raw.ConnectAsync(host);
        Assert.Equal("", await second.SayAsync("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
    }

    [Fact]
    public async Task Body_ThatNeverEnds_Is504()
    {
        await using var host = await ApiHost.StartAsync(new Limits { ReadTime = TimeSpan.FromMilliseconds(300), KeepAliveTime = TimeSpan.FromSeconds(1) });
        using var client = await Raw.ConnectAsync(host);
        var answer = await client.SayAsync(
            $"POST /v1/quotes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Fakes.FakeNetwork.ClientKey}\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{{\"model\":");
        Assert.StartsWith("HTTP/1.1 504", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"timeout\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_TooMany_AreRefused()
    {
        await using var host = await ApiHost.StartAsync();
        var tools = string.Join(',', Enumerable.Range(0, new Limits().Tools + 1).Select(i => $$$"""{"type":"function","function":{"name":"f{{{i}}}"}}"""));
        using var response = await host.ChatAsync($"\"tools\":[{tools}]");
        await response.ErrorAsync(400, "invalid_value", "tools");
    }

    [Fact]
    public async Task Keys_MoreThanAreRemembered_AreLookedUpAgain()
    {
        await using var host = await ApiHost.StartAsync(new Limits { CachedKeys = 1 });
        foreach (var key in new[] { Fakes.FakeNetwork.ClientKey, Fakes.FakeNetwork.OtherKey, Fakes.FakeNetwork.ClientKey, Fakes.FakeNetwork.ClientKey })
        {
            using var response = await host.GetAsync("/v1/requests", "Bearer " + key);
            await response.OkAsync();
        }

        Assert.Equal(3, host.Network.KeyLookups);
    }

    [Fact]
    public void Sessions_MoreThanAllowed_SignTheOldestOut()
    {
        var sessions = new AdminSessions(new Limits { AdminSessions = 2 }, TimeProvider.System);
        string[] ids = [sessions.Open("a"), sessions.Open("b"), sessions.Open("c")];
        Assert.Equal([null, "b", "c"], ids.Select(sessions.KeyHash));
    }

    [Fact]
    public async Task List_WithoutALimit_HasTheDefault()
    {
        await using var host = await ApiHost.StartAsync(new Limits { ListEntriesDefault = 7 });
        using var response = await host.Http.GetAsync("/v1/requests");
        await response.OkAsync();
        Assert.Equal(7, host.Network.LastListLimit);
    }

    /// <summary>A client that says what it likes.</summary>
    private sealed class Raw(TcpClient tcp) : IDisposable
    {
        public static async Task<Raw> ConnectAsync(ApiHost host)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync(host.Address.Host, host.Address.Port);
            return new Raw(tcp);
        }

        /// <summary>Everything that comes until the other side closes.</summary>
        public async Task<string> SayAsync(string text)
        {
            using var patience = new CancellationTokenSource(Patience);
            var stream = tcp.GetStream();
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(text), patience.Token);
                using var reader = new StreamReader(stream);
                return await reader.ReadToEndAsync(patience.Token);
            }
            catch (IOException)
            {
                return "";
            }
        }

        public void Dispose() => tcp.Dispose();
    }
}
