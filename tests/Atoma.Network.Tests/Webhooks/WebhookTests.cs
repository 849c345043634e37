using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Atoma.Network.Tests.Webhooks;

/// <summary>A question asked without waiting, whose end is told to an address.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task Webhook_ReceiverFailsFirst_IsDeliveredSignedOnTheNextTry()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = static (context, count) =>
        {
            context.Response.StatusCode = count == 1 ? 500 : 200;
            return Task.CompletedTask;
        };
        await using var network = await LiveNetwork.StartAsync("--nodes", "1", "--private-webhooks");
        using var accepted = await AskAsync(network, receiver.Url);
        Assert.Equal(202, (int)accepted.StatusCode);
        var id = (await accepted.Content.ReadFromJsonAsync<JsonObject>())!["request_id"]!.GetValue<string>();

        JsonObject webhook = null!;
        await Eventually.TrueAsync(async () => (webhook = await network.GetAsync($"/v1/requests/{id}/webhook"))["state"]!.GetValue<string>() == "delivered");
        Assert.Equal((2, receiver.Url), (webhook["attempts"]!.GetValue<int>(), webhook["url"]!.GetValue<string>()));

        Assert.Equal(2, receiver.Got.Count);
        Assert.Single(receiver.Got.Select(g => g.Headers["webhook-id"]).Distinct());
        Assert.Single(receiver.Got.Select(g => g.Body).Distinct());
        var secret = Convert.FromBase64String((await network.GetAsync("/v1/account/webhook_secret"))["secret"]!.GetValue<string>()["whsec_".Length..]);
        foreach (var got in receiver.Got)
        {
            var signed = $"{got.Headers["webhook-id"]}.{got.Headers["webhook-timestamp"]}.{got.Body}";
            Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed))), got.Headers["webhook-signature"]);
            var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(got.Headers["webhook-timestamp"], CultureInfo.InvariantCulture));
            Assert.InRange(at, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(1));
        }

        var body = JsonNode.Parse(receiver.Got.First().Body)!;
        var request = await network.GetAsync($"/v1/requests/{id}");
        Assert.Equal(("request.settled", id), (body["type"]!.GetValue<string>(), body["data"]!["request_id"]!.GetValue<string>()));
        Assert.Equal(request["price_micros"]!.GetValue<long>(), body["data"]!["price_micros"]!.GetValue<long>());
        Assert.DoesNotContain("Where is", receiver.Got.First().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_ToAnAddressWithin_IsRefusedAndNothingIsCharged()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var network = await LiveNetwork.StartAsync("--nodes", "1");
        using var plain = await AskAsync(network, receiver.Url);
        Assert.Equal(400, (int)plain.StatusCode);
        Assert.Equal("webhook.url", (await plain.Content.ReadFromJsonAsync<JsonObject>())!["error"]!["param"]!.GetValue<string>());
        await Eventually.TrueAsync(async () => (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>() == 1_000_000_000);

        using var encrypted = await AskAsync(network, "https://localhost:" + new Uri(receiver.Url).Port);
        var id = (await encrypted.Content.ReadFromJsonAsync<JsonObject>())!["request_id"]!.GetValue<string>();
        JsonObject webhook = null!;
        await Eventually.TrueAsync(async () => (webhook = await network.GetAsync($"/v1/requests/{id}/webhook"))["state"]!.GetValue<string>() == "gave_up");
        Assert.Contains("not a public address", webhook["last_error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(receiver.Got);
    }

    private static Task<HttpResponseMessage> AskAsync(LiveNetwork network, string url) => network.Client.PostAsJsonAsync("/v1/requests", new
    {
        model = LiveNetwork.Model,
        max_tokens = 8,
        messages = new[] { new { role = "user", content = "Where is the moon?" } },
        webhook = new { url },
    });
}
