using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Registry;

namespace Atoma.Grains.Tests.Nodes;

/// <summary>P8.1 through the node's grain: soft failures quarantine, then fire the sequential test, also when the grain left memory in between.</summary>
[Collection(ClusterCollection.Name)]
public sealed class StandingTests(SharedCluster shared)
{
    private static Task ObserveAsync(FakeNode node, ObservationKind kind, int number) =>
        node.Grain.Observe((int)kind, Hash32.Sha256([(byte)number, 41]).ToString());

    [Fact]
    public async Task Observe_OneFailure_QuarantinesUntilItIsWorkedOff()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];

        await ObserveAsync(node, ObservationKind.Failed, 0);
        Assert.True((await node.Grain.Describe())!.Quarantined);
        for (var i = 1; i <= 8; i++)
            await ObserveAsync(node, ObservationKind.Passed, i);
        Assert.True((await node.Grain.Describe())!.Quarantined);
        await ObserveAsync(node, ObservationKind.Passed, 9);

        var info = (await node.Grain.Describe())!;
        Assert.Equal(("active", false, TestNetwork.Bond), (info.State, info.Quarantined, info.CollateralMicros));
    }

    [Fact]
    public async Task Observe_FailuresUpToTheThreshold_JailAndFreezeWithTheirHistory()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];
        // One that was passed before does not count; a passed one among the failures does.
        var kinds = new[] { ObservationKind.Passed, ObservationKind.Failed, ObservationKind.Failed, ObservationKind.Passed, ObservationKind.Failed };
        for (var i = 0; i < kinds.Length; i++)
            await ObserveAsync(node, kinds[i], i);
        Assert.Equal(("active", TestNetwork.Bond), await StateAsync(node));

        await ObserveAsync(node, ObservationKind.Failed, kinds.Length);

        Assert.Equal(("jailed", 0), await StateAsync(node));
        Assert.Equal(TestNetwork.Bond, (await node.Grain.Describe())!.FrozenMicros);
        Assert.Equal(TestNetwork.Bond, await network.BalanceAsync(LedgerAccount.Frozen(node.Id)));
        Assert.Empty(await network.OffersAsync());
        var slash = Assert.Single(await shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).Slashes(node.Id.ToString(), 10));
        Assert.Equal(("sequential_test", TestNetwork.Bond), (slash.Evidence, slash.AmountMicros));
        Assert.Equal([true, true, false, true, true], slash.History.Select(h => h.Failed));
        Assert.Equal(Hash32.Sha256([1, 41]).ToString(), slash.History[0].Request);
        Assert.True((await shared.Cluster.Ledger.AuditAsync(default)).IsExact);
    }

    [Fact]
    public async Task Observe_GrainLeftMemoryInBetween_CountsOn()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = network.Nodes[0];
        for (var i = 0; i < 3; i++)
            await ObserveAsync(node, ObservationKind.Failed, i);
        await shared.Cluster.DeactivateAsync(node.Grain);

        await ObserveAsync(node, ObservationKind.Failed, 3);

        Assert.Equal(("jailed", 0), await StateAsync(node));
    }

    private static async Task<(string State, long Collateral)> StateAsync(FakeNode node)
    {
        var info = (await node.Grain.Describe())!;
        return (info.State, info.CollateralMicros);
    }
}
