using System.Net;
using System.Text.Json;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests;

public sealed class ReadEndpointTests : IAsyncLifetime
{
    private const string Id = "abababababababababababababababababababababababababababababababab";

    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private async Task<string> GetAsync(string path)
    {
        using var response = await _host.Http.GetAsync(path);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("http-", response.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
        return await response.OkAsync();
    }

    [Fact]
    public async Task Models_AreThoseThatAreOffered()
    {
        var manifest = FakeModel.Manifest;
        var model = $$$$"""{"id":"atoma-demo","object":"model","created":1700000000,"owned_by":"atoma","atoma":{"digest":"{{{{manifest.Digest}}}}","architecture":"llama","quantisation":"Q8_0","context_length":512,"max_context":500,"nodes":2,"input_price_micros":{"from":100,"to":120},"output_price_micros":{"from":280,"to":300}}}""";
        Assert.Equal($$"""{"object":"list","data":[{{model}}]}""", await GetAsync("/v1/models"));
        Assert.Equal(model, await GetAsync("/v1/models/atoma-demo"));
    }

    [Theory]
    [InlineData("atoma-gone")]
    [InlineData("some/body")]
    [InlineData("UPPER")]
    [InlineData("..%2f..")]
    public async Task Model_NotOffered_Is404(string id)
    {
        using var response = await _host.Http.GetAsync("/v1/models/" + id);
        await response.ErrorAsync(404, "model_not_found", "model");
    }

    [Fact]
    public async Task Account_ShowsTheBalance() =>
        Assert.StartsWith("""{"object":"account","account":"acct-1","label":"","balance_micros":250,"held_micros":0""", await GetAsync("/v1/account"), StringComparison.Ordinal);

    [Fact]
    public async Task Requests_AreTheOwnAccounts_OrAllForAnAdministrator()
    {
        Assert.Equal(
            """{"object":"list","data":[{"request_id":"id-of-acct-1","status":"settled","model":"atoma-demo","created_at":"1970-01-01T00:00:00.000Z"}]}""",
            await GetAsync("/v1/requests"));
        using var admin = await _host.GetAsync("/v1/requests?limit=5", "Bearer " + FakeNetwork.AdminKey);
        Assert.Contains("\"id-of-\"", await admin.OkAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("501")]
    [InlineData("-1")]
    [InlineData("many")]
    public async Task Lists_LimitOutOfRange_IsRefused(string limit)
    {
        foreach (var path in new[] { "/v1/requests", "/v1/nodes", "/v1/slashes", $"/v1/nodes/{FakeNetwork.NodeAddress}/slashes" })
        {
            using var response = await _host.Http.GetAsync($"{path}?limit={limit}");
            await response.ErrorAsync(400, "invalid_value", "limit");
        }
    }

    [Fact]
    public async Task Request_IsPassedOnAsItIs_AndTheReceiptToTheByte()
    {
        var grain = _host.Network.GetGrain<IRequestGrain>("req:" + Id);
        _host.Network.Requests["req:" + Id].Info = new RequestInfo(FakeNetwork.Account, """{"request_id":"x"}""", null);
        Assert.Equal("""{"request_id":"x"}""", await GetAsync("/v1/requests/" + Id));
        Assert.Equal("""{"request_id":"x"}""", await GetAsync("/v1/requests/" + Id.ToUpperInvariant()));
        using (var open = await _host.Http.GetAsync($"/v1/requests/{Id}/receipt"))
        {
            await open.ErrorAsync(409, "request_open", "id");
            Assert.Equal(TimeSpan.FromSeconds(2), open.Headers.RetryAfter!.Delta);
        }

        const string receipt = "{\n  \"format\": \"atoma-receipt/1\",\n  \"ü\": \"\\u003c\"\n}\n";
        _host.Network.Requests["req:" + Id].Info = new RequestInfo(FakeNetwork.Account, "{}", receipt);
        using var response = await _host.Http.GetAsync($"/v1/requests/{Id}/receipt");
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(receipt), await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(grain);
    }

    [Theory]
    [InlineData("/v1/requests/" + Id)]
    [InlineData("/v1/requests/" + Id + "/receipt")]
    [InlineData("/v1/requests/short")]
    public async Task Request_Unknown_Is404(string path)
    {
        using var response = await _host.Http.GetAsync(path);
        await response.ErrorAsync(404, "request_not_found", "id");
    }

    [Fact]
    public async Task Nodes_AreListedAndShown()
    {
        var node = $$"""{"id":"{{FakeNetwork.NodeAddress}}","state":"active","online":true,"endpoint_kind":"silo","country":"CH","model":"atoma-demo","echelon":"e1","input_price_micros":100,"output_price_micros":300,"slots":4,"busy":1,"collateral_micros":1000000,"frozen_micros":0,"earnings_micros":77,"registered_at":"1970-01-01T00:00:00.000Z","jail_reason":"","models":["atoma-demo","atoma-other"],"jailed_until":null,"quarantined":true,"suspicion":0.25,"outstanding_micros":10,"outstanding_cap_micros":10000,"payable_micros":0,"unbonds_at":null}""";
        Assert.Equal($$"""{"object":"list","data":[{{node}}],"has_more":false}""", await GetAsync("/v1/nodes"));
        Assert.Equal($$"""{"object":"list","data":[],"has_more":false}""", await GetAsync("/v1/nodes?after=" + FakeNetwork.NodeAddress));
        Assert.Equal(node, await GetAsync("/v1/nodes/" + FakeNetwork.NodeAddress));
        Assert.Equal(node, await GetAsync("/v1/nodes/" + FakeNetwork.NodeAddress.ToLowerInvariant()));
    }

    [Fact]
    public async Task Slashes_AreListed()
    {
        var list = $$"""{"object":"list","data":[{"id":"s1","node":"{{FakeNetwork.NodeAddress}}","request_id":"{{new string('a', 64)}}","receipt":"/v1/requests/{{new string('a', 64)}}/receipt","evidence":"sequential_test","reason":"why","amount_micros":9,"status":"frozen","appealed":false,"rounds":0,"opened_at":"1970-01-01T00:00:00.000Z","due_at":"1970-01-01T00:00:00.000Z","history":[{"request_id":"h1","failed":true},{"request_id":"h2","failed":false}]}]}""";
        Assert.Equal(list, await GetAsync($"/v1/nodes/{FakeNetwork.NodeAddress}/slashes"));
        Assert.Equal(list, await GetAsync("/v1/slashes"));
    }

    [Theory]
    [InlineData("/v1/nodes/0x0000000000000000000000000000000000000001")]
    [InlineData("/v1/nodes/nobody")]
    [InlineData("/v1/nodes/nobody/slashes")]
    public async Task Node_Unknown_Is404(string path)
    {
        using var response = await _host.Http.GetAsync(path);
        await response.ErrorAsync(404, "node_not_found", "id");
    }

    [Fact]
    public async Task Network_ShowsTheBooks()
    {
        Assert.Equal(
            $$$"""{"object":"network","epoch":42,"epoch_ends_at":"1970-01-01T00:00:00.000Z","coordinator":"{{{FakeNetwork.NodeAddress}}}","ready":true,"nodes":{"total":1,"online":1,"active":1,"jailed":0},"models":["atoma-demo","atoma-gone"],"requests":{"settled":7,"refunded":1},"open_slashes":1,"open_cases":{"frozen":1},"audit_pool_micros":66,"consensus":{"levels":{"atoma-demo":["none","sampled"],"atoma-gone":[]},"audit_probability":0.03,"audit_checkers":1,"check_cost":0.6,"exposure_ratio":100,"canary_rate":0.01,"assumed_adversary_share":0.333},"conservation":{"deposits_micros":1000,"withdrawals_micros":10,"burned_micros":5,"accounts_micros":985,"escrow_micros":20,"holds_micros":20,"difference_micros":0,"mismatched_accounts":0},"beacon":{"chain":1,"anchor":"aa","step":3,"value":"bb"}}""",
            await GetAsync("/v1/network"));
    }

    [Fact]
    public async Task Reviews_AreListed_AndReadOnceInFiveSeconds()
    {
        const string list = """{"object":"list","data":[{"request_id":"r1","kind":"assembly","origin":"o1","model":"atoma-demo","status":"settled","finding":"mismatch","panel":6,"created_at":"1970-01-01T00:00:00.000Z"},{"request_id":"r2","kind":"dispute","origin":"o2","model":"atoma-demo","status":"open","finding":null,"panel":3,"created_at":"1970-01-01T00:00:00.000Z"}]}""";
        using var anonymous = await _host.GetAsync("/v1/reviews", null);
        Assert.Equal(list, await anonymous.OkAsync());
        _host.Time.Advance(TimeSpan.FromSeconds(4));
        await GetAsync("/v1/reviews");
        Assert.Equal(1, _host.Network.ReviewReads);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await GetAsync("/v1/reviews");
        Assert.Equal(2, _host.Network.ReviewReads);
    }

    [Fact]
    public async Task Network_ManyVisitors_ReadTheBooksOnceASecond()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GetAsync("/v1/network")));
        Assert.Equal(1, _host.Network.NetworkReads);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await GetAsync("/v1/network");
        Assert.Equal(2, _host.Network.NetworkReads);
    }

    [Fact]
    public async Task Network_Gone_Is503_AndBackAtOnce()
    {
        _host.Network.BooksFault = new TimeoutException();
        using var gone = await _host.Http.GetAsync("/v1/network");
        await gone.ErrorAsync(503, "network_unavailable");
        using var notReady = await _host.Http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, notReady.StatusCode);
        Assert.Equal("""{"status":"not_ready","why":"The network does not answer."}""", await notReady.Content.ReadAsStringAsync());
        using var live = await _host.Http.GetAsync("/health/live");
        Assert.Equal("""{"status":"live","why":""}""", await live.OkAsync());
        _host.Network.BooksFault = null;
        await GetAsync("/v1/network");
    }

    [Fact]
    public async Task Ready_OnlyOnceATokenWasVerified()
    {
        _host.Network.Ready = false;
        using (var response = await _host.Http.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Contains("No token", (await response.JsonAsync()).GetProperty("why").GetString(), StringComparison.Ordinal);
        }

        _host.Network.Ready = true;
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("""{"status":"ready","why":""}""", await GetAsync("/health/ready"));
    }

    [Fact]
    public async Task OpenApi_DescribesEveryEndpoint()
    {
        using var response = await _host.Http.GetAsync("/openapi/v1.json");
        var document = JsonDocument.Parse(await response.OkAsync()).RootElement;
        var paths = document.GetProperty("paths");
        string[] expected =
        [
            "/v1/chat/completions", "/v1/completions", "/v1/models", "/v1/requests", "/v1/requests/{id}", "/v1/requests/{id}/receipt", "/v1/account",
            "/v1/nodes", "/v1/nodes/{id}", "/v1/nodes/{id}/slashes", "/v1/nodes/{id}/slashes/{slash}/appeal", "/v1/nodes/{id}/slashes/{slash}/evidence", "/v1/slashes",
            "/v1/quotes", "/v1/requests/{id}/dispute", "/v1/reviews", "/v1/network", "/health/live", "/health/ready",
        ];
        foreach (var path in expected)
        {
            foreach (var operation in paths.GetProperty(path).EnumerateObject())
                Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("summary").GetString()));
        }

        var chat = document.GetProperty("components").GetProperty("schemas").GetProperty("ChatCompletionBody");
        var properties = chat.GetProperty("properties").EnumerateObject().Select(p => p.Name).ToList();
        Assert.Contains("stream_options", properties);
        Assert.DoesNotContain("others", properties);
        foreach (var field in chat.GetProperty("properties").EnumerateObject().Where(f => f.Name != "stream_options"))
            Assert.True(field.Value.TryGetProperty("description", out _), field.Name);
        Assert.Equal(2, chat.GetProperty("properties").GetProperty("integrity").GetProperty("anyOf").GetArrayLength());
        Assert.Equal("object", chat.GetProperty("properties").GetProperty("logit_bias").GetProperty("type").EnumerateArrayOrSelf().First(t => t.GetString() != "null").GetString());
        Assert.Contains("Most tokens to generate", chat.GetProperty("properties").GetProperty("max_tokens").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal(["model", "messages"], chat.GetProperty("required").EnumerateArray().Select(r => r.GetString()!).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public async Task Pages_AreServedWithoutForeignAssets()
    {
        foreach (var path in new[] { "/", "/explorer.css", "/explorer.js", "/docs/" })
        {
            using var response = await _host.GetAsync(path, null);
            var text = await response.OkAsync();
            Assert.NotEmpty(text);
            foreach (var attribute in new[] { "src=\"http", "href=\"http", "src=\"//", "href=\"//", "url(http", "@import", "cdn." })
                Assert.DoesNotContain(attribute, text, StringComparison.OrdinalIgnoreCase);
        }

        using var docs = await _host.GetAsync("/docs/", null);
        Assert.StartsWith("default-src 'self'", docs.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var page = await _host.GetAsync("/", null);
        Assert.StartsWith("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }
}

internal static class JsonElements
{
    public static IEnumerable<JsonElement> EnumerateArrayOrSelf(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [element];
}
