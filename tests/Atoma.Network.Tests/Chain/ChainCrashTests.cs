using System.Text.Json.Nodes;
using Atoma.Ethereum.Keys;

namespace Atoma.Network.Tests.Chain;

/// <summary>kill -9 of everything, chain included, while an epoch is being settled: both sides agree again, to the unit.</summary>
public sealed class ChainCrashTests
{
    [Theory]
    [InlineData(300)]
    [InlineData(1_500)]
    [InlineData(4_000)]
    public async Task Killed_WhileAnEpochIsSettled_GoesOnWhereItWas(int afterMs)
    {
        await using var network = await ChainNetwork.StartAsync("--epoch", "3", "--nodes", "3");
        long spent = 0;
        for (var i = 0; i < 3; i++)
        {
            var answer = await network.Live.AskAsync("What is Atoma?", i == 0 ? "checked" : "none", 16);
            spent += answer["atoma"]!["price_micros"]!.GetValue<long>();
        }

        await Task.Delay(afterMs);
        await network.Live.KillAsync();
        await using var again = await network.StartAgainAsync();

        using var requester = KeyFile.Load(Path.Combine(network.Live.Data, "keys", "requester.key"));
        await Eventually.TrueAsync(async () => (await again.AccountAsync(requester.Id))["redeemed_micros"]!.GetValue<long>() == spent);
        await again.SettledAsync();
        var account = await again.AccountAsync(requester.Id);
        Assert.Equal(1_000_000_000 - spent, account["deposit_micros"]!.GetValue<long>());
        Assert.Equal(1_000_000_000 - spent, account["balance_micros"]!.GetValue<long>());
        Assert.Equal(0, await network.Live.DifferenceAsync());
    }
}
