using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Gateway.Tests;

/// <summary>Accounts, keys and operators over REST, with real books behind.</summary>
public sealed class AccountTests : IAsyncLifetime
{
    private InstantNetwork _network = null!;

    public async Task InitializeAsync() => _network = await InstantNetwork.StartAsync(nodes: 2);

    public async Task DisposeAsync() => await _network.DisposeAsync();

    [Fact]
    public async Task Administrator_OpensCreditsAndLimits_OwnerSpendsUpToItsBudget()
    {
        using var opened = await SendAsync(_network.Admin, "/v1/admin/accounts", new { id = "team-1", label = "A team" });
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
        await OkAsync(_network.Admin, "/v1/admin/accounts/team-1/credit", new { amount_micros = 1_000_000, reference = "wire 1" });
        var again = await OkAsync(_network.Admin, "/v1/admin/accounts/team-1/credit", new { amount_micros = 1_000_000, reference = "wire 1" });
        Assert.True(again.GetProperty("repeated").GetBoolean());
        Assert.Equal(1_000_000, again.GetProperty("balance_micros").GetInt64());
        using var made = await SendAsync(_network.Admin, "/v1/admin/keys", new { account = "team-1", scopes = new[] { "client", "manage" }, label = "owner" });
        using var owner = _network.Client((await InstantNetwork.JsonAsync(made)).GetProperty("key").GetString()!);

        // A key of its own with a budget that one answer uses up.
        using var first = await _network.ChatAsync(owner, maxTokens: 2);
        var price = (await InstantNetwork.JsonAsync(first)).GetProperty("atoma").GetProperty("price_micros").GetInt64();
        using var subkey = await SendAsync(owner, "/v1/account/keys", new { label = "app", budget_micros = price, budget_period = "day" });
        var sub = await InstantNetwork.JsonAsync(subkey);
        using var app = _network.Client(sub.GetProperty("key").GetString()!);
        using var served = await _network.ChatAsync(app, maxTokens: 2);
        Assert.True(served.IsSuccessStatusCode, await served.Content.ReadAsStringAsync());
        using var beyond = await _network.ChatAsync(app, maxTokens: 2);
        Assert.Equal(HttpStatusCode.PaymentRequired, beyond.StatusCode);
        Assert.Equal("budget_exceeded", (await InstantNetwork.JsonAsync(beyond)).GetProperty("error").GetProperty("code").GetString());
        var account = await GetAsync(app, "/v1/account");
        Assert.Equal(price, account.GetProperty("key").GetProperty("budget_used_micros").GetInt64());

        // The statement adds up, as JSON and as CSV, page by page.
        var statement = await GetAsync(owner, "/v1/account/statement");
        var lines = statement.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(1_000_000 - 2 * price, lines.Sum(l => l.GetProperty("amount_micros").GetInt64()));
        Assert.Equal(lines[0].GetProperty("balance_micros").GetInt64(), account.GetProperty("balance_micros").GetInt64());
        var page = await GetAsync(owner, $"/v1/account/statement?limit=1&before={lines[0].GetProperty("sequence")}");
        Assert.Equal(lines[1].ToString(), page.GetProperty("data")[0].ToString());
        Assert.True(page.GetProperty("has_more").GetBoolean());
        var csv = await owner.GetStringAsync("/v1/account/statement?format=csv");
        Assert.Equal(lines.Length + 1, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);

        // Where is my money?
        var request = (await InstantNetwork.JsonAsync(served)).GetProperty("atoma").GetProperty("request_id").GetString();
        var money = await GetAsync(app, $"/v1/requests/{request}/money");
        Assert.Equal((price, 0L), (money.GetProperty("paid_micros").GetInt64(), money.GetProperty("waiting_micros").GetInt64()));
        using var foreign = await _network.Http.GetAsync($"/v1/requests/{request}/money");
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);

        // A revoked key is refused at once where it was revoked.
        using var revoked = await owner.DeleteAsync($"/v1/account/keys/{sub.GetProperty("id").GetString()}");
        Assert.True(revoked.IsSuccessStatusCode);
        using var refused = await _network.ChatAsync(app);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("key.revoke", (await GetAsync(_network.Admin, "/v1/admin/audit-log")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Owner_CannotGiveMoreThanItHas_NorReachWhatIsAnothers()
    {
        using var more = await SendAsync(_network.Http, "/v1/account/keys", new { scopes = new[] { "admin" } });
        Assert.Equal(HttpStatusCode.BadRequest, more.StatusCode);
        using var plain = await SendAsync(_network.Http, "/v1/account/keys", new { });
        using var client = _network.Client((await InstantNetwork.JsonAsync(plain)).GetProperty("key").GetString()!);
        using var manages = await SendAsync(client, "/v1/account/keys", new { });
        Assert.Equal(HttpStatusCode.Forbidden, manages.StatusCode);
        using var other = await SendAsync(_network.Http, "/v1/account/keys", new { account = "admin" });
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
        foreach (var path in new[] { "/v1/admin/accounts", "/v1/admin/keys", "/v1/admin/audit-log", "/v1/admin/payouts" })
        {
            using var forbidden = await _network.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        }
    }

    [Fact]
    public async Task RateLimit_HoldsUnderParallelRequests_AndChargesNothing()
    {
        using var made = await SendAsync(_network.Http, "/v1/account/keys", new { requests_per_minute = 5 });
        using var client = _network.Client((await InstantNetwork.JsonAsync(made)).GetProperty("key").GetString()!);

        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _network.ChatAsync(client)));

        Assert.Equal(5, responses.Count(r => r.IsSuccessStatusCode));
        var refused = responses.Where(r => r.StatusCode == HttpStatusCode.TooManyRequests).ToArray();
        Assert.Equal(45, refused.Length);
        Assert.All(refused, r => Assert.True(r.Headers.RetryAfter?.Delta > TimeSpan.Zero));
        foreach (var response in responses)
            response.Dispose();
    }

    [Fact]
    public async Task Faucet_FillsUp_ToALevel()
    {
        using var answer = await _network.ChatAsync();
        var before = (await GetAsync(_network.Http, "/v1/account")).GetProperty("balance_micros").GetInt64();
        var filled = await OkAsync(_network.Http, "/v1/account/faucet", new { });
        Assert.Equal(1_000_000_000, filled.GetProperty("balance_micros").GetInt64());
        Assert.True(before < 1_000_000_000);
        Assert.True((await OkAsync(_network.Http, "/v1/account/faucet", new { })).GetProperty("repeated").GetBoolean());
    }

    [Fact]
    public async Task Operator_TakesItsEarningsOut_BySignature()
    {
        for (var i = 0; i < 10; i++)
            (await _network.ChatAsync()).Dispose();
        var nodes = (await GetAsync(_network.Http, "/v1/nodes")).GetProperty("data").EnumerateArray().ToArray();
        var rich = nodes.MaxBy(n => n.GetProperty("earnings_micros").GetInt64());
        var node = _network.Nodes.Single(n => n.Id.ToString() == rich.GetProperty("id").GetString());
        var (amount, nonce) = (rich.GetProperty("earnings_micros").GetInt64(), new Hash32(RandomNumberGenerator.GetBytes(32)));
        var signature = "0x" + Convert.ToHexString(node.Sign(SigningDomain.Payout(node.Id, new Micros(amount), node.Id, nonce)));

        var asked = await OkAsync(_network.Http, $"/v1/nodes/{node.Id}/payouts", new { amount_micros = amount, nonce = nonce.ToString(), signature });

        Assert.Equal(("paid", 0L), (asked.GetProperty("payout").GetProperty("status").GetString(), asked.GetProperty("earnings_micros").GetInt64()));
        var statement = (await GetAsync(_network.Http, $"/v1/nodes/{node.Id}/statement")).GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(("payout_requested", -amount), (statement[0].GetProperty("code").GetString(), statement[0].GetProperty("amount_micros").GetInt64()));
        using var forged = await SendAsync(_network.Http, $"/v1/nodes/{node.Id}/payouts", new { amount_micros = amount + 1, nonce = nonce.ToString(), signature });
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        using var books = await _network.Http.GetAsync("/v1/network");
        Assert.Equal(0, (await InstantNetwork.JsonAsync(books)).GetProperty("conservation").GetProperty("difference_micros").GetInt64());
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string path, object body) => client.PostAsJsonAsync(path, body);

    private static async Task<JsonElement> OkAsync(HttpClient client, string path, object body)
    {
        using var response = await SendAsync(client, path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await InstantNetwork.JsonAsync(response);
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await InstantNetwork.JsonAsync(response);
    }
}
