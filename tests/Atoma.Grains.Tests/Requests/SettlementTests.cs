using Atoma.Grains.Requests;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Microsoft.Extensions.DependencyInjection;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class SettlementTests(SharedCluster shared)
{
    private Settler Settler => new(shared.Cluster.Ledger, shared.Cluster.Services.GetRequiredService<ISigner>(), shared.Cluster.Options);

    /// <summary>The hold was voided, not the row's version moved: the ledger says so first, and the grain took it for a broken rule.</summary>
    [Fact]
    public async Task Settle_RefundedByAnotherActivation_TellsWhatTheStoreHolds()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        network.Script.Generators(Conduct.Dawdles);
        var call = network.Call() with { Streaming = true };
        var reply = await network.SubmitAsync(call);
        await WatchTests.ShownAsync(network, call, 3);
        await SettleElsewhereAsync(RequestSpec.IdOf(call.Account, new Hash32(call.Nonce)));

        await network.Grain(call).Cancel();
        var ended = await network.EndAsync(call, reply);

        await Money.AssertRefundedAsync(network, ended, RefundReason.Interrupted);
        Assert.Equal(("refunded", "interrupted"), (ended.End.Status, ended.End.Reason));
        Assert.Equal(TestNetwork.Funds, await network.BalanceAsync());
    }

    [Fact]
    public async Task Sweeper_DueRequestThatNobodyRemembers_IsRefunded()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var model = (await network.RunAsync(network.Call())).State.Spec;
        var balance = await network.BalanceAsync();
        var call = network.Call();
        var nonce = new Hash32(call.Nonce);
        var now = shared.Cluster.Clock.GetUtcNow();
        var spec = model with { Id = RequestSpec.IdOf(network.Account, nonce), Nonce = nonce, CreatedAt = now, Deadline = now.AddSeconds(5) };
        Assert.Equal(LedgerStatus.Ok, (await shared.Cluster.Ledger.CommitAsync(Settlement.Accept(spec), default)).Status);
        Assert.Equal(balance - spec.Hold.Value, await network.BalanceAsync());

        shared.Cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync("the sweeper ends the request", async () => !(await shared.Cluster.Ledger.FindRequestAsync(spec.Id, default))!.Open);

        var info = (await network.Grain(call).Describe())!;
        Assert.Empty(ReceiptFile.Verify(info.Receipt!, new Ethereum.EthereumSignatures(), out var receipt));
        Assert.Equal(RefundReason.Interrupted, receipt!.Receipt.State.Refund);
        Assert.Equal(balance, await network.BalanceAsync());
    }

    /// <summary>As an activation does that finds the row open and has no memory of the work.</summary>
    private async Task SettleElsewhereAsync(Hash32 request)
    {
        var row = (await shared.Cluster.Ledger.FindRequestAsync(request, default))!;
        var machine = new RequestMachine(shared.Cluster.Options.Request, shared.Cluster.Services.GetRequiredService<ISignatureScheme>());
        var now = shared.Cluster.Clock.GetUtcNow();
        var step = machine.Step(RequestMachine.Open(RequestRows.Spec(row)), new RequestEvent.Recovered(), now);
        Assert.Equal(LedgerStatus.Ok, (await Settler.FinishAsync(step.State, now)).Result.Status);
    }
}
