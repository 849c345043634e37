using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Atoma.Api.Security;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

public sealed class SecurityTests : IAsyncLifetime
{
    private const string Id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _host.Network.GetGrain<IRequestGrain>("req:" + Id);
        _host.Network.Requests["req:" + Id].Info = new RequestInfo(FakeNetwork.Account, "{}", "receipt");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private static string Bearer(string key) => "Bearer " + key;

    private static string Basic(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":" + password));

    // Columns: nobody, the owner, another client, an administrator, an unknown key.
    [Theory]
    [InlineData("/", "200 200 200 200 200")]
    [InlineData("/explorer.js", "200 200 200 200 200")]
    [InlineData("/health/live", "200 200 200 200 200")]
    [InlineData("/health/ready", "200 200 200 200 200")]
    [InlineData("/openapi/v1.json", "200 200 200 200 200")]
    [InlineData("/v1/network", "200 200 200 200 200")]
    [InlineData("/v1/nodes", "200 200 200 200 200")]
    [InlineData("/v1/slashes", "200 200 200 200 200")]
    [InlineData("/v1/models", "401 200 200 200 401")]
    [InlineData("/v1/models/atoma-demo", "401 200 200 200 401")]
    [InlineData("/v1/account", "401 200 200 200 401")]
    [InlineData("/v1/requests", "401 200 200 200 401")]
    [InlineData("/v1/requests/" + Id, "401 200 404 200 401")]
    [InlineData("/v1/requests/" + Id + "/receipt", "401 200 404 200 401")]
    [InlineData("/dashboard", "401 403 403 200 401")]
    public async Task Get_ByKey(string path, string expected)
    {
        var authorizations = new[] { null, Bearer(FakeNetwork.ClientKey), Bearer(FakeNetwork.OtherKey), Bearer(FakeNetwork.AdminKey), Bearer("atk_unknown") };
        var statuses = new List<int>();
        foreach (var authorization in authorizations)
        {
            using var response = await _host.GetAsync(path, authorization);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal(expected, string.Join(' ', statuses));
    }

    [Theory]
    [InlineData(null, 401, "missing_api_key")]
    [InlineData("", 401, "missing_api_key")]
    [InlineData("Bearer", 401, "invalid_api_key")]
    [InlineData("Bearer ", 401, "invalid_api_key")]
    [InlineData("Bearer atk_unknown", 401, "invalid_api_key")]
    [InlineData("Basic eDphdGtfY2xpZW50LTExMTExMTExMTE=", 401, "invalid_api_key")]
    [InlineData("atk_client-1111111111", 401, "invalid_api_key")]
    [InlineData("Bearer " + FakeNetwork.AdminKey, 403, "insufficient_scope")]
    public async Task Post_WithoutAGoodKey_IsRefusedBeforeTheBodyIsRead(string? authorization, int status, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("not json") };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var client = new HttpClient { BaseAddress = _host.Address };
        using var response = await client.SendAsync(request);
        await response.ErrorAsync(status, code);
        if (status == 401)
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Key_TooLong_IsNotLookedUp()
    {
        using var response = await _host.GetAsync("/v1/account", Bearer(new string('x', 257)));
        await response.ErrorAsync(401, "invalid_api_key");
        Assert.Equal(0, _host.Network.KeyLookups);
    }

    [Fact]
    public async Task Key_Found_IsRememberedForAMoment()
    {
        for (var i = 0; i < 3; i++)
            (await _host.GetAsync("/v1/requests", Bearer(FakeNetwork.ClientKey))).Dispose();
        Assert.Equal(1, _host.Network.KeyLookups);
        _host.Network.KeysByHash.Clear();
        _host.Time.Advance(TimeSpan.FromSeconds(6));
        using var response = await _host.GetAsync("/v1/requests", Bearer(FakeNetwork.ClientKey));
        await response.ErrorAsync(401, "invalid_api_key");
    }

    [Fact]
    public async Task Key_OfScopeRead_ReadsAndCannotSpend()
    {
        _host.Network.KeysByHash[ApiKeys.Hash("atk_reads")] = new KeyInfo { Id = "1", Account = FakeNetwork.Account, Scopes = ["read"] };
        using var reads = await _host.GetAsync("/v1/account", Bearer("atk_reads"));
        Assert.Equal(HttpStatusCode.OK, reads.StatusCode);
        _host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "atk_reads");
        using var spends = await _host.ChatAsync();
        await spends.ErrorAsync(403, "insufficient_scope");
        using var manages = await _host.GetAsync("/v1/account/keys", Bearer("atk_reads"));
        await manages.ErrorAsync(403, "insufficient_scope");
        using var administers = await _host.GetAsync("/v1/admin/accounts", Bearer("atk_reads"));
        await administers.ErrorAsync(403, "insufficient_scope");
    }

    [Fact]
    public async Task Traffic_EveryAnswer_ShowsTheSixHeaders_AndARefusalWhenToRetry()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("Hi"));
        using var fine = await _host.ChatAsync();
        Assert.Equal("600000", fine.Headers.GetValues("x-ratelimit-limit-requests").Single());
        Assert.Equal("599999", fine.Headers.GetValues("x-ratelimit-remaining-requests").Single());
        Assert.Equal("1ms", fine.Headers.GetValues("x-ratelimit-reset-requests").Single());
        Assert.Equal("600000000", fine.Headers.GetValues("x-ratelimit-limit-tokens").Single());
        // Five characters are one token, and an answer without a limit counts as 512.
        Assert.Equal("599999487", fine.Headers.GetValues("x-ratelimit-remaining-tokens").Single());
        Assert.Equal("1m1.5s", fine.Headers.GetValues("x-ratelimit-reset-tokens").Single());

        _host.Network.OnTraffic = static _ => new TrafficReply(
            false, new TrafficLevel(10, 0, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(5.5)), new TrafficLevel(100, 50, TimeSpan.Zero, TimeSpan.Zero));
        using var refused = await _host.ChatAsync();
        var error = await refused.ErrorAsync(429, "rate_limit_exceeded");
        Assert.Equal("requests", error.GetProperty("type").GetString());
        Assert.Equal("6", refused.Headers.GetValues("Retry-After").Single());
        Assert.Equal("5500", refused.Headers.GetValues("retry-after-ms").Single());
        Assert.Equal("0", refused.Headers.GetValues("x-ratelimit-remaining-requests").Single());
        Assert.Empty(_host.Network.Submitted.Skip(1));
    }

    [Fact]
    public async Task Dashboard_BasicPassword_IsTheAdminKey()
    {
        using var good = await _host.GetAsync("/dashboard", Basic("anybody", FakeNetwork.AdminKey));
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        using var wrong = await _host.GetAsync("/dashboard", Basic("anybody", "wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.StartsWith("Basic ", wrong.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        using var client = await _host.GetAsync("/dashboard", Basic("anybody", FakeNetwork.ClientKey));
        await client.ErrorAsync(403, "insufficient_scope");
        using var unreadable = await _host.GetAsync("/dashboard", "Basic ???");
        Assert.Equal(HttpStatusCode.Unauthorized, unreadable.StatusCode);
    }

    [Fact]
    public async Task Dashboard_KeyInTheAddress_BecomesACookieAndLeavesTheAddress()
    {
        using var signIn = await _host.GetAsync($"/dashboard?key={FakeNetwork.AdminKey}&tab=2", null);
        Assert.Equal(HttpStatusCode.Found, signIn.StatusCode);
        Assert.Equal("/dashboard?tab=2", signIn.Headers.Location?.ToString());
        var cookie = signIn.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/dashboard", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(FakeNetwork.AdminKey, cookie, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await WithCookieAsync("/dashboard", cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await WithCookieAsync("/v1/account", cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await WithCookieAsync("/dashboard", "atoma_admin=guess"));

        _host.Network.KeysByHash.Clear();
        _host.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(HttpStatusCode.Unauthorized, await WithCookieAsync("/dashboard", cookie));
    }

    [Fact]
    public async Task Dashboard_SessionIsOver_AfterItsTime()
    {
        using var signIn = await _host.GetAsync("/dashboard?key=" + FakeNetwork.AdminKey, null);
        _host.Time.Advance(TimeSpan.FromHours(8));
        Assert.Equal(HttpStatusCode.Unauthorized, await WithCookieAsync("/dashboard", signIn.Headers.GetValues("Set-Cookie").Single()));
    }

    [Theory]
    [InlineData("atk_unknown", 401, "invalid_api_key")]
    [InlineData("", 401, "invalid_api_key")]
    [InlineData(FakeNetwork.ClientKey, 403, "insufficient_scope")]
    public async Task Dashboard_WrongKeyInTheAddress_IsRefused(string key, int status, string code)
    {
        using var response = await _host.GetAsync("/dashboard?key=" + key, null);
        await response.ErrorAsync(status, code);
    }

    [Fact]
    public async Task Logs_NeverHoldKeysOrPrompts()
    {
        _host.Network.Script = Scripts.Of(Scripts.Settled("the answer to nobody else"), "the answer");
        using var chat = await _host.PostAsync("/v1/chat/completions", Bodies.Chat("\"stream\":true").Replace("Hello", "the prompt of mine", StringComparison.Ordinal));
        await chat.OkAsync();
        (await _host.GetAsync("/dashboard?key=" + FakeNetwork.AdminKey, null)).Dispose();
        (await _host.GetAsync("/dashboard", Basic("x", FakeNetwork.AdminKey))).Dispose();
        (await _host.GetAsync("/v1/account", Bearer("atk_unknown"))).Dispose();
        var logs = _host.Logs.All;
        Assert.Contains("Atoma.Api", logs, StringComparison.Ordinal);
        foreach (var secret in new[] { FakeNetwork.AdminKey, FakeNetwork.ClientKey, "atk_unknown", "the prompt of mine", "the answer" })
            Assert.DoesNotContain(secret, logs, StringComparison.Ordinal);
    }

    private async Task<HttpStatusCode> WithCookieAsync(string path, string setCookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", setCookie.Split(';')[0]);
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = _host.Address };
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
