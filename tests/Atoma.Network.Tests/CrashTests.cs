using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Network.Tests;

/// <summary>Stops of the whole process: orderly, and kill -9 in the middle of the work.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Network_KilledDuringTwentyRequests_EndsEveryOneAndLosesNoMoney()
    {
        await using var network = await LiveNetwork.StartAsync();
        var before = (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>();
        var asked = Enumerable.Range(0, 20).Select(i => AskAsync(network, i)).ToArray();
        await MisbehaviourTests.UntilAsync(async () => (await network.GetAsync("/v1/network"))["requests"]!.AsObject(),
            r => r.Sum(s => s.Value!.GetValue<long>()) >= 15, "the requests to be accepted");
        await network.KillAsync();
        await Task.WhenAll(asked);

        await network.StartAgainAsync();
        await MisbehaviourTests.UntilAsync(async () => (await network.GetAsync("/v1/network"))["requests"]!.AsObject(),
            r => r["open"] is null, "every request to end");
        var list = (await network.GetAsync("/v1/requests?limit=100"))["data"]!.AsArray();
        var paid = 0L;
        foreach (var item in list)
        {
            var id = item!["request_id"]!.GetValue<string>();
            var request = await network.GetAsync($"/v1/requests/{id}");
            Assert.Contains(request["status"]!.GetValue<string>(), new[] { "settled", "refunded", "expired" });
            Assert.Empty(ReceiptFile.Verify(await network.ReceiptAsync(id), new EthereumSignatures(), out _));
            paid += request["price_micros"]!.GetValue<long>();
        }

        Assert.True(list.Count >= 15);
        // Charged exactly what the receipts say, each once.
        Assert.Equal(before - paid, (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>());
        var books = (await network.GetAsync("/v1/network"))["conservation"]!;
        Assert.Equal(0, books["difference_micros"]!.GetValue<long>());
        Assert.Equal(0, books["holds_micros"]!.GetValue<long>());
        Assert.Equal(0, books["mismatched_accounts"]!.GetValue<int>());
        Assert.Equal("settled", (await network.AskAsync("What is Atoma?", "checked"))["atoma"]!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Network_InterruptedAndStartedAgain_StopsInTimeAndFindsItsData()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "2");
        var answer = await network.AskAsync("What is Atoma?", "checked");
        var nodes = Ids(await network.GetAsync("/v1/nodes"));
        var balance = (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>();

        var stopping = await network.InterruptAsync();
        Assert.True(stopping < TimeSpan.FromSeconds(5), $"the stop took {stopping}");
        await network.StartAgainAsync();

        Assert.Equal(nodes, Ids(await network.GetAsync("/v1/nodes")));
        Assert.Equal(balance, (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>());
        var request = await network.RequestAsync(answer);
        Assert.Equal("settled", request["status"]!.GetValue<string>());
        Assert.Empty(ReceiptFile.Verify(await network.ReceiptAsync(LiveNetwork.RequestId(answer)), new EthereumSignatures(), out _));
    }

    [Fact]
    public async Task Network_OnPortsInUse_SaysWhatToDoAndEnds()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "1");
        var output = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var other = Directory.CreateTempSubdirectory("atoma-test-");
        using var second = LiveNetwork.Run(LiveNetwork.Program("Atoma.Api"),
            ["--data", other.FullName, "--nodes", "1", "--urls", $"http://127.0.0.1:{network.ApiPort}", "--gateway-port", "0"], output.Enqueue);
        await second.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        other.Delete(recursive: true);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains(output, line => line.Contains("choose other ports with --urls", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ask_WithoutFunds_IsRefusedAndChargesNothing()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "1", "--dev-balance", "10");
        var (status, body) = await network.TryAskAsync("What is Atoma?", "none", 500);
        Assert.Equal(402, (int)status);
        Assert.Contains("10", body["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(10, (await network.GetAsync("/v1/account"))["balance_micros"]!.GetValue<long>());
    }

    private static string[] Ids(JsonObject nodes) =>
        [.. nodes["data"]!.AsArray().Select(n => n!["id"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    /// <summary>Asks; a broken connection is what the test is about.</summary>
    private static async Task AskAsync(LiveNetwork network, int i)
    {
        try
        {
            await network.TryAskAsync("Which endpoints are there?", i % 2 == 0 ? "checked" : "replicated:3", 200, temperature: 1, seed: i);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Text.Json.JsonException)
        {
            // The network was killed.
        }
    }
}
