using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

namespace Atoma.Grains.Tests.Requests;

/// <summary>Two runs of one network over the same files; the first is killed with a request open.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task Start_AfterAKill_FindsItsDataAndRefundsWhatWasOpen()
    {
        using var folder = new TempFolder();
        var options = GrainCluster.ShortLimits();
        options.DevelopmentBondMicros = 30_000_000;
        SubmitCall open;
        Ended settled;
        BeaconStep lastStep;
        string worker;
        TestNetwork before;
        await using (var first = await GrainCluster.StartAsync(folder, durableGrains: true, options))
        {
            before = new TestNetwork(first);
            await before.DepositAsync(TestNetwork.Funds);
            var node = await before.AddNodeAsync(bond: 0);
            Assert.Equal(30_000_000, (await node.ConnectAsync()).CollateralMicros);
            worker = node.Id.ToString();
            before.Script.Generators(Conduct.Honest, Conduct.Dawdles);
            settled = await before.RunAsync(before.Call());
            open = before.Call();
            await before.SubmitAsync(open);
            await WatchTests.ShownAsync(before, open, 3);
            lastStep = await first.Grains.GetGrain<IBeaconGrain>(Keys.Beacon).Current();
            await first.KillAsync();
        }

        await using var second = await GrainCluster.StartAsync(folder, durableGrains: true, options);
        var id = RequestSpec.IdOf(open.Account, new Hash32(open.Nonce));
        await Eventually.TrueAsync("the sweeper ends the orphaned request", async () => !(await second.Ledger.FindRequestAsync(id, default))!.Open);

        // Refunded, once, and nothing else changed.
        var info = (await second.Grains.GetGrain<IRequestGrain>(Keys.Request(id)).Describe())!;
        Assert.Empty(ReceiptFile.Verify(info.Receipt!, new Ethereum.EthereumSignatures(), out var receipt));
        Assert.Equal((RequestPhase.Refunded, RefundReason.Interrupted), (receipt!.Receipt.State.Phase, receipt.Receipt.State.Refund));
        var balance = await second.Ledger.BalanceAsync(LedgerAccount.User(before.Account), default);
        Assert.Equal(TestNetwork.Funds - settled.End.PriceMicros, balance.Value);
        Assert.True((await second.Ledger.AuditAsync(default)).IsExact);
        var end = Assert.Single(await TestNetwork.WatchAsync(second.Grains.GetGrain<IRequestGrain>(settled.Reply.Request.Insert(0, "req:")))).End!;
        Assert.Equal(settled.End, end);

        // The node and the model are known, offline until they connect again.
        var node2 = (await second.Grains.GetGrain<INodeGrain>("node:" + worker).Describe())!;
        Assert.Equal(("active", false, 30_000_000L), (node2.State, node2.Online, node2.CollateralMicros));
        Assert.Contains(before.Model.Manifest.Id, await second.Grains.GetGrain<IDirectoryGrain>(Keys.Directory).Models());
        Assert.Empty((await second.Grains.GetGrain<IModelGrain>(Keys.Model(before.Model.Manifest.Id)).Market())!.Offers);

        // No beacon step is used twice.
        var next = Assert.Single(await second.Grains.GetGrain<IBeaconGrain>(Keys.Beacon).Next(1));
        Assert.Equal((lastStep.Chain, lastStep.Anchor), (next.Chain, next.Anchor));
        Assert.True(next.Step > lastStep.Step);
        Assert.True(new BeaconReveal(next.Chain, Hash32.Parse(next.Anchor), next.Step, Hash32.Parse(next.Value)).IsValid);
    }
}
