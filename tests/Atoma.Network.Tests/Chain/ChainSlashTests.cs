using System.Text.Json.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;

namespace Atoma.Network.Tests.Chain;

/// <summary>A cheat is found out by the network and loses its collateral on the chain, divided there as in the books (P8.4).</summary>
public sealed class ChainSlashTests
{
    private static readonly NodeId Burned = NodeId.Parse("0x000000000000000000000000000000000000dEaD");

    [Fact]
    public async Task Cheater_Convicted_LosesItsCollateralOnTheChain()
    {
        await using var network = await ChainNetwork.StartAsync("--cheater", "wrong-tokens", "--epoch", "2", "--nodes", "7");
        var (_, request) = await MisbehaviourTests.AskUntilAsync(network.Live, "checked", r => r["convictions"]!.AsArray().Count > 0);
        var cheat = NodeId.Parse(request["convictions"]![0]!["node"]!.GetValue<string>());

        // Frozen on the chain at once, divided when the window there is over.
        await Eventually.TrueAsync(async () => (await network.Settlement.NodeAsync(cheat, atBlock: null, default)).Frozen.Value == 100_000_000);
        using var requester = KeyFile.Load(Path.Combine(network.Live.Data, "keys", "requester.key"));
        await network.PassAsync(TimeSpan.FromMinutes(1.5));
        await Eventually.TrueAsync(async () => (await network.Settlement.NodeAsync(cheat, atBlock: null, default)).Bonded.Value == 0);
        Assert.Equal(10_000_000, (await network.TokensAsync(Burned)).Value);

        await network.SettledAsync();
        var node = await network.NodeAsync(cheat);
        Assert.Equal(0, node["collateral_micros"]!.GetValue<long>());
        Assert.Equal(0, node["bonded_micros"]!.GetValue<long>());
        // The requester has its quarter on both sides.
        var account = await network.AccountAsync(requester.Id);
        var total = account["balance_micros"]!.GetValue<long>() + account["held_micros"]!.GetValue<long>() + account["reserve_micros"]!.GetValue<long>();
        Assert.Equal(1_000_000_000 + 25_000_000 - account["spent_micros"]!.GetValue<long>(), total);
        Assert.Equal(1_000_000_000 + 25_000_000, account["deposit_micros"]!.GetValue<long>() + account["redeemed_micros"]!.GetValue<long>());
        Assert.Equal(0, await network.Live.DifferenceAsync());
    }

    /// <summary>Nobody's word is needed: two signatures of one node convict it, and the requester is the one that the request names.</summary>
    [Fact]
    public async Task Equivocation_ShownToTheContract_IsFollowedInTheBooks()
    {
        await using var network = await ChainNetwork.StartAsync("--epoch", "5", "--nodes", "1");
        using var node = KeyFile.Load(Path.Combine(network.Live.Data, "keys", "node-1.key"));
        using var victim = await network.WalletAsync(1_000);
        await network.DepositAsync(victim, 1_000);
        var nonce = Hash32.Sha256([7]);
        var request = RequestSpec.IdOf(victim.Id.ToAccount(), nonce);
        var (one, other) = (Commitment.Sign(node, request, Hash32.Sha256([1])), Commitment.Sign(node, request, Hash32.Sha256([2])));
        using var anyone = await network.WalletAsync(0);
        await network.SendAsync(anyone, network.SettlementAddress, SlashingCalls.SlashEquivocation(node.Id, request, one.Value, one.Signature, other.Value, other.Signature));
        var slash = await network.Settlement.EquivocationIdAsync(node.Id, request, default);
        await network.SendAsync(anyone, network.SettlementAddress, SlashingCalls.BindVictim(slash, victim.Id, nonce));
        await network.PassAsync(TimeSpan.FromMinutes(1.5));
        await network.SendAsync(anyone, network.SettlementAddress, SlashingCalls.Execute(slash));

        await Eventually.TrueAsync(async () => (await network.NodeAsync(node.Id))["collateral_micros"]!.GetValue<long>() == 0);
        await network.SettledAsync();
        var account = await network.AccountAsync(victim.Id);
        Assert.Equal(1_000 + 25_000_000, account["deposit_micros"]!.GetValue<long>());
        Assert.Equal(25_000_000, account["balance_micros"]!.GetValue<long>());
        Assert.Equal("jailed", (await network.Live.GetAsync($"/v1/nodes/{node.Id}"))["state"]!.GetValue<string>());
        Assert.Equal(0, await network.Live.DifferenceAsync());
    }
}
