using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;

namespace Atoma.Grains.Tests.Payouts;

/// <summary>P2.3: how what a node has leaves the network, once.</summary>
[Collection(ClusterCollection.Name)]
public sealed class LeavingTests(SharedCluster shared)
{
    private IPayoutsGrain Payouts => shared.Cluster.Grains.GetGrain<IPayoutsGrain>(Keys.Payouts);

    [Fact]
    public async Task Payout_AskedForTwice_IsOne_PaidOnce()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await EarnAsync(network);
        var (half, nonce) = (await EarningsAsync(network, node) / 2, Nonce());

        var asked = await AskAsync(node, half, nonce);
        var again = await AskAsync(node, half, nonce);
        var other = await AskAsync(node, half + 1, nonce);
        var tooMuch = await AskAsync(node, long.MaxValue, Nonce());

        Assert.Equal(
            (PayoutStatus.Ok, PayoutStatus.AlreadyDone, PayoutStatus.Conflict, PayoutStatus.InsufficientFunds),
            (asked.Status, again.Status, other.Status, tooMuch.Status));
        Assert.Equal(half, await network.BalanceAsync(LedgerAccount.Payable(node.Id)));
        Assert.Equal("requested", asked.Payout!.State);

        var before = await network.BalanceAsync(LedgerAccount.External);
        Assert.Equal(PayoutStatus.Ok, (await Payouts.Decide("admin", asked.Payout.Id, paid: true, "wire 7")).Status);
        Assert.Equal(PayoutStatus.AlreadyDone, (await Payouts.Decide("admin", asked.Payout.Id, paid: true, "wire 7")).Status);
        Assert.Equal(PayoutStatus.Conflict, (await Payouts.Decide("admin", asked.Payout.Id, paid: false, "")).Status);
        Assert.Equal(PayoutStatus.AlreadyDone, (await AskAsync(node, half, nonce)).Status);
        Assert.Equal((0, before + half), (await network.BalanceAsync(LedgerAccount.Payable(node.Id)), await network.BalanceAsync(LedgerAccount.External)));
        var listed = Assert.Single(await Payouts.List(node.Id.ToString(), "", 10));
        Assert.Equal(("paid", "wire 7"), (listed.State, listed.Reference));
    }

    [Fact]
    public async Task Payout_Returned_IsTheNodesAgain()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await EarnAsync(network);
        var all = await EarningsAsync(network, node);
        var asked = await AskAsync(node, all, Nonce());

        await Payouts.Decide("admin", asked.Payout!.Id, paid: false, "the address is a contract");

        Assert.Equal(all, await EarningsAsync(network, node));
        Assert.Equal("returned", (await Payouts.List(node.Id.ToString(), "returned", 10)).Single().State);
    }

    [Fact]
    public async Task Payout_SignedByAnother_OrForAnotherAmount_IsRefused()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var node = await EarnAsync(network);
        var other = network.Nodes.First(n => n.Id != node.Id);
        var nonce = Nonce();
        var signature = node.Sign(SigningDomain.Payout(node.Id, new Micros(1), node.Id, nonce));

        Assert.Equal(PayoutStatus.WrongSignature, (await Payouts.Request(node.Id.ToString(), 2, node.Id.ToString(), nonce.ToArray(), signature)).Status);
        Assert.Equal(PayoutStatus.WrongSignature, (await Payouts.Request(node.Id.ToString(), 1, other.Id.ToString(), nonce.ToArray(), signature)).Status);
        Assert.Equal(PayoutStatus.WrongSignature, (await Payouts.Request(other.Id.ToString(), 1, other.Id.ToString(), nonce.ToArray(), signature)).Status);
        Assert.Equal(PayoutStatus.WrongSignature, (await node.Grain.Unbond(other.Sign(SigningDomain.Unbond(node.Id)))).Status);
        Assert.Equal("active", (await node.Grain.Describe())!.State);
    }

    [Fact]
    public async Task Bond_MovesEarningsToCollateral_Once()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await EarnAsync(network);
        var (all, nonce) = (await EarningsAsync(network, node), Nonce());
        var signature = node.Sign(SigningDomain.Bond(node.Id, new Micros(all), nonce));

        Assert.Equal(PayoutStatus.Ok, (await Payouts.Bond(node.Id.ToString(), all, nonce.ToArray(), signature)).Status);
        Assert.Equal(PayoutStatus.AlreadyDone, (await Payouts.Bond(node.Id.ToString(), all, nonce.ToArray(), signature)).Status);

        Assert.Equal((0, TestNetwork.Bond + all), (await EarningsAsync(network, node), await network.BalanceAsync(LedgerAccount.Collateral(node.Id))));
    }

    [Fact]
    public async Task Unbond_EndsWorkAtOnce_PaysAllAfterTwoEpochs_NeverBefore()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await EarnAsync(network);
        var earned = await EarningsAsync(network, node);

        var left = await node.Grain.Unbond(node.Sign(SigningDomain.Unbond(node.Id)));

        Assert.Equal((PayoutStatus.Ok, shared.Cluster.Clock.GetUtcNow().AddSeconds(2 * shared.Cluster.Options.EpochSeconds)), (left.Status, left.EndsAt));
        Assert.Empty(await network.OffersAsync());
        Assert.Equal(SubmitStatus.NoEligibleNode, (await network.SubmitAsync(network.Call())).Status);
        // It may come back to end what it began, and is not drawn for anything else.
        var reply = await node.ConnectAsync();
        Assert.Equal((0, "unbonding"), (reply.Code, reply.State));
        Assert.Empty(await network.OffersAsync());
        Assert.Equal(PayoutStatus.AlreadyDone, (await node.Grain.Unbond(node.Sign(SigningDomain.Unbond(node.Id)))).Status);
        shared.Cluster.Clock.Advance(TimeSpan.FromSeconds(2 * shared.Cluster.Options.EpochSeconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(await node.Grain.TryExit());

        shared.Cluster.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await node.Grain.TryExit());
        Assert.True(await node.Grain.TryExit());

        Assert.Equal("exited", (await node.Grain.Describe())!.State);
        Assert.Equal((0, 0), (await EarningsAsync(network, node), await network.BalanceAsync(LedgerAccount.Collateral(node.Id))));
        var payout = Assert.Single(await Payouts.List(node.Id.ToString(), "", 10));
        Assert.Equal((TestNetwork.Bond + earned, node.Id.ToString()), (payout.AmountMicros, payout.To));
        Assert.DoesNotContain(node.Id.ToString(), await shared.Cluster.Grains.GetGrain<IDirectoryGrain>(Keys.Directory).Leaving());
    }

    [Fact]
    public async Task Unbond_WhileASlashIsOpen_WaitsForIt()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 7);
        network.Script.Generators(Conduct.UnlikelyToken);
        await network.RunAsync(network.Call("checked"));
        var cheat = network.Culprit(Conduct.UnlikelyToken);
        Assert.True(await network.BalanceAsync(LedgerAccount.Frozen(cheat.Id)) > 0);
        await cheat.Grain.Unbond(cheat.Sign(SigningDomain.Unbond(cheat.Id)));
        shared.Cluster.Clock.Advance(TimeSpan.FromSeconds(2 * shared.Cluster.Options.EpochSeconds));

        // Its appeal window is over too, but what was frozen has not been divided yet, or has: it leaves only after that, without it.
        await Eventually.TrueAsync("it leaves", () => cheat.Grain.TryExit());

        Assert.Equal(0, await network.BalanceAsync(LedgerAccount.Frozen(cheat.Id)));
        Assert.True((await shared.Cluster.Ledger.SlashesAsync(cheat.Id.ToString(), 10, default)).All(s => !s.Open));
        Assert.True((await Payouts.List(cheat.Id.ToString(), "", 10)).Sum(p => p.AmountMicros) < TestNetwork.Bond);
    }

    private static Hash32 Nonce() => new(RandomNumberGenerator.GetBytes(Hash32.Size));

    private Task<PayoutReply> AskAsync(FakeNode node, long micros, Hash32 nonce) =>
        Payouts.Request(node.Id.ToString(), micros, node.Id.ToString(), nonce.ToArray(), node.Sign(SigningDomain.Payout(node.Id, new Micros(micros), node.Id, nonce)));

    private static Task<long> EarningsAsync(TestNetwork network, FakeNode node) => network.BalanceAsync(LedgerAccount.Earnings(node.Id));

    /// <summary>The node that answered a request.</summary>
    private static async Task<FakeNode> EarnAsync(TestNetwork network)
    {
        await network.RunAsync(network.Call());
        foreach (var node in network.Nodes)
        {
            if (await EarningsAsync(network, node) > 0)
                return node;
        }

        throw new InvalidOperationException("Nobody earned anything.");
    }
}
