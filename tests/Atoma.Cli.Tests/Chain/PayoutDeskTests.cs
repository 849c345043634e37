using System.Text.Json.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Cli.Tests.Chain;

/// <summary>Claims against real roots, and appeals, on a real chain.</summary>
public sealed class PayoutDeskTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private ChainBench _bench = null!;

    public async Task InitializeAsync()
    {
        _bench = await ChainBench.StartAsync();
        await _bench.FundAsync("owner", 10_000);
        _bench.Key("node");
        await _bench.DoneAsync("owner", "register", "--node-key", _bench.File("node"), "--collateral", "5000");
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private string Node => _bench.Address("node");

    /// <summary>A requester spends; the settler puts what the node earned under a root, with two others.</summary>
    private async Task<(PayoutTree Tree, PayoutLeaf Leaf)> PostRootAsync()
    {
        await _bench.FundAsync("user", 1_000);
        await _bench.DoneAsync("user", "deposit", "1000");
        var user = _bench.Key("user").Id;
        var voucher = _bench.Key("user").Sign(_bench.Typed.Voucher(user, new Micros(1_000)));
        await _bench.SettleAsync("settler", SettlementCalls.Redeem([new Redemption(user, new Micros(1_000), new Micros(1_000), voucher)]));
        PayoutLeaf[] leaves = [new(_bench.Key("settler").Id, new Micros(100)), new(_bench.Key("node").Id, new Micros(750)), new(user, new Micros(150))];
        var tree = new PayoutTree(leaves);
        await _bench.SettleAsync("settler", SettlementCalls.PostRoot(1, tree.Root, new Micros(1_000), Hash32.Zero));
        return (tree, leaves[1]);
    }

    private static JsonObject Claim(PayoutTree tree, long cumulative, IEnumerable<Hash32> proof, long epoch = 1) => new()
    {
        ["epoch"] = epoch, ["cumulative_micros"] = cumulative, ["root"] = "0x" + tree.Root, ["proof"] = new JsonArray([.. proof.Select(p => JsonValue.Create("0x" + p))]),
    };

    [Fact]
    public async Task Claim_OfARealRoot_PaysTheOwnerOnceItIsFinal()
    {
        var (tree, leaf) = await PostRootAsync();
        await _bench.TellNodeAsync("node", Claim(tree, leaf.Cumulative.Value, tree.Proof(1)));
        Assert.Matches(@"RootNotFinal\(claimableAt: \d{4}-\d\d-\d\d .* UTC\)\. It can be claimed", await _bench.RefusedAsync("owner", "claim", Node));
        await _bench.PassAsync(TimeSpan.FromSeconds(61));
        var said = await _bench.DoneAsync("owner", "claim", Node);
        Assert.Contains($"Claimed 750 micros for node {Node}: transaction 0x", said, StringComparison.Ordinal);
        Assert.Contains($"to {_bench.Address("owner")}, the node's owner", said, StringComparison.Ordinal);
        Assert.Equal(10_000 - 5_000 + 750, await _bench.TokensAsync("owner"));

        // The API has not seen it yet.
        Assert.Contains("claimed already", await _bench.RefusedAsync("owner", "claim", Node), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claim_WhoseProofDoesNotHold_IsNotSent()
    {
        var (tree, leaf) = await PostRootAsync();
        await _bench.PassAsync(TimeSpan.FromSeconds(61));
        await _bench.TellNodeAsync("node", Claim(tree, leaf.Cumulative.Value + 1, tree.Proof(1)));
        Assert.Contains("does not lead", await _bench.RefusedAsync("owner", "claim", Node), StringComparison.Ordinal);
        await _bench.TellNodeAsync("node", Claim(tree, leaf.Cumulative.Value, tree.Proof(0)));
        Assert.Contains("does not lead", await _bench.RefusedAsync("owner", "claim", Node), StringComparison.Ordinal);
        await _bench.TellNodeAsync("node", Claim(tree, leaf.Cumulative.Value, tree.Proof(1), epoch: 2));
        Assert.Contains("no root of epoch 2", await _bench.RefusedAsync("owner", "claim", Node), StringComparison.Ordinal);
        await _bench.TellNodeAsync("node", Claim(tree, leaf.Cumulative.Value, Enumerable.Repeat(tree.Root, 33)));
        Assert.Contains("malformed", await _bench.RefusedAsync("owner", "claim", Node), StringComparison.Ordinal);
        await _bench.TellNodeAsync("node", null);
        Assert.Contains("nothing to claim now", await _bench.RefusedAsync("owner", "claim", Node), StringComparison.Ordinal);
        await _bench.TellNodeAsync("node", Claim(tree, leaf.Cumulative.Value, tree.Proof(1)));
        await _bench.DoneAsync("owner", "claim", Node);
    }

    [Fact]
    public async Task Appeal_ByTheOwner_StopsTheSlashUntilARuling()
    {
        var verdict = new ChainVerdict(
            Hash32.Sha256([1]), _bench.Key("node").Id, Hash32.Zero, default, new Micros(1_000), 3, 2, ChainSlashKind.Malice, Hash32.Sha256([2]),
            (await _bench.Chain.HeadAsync(None)).Timestamp + 1_000);
        var id = verdict.Id.ToString();
        Assert.Contains("has no slash", await _bench.RefusedAsync("owner", "appeal", id), StringComparison.Ordinal);
        await _bench.SettleAsync("settler", SlashingCalls.ProposeSlash(verdict, _bench.Key("judge").Sign(_bench.Typed.Verdict(verdict))));
        Assert.Contains("belongs to", await _bench.RefusedAsync("settler", "appeal", id), StringComparison.Ordinal);
        Assert.Contains("verdict signers rule", await _bench.DoneAsync("owner", "appeal", id), StringComparison.Ordinal);
        Assert.Equal(ChainSlashState.Appealed, (await _bench.Contract.SlashAsync(verdict.Id, null, None)).State);
        Assert.Contains("is appealed and cannot", await _bench.RefusedAsync("owner", "appeal", id), StringComparison.Ordinal);
    }
}
