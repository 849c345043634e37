using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Gateway.Tests;

/// <summary>P12, double spend by parallel requests: what a balance pays for is served, all else is refused, nothing is below zero.</summary>
public sealed class ParallelMoneyTests
{
    private const int Requests = 10_000;
    private const int PaidFor = 100;

    [Fact]
    public async Task TenThousandParallel_BalanceForAHundred_ExactlyAHundredServedAndPaid()
    {
        await using var network = await InstantNetwork.StartAsync(nodes: 2);
        // An answer that uses its limit costs exactly what is held for it.
        var (price, outputTokens) = await PriceAsync(network);
        await EmptyAsync(network, leave: PaidFor * price);

        var statuses = await SendAsync(network, network.Http, outputTokens);

        Assert.True(PaidFor == statuses.GetValueOrDefault("ok"), string.Join(", ", statuses));
        Assert.Equal(Requests - PaidFor, statuses.GetValueOrDefault("402 insufficient_balance"));
        Assert.Equal(0, (await network.Ledger.BalanceAsync(LedgerAccount.User("dev"), default)).Value);
        var books = await network.Ledger.AuditAsync(default);
        Assert.True(books.IsExact, books.ToString());
        Assert.Equal(Micros.Zero, books.Holds);
    }

    [Fact]
    public async Task TenThousandParallel_BudgetForAHundred_ExactlyAHundredServedAndPaid()
    {
        await using var network = await InstantNetwork.StartAsync(nodes: 2);
        var (price, outputTokens) = await PriceAsync(network);
        using var made = await network.Http.PostAsJsonAsync("/v1/account/keys", new { budget_micros = PaidFor * price, budget_period = "month" });
        var key = await InstantNetwork.JsonAsync(made);
        using var client = network.Client(key.GetProperty("key").GetString()!);
        var before = await network.Ledger.BalanceAsync(LedgerAccount.User("dev"), default);

        var statuses = await SendAsync(network, client, outputTokens);

        Assert.True(PaidFor == statuses.GetValueOrDefault("ok"), string.Join(", ", statuses));
        Assert.Equal(Requests - PaidFor, statuses.GetValueOrDefault("402 budget_exceeded"));
        Assert.Equal(before - new Micros(PaidFor * price), await network.Ledger.BalanceAsync(LedgerAccount.User("dev"), default));
        using var account = await client.GetAsync("/v1/account");
        Assert.Equal(PaidFor * price, (await InstantNetwork.JsonAsync(account)).GetProperty("key").GetProperty("budget_used_micros").GetInt64());
    }

    private static async Task<(long Price, int OutputTokens)> PriceAsync(InstantNetwork network)
    {
        const int Limit = 2;
        using var response = await network.ChatAsync(maxTokens: Limit);
        var answer = await InstantNetwork.JsonAsync(response);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        Assert.Equal(Limit, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        return (answer.GetProperty("atoma").GetProperty("price_micros").GetInt64(), Limit);
    }

    private static async Task EmptyAsync(InstantNetwork network, long leave)
    {
        var user = LedgerAccount.User("dev");
        var balance = await network.Ledger.BalanceAsync(user, default);
        var result = await network.Ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Transfer(
            Hash32.Sha256("empty"u8), user, LedgerAccount.External, balance - new Micros(leave), TransferCode.Withdrawal)]), default);
        Assert.True(result.Succeeded);
    }

    private static async Task<Dictionary<string, int>> SendAsync(InstantNetwork network, HttpClient client, int outputTokens)
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async _ =>
        {
            using var response = await network.ChatAsync(client, maxTokens: outputTokens);
            // Named with its code, so that a wrong refusal says what it is.
            return response.IsSuccessStatusCode ? "ok" : $"{(int)response.StatusCode} {(await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code")}";
        }));
        return responses.CountBy(s => s).ToDictionary();
    }
}
