using Atoma.Silo.Webhooks;
using Microsoft.AspNetCore.Http;

namespace Atoma.Network.Tests.Webhooks;

/// <summary>What a stranger's address can make this silo do: nothing.</summary>
public sealed class WebhookClientTests
{
    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://2130706433:{0}/")] // 127.0.0.1 as one number
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://10.0.0.1/")]
    public async Task Post_ToAnAddressWithin_IsRefusedBeforeItConnects(string url)
    {
        await using var receiver = await Receiver.StartAsync();
        using var client = new WebhookClient(toPrivateAddresses: false);

        var delivery = await PostAsync(client, string.Format(null, url, new Uri(receiver.Url).Port));

        Assert.Contains("not a public address", delivery.Problem, StringComparison.Ordinal);
        Assert.True(delivery.IsFinal);
        Assert.Empty(receiver.Got);
    }

    [Fact]
    public async Task Post_Redirected_IsNotFollowed()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = static (context, _) =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        };
        using var client = new WebhookClient(toPrivateAddresses: true);
        var delivery = await PostAsync(client, receiver.Url);
        Assert.Contains("redirects are not followed", delivery.Problem, StringComparison.Ordinal);
        Assert.Single(receiver.Got);
    }

    [Theory]
    [InlineData(200, null, false)]
    [InlineData(204, null, false)]
    [InlineData(410, "410", true)]
    [InlineData(500, "500", false)]
    [InlineData(400, "400", false)]
    public async Task Post_Status_DecidesWhatFollows(int status, string? problem, bool isFinal)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        using var client = new WebhookClient(toPrivateAddresses: true);
        var delivery = await PostAsync(client, receiver.Url);
        Assert.Equal(isFinal, delivery.IsFinal);
        Assert.Equal(problem is null, delivery.Problem is null);
        Assert.Contains(problem ?? "", delivery.Problem ?? "", StringComparison.Ordinal);
    }

    /// <summary>A body without end is not read.</summary>
    [Fact]
    public async Task Post_EndlessResponse_IsTakenByItsStatus()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = static async (context, _) =>
        {
            var junk = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(junk, context.RequestAborted);
        };
        using var client = new WebhookClient(toPrivateAddresses: true);
        Assert.Null((await PostAsync(client, receiver.Url)).Problem);
    }

    [Fact]
    public async Task Post_NobodyThere_SaysSo()
    {
        using var client = new WebhookClient(toPrivateAddresses: true);
        var delivery = await PostAsync(client, $"http://127.0.0.1:{LiveNetwork.FreePort()}/");
        Assert.NotNull(delivery.Problem);
        Assert.False(delivery.IsFinal);
    }

    private static Task<Delivery> PostAsync(WebhookClient client, string url) => client.PostAsync(url, "msg_1", DateTimeOffset.UnixEpoch, "v1,x", "{}", default);
}
