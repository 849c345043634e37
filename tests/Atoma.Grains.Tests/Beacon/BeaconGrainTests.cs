using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Sampling;

namespace Atoma.Grains.Tests.Beacon;

[Collection(ClusterCollection.Name)]
public sealed class BeaconGrainTests(SharedCluster shared)
{
    [Fact]
    public async Task Next_EveryReveal_VerifiesAgainstItsAnchor()
    {
        var beacon = Beacon("verify");
        var before = await beacon.Current();
        Assert.Equal((0, before.Anchor), (before.Step, before.Value));

        var steps = await beacon.Next(20);

        Assert.Equal(Enumerable.Range(1, 20), steps.Select(s => s.Step));
        Assert.All(steps, s => Assert.True(Reveal(s).IsValid));
        Assert.All(steps, s => Assert.Equal(before.Anchor, s.Anchor));
        Assert.Equal(steps[^1], await beacon.Current());
    }

    [Fact]
    public async Task Next_ConcurrentCallers_NeverShareAStep()
    {
        var beacon = Beacon("concurrent");

        var all = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => beacon.Next(1 + i % 3)));

        var steps = all.SelectMany(s => s).Select(s => s.Step).ToArray();
        Assert.Equal(steps.Length, steps.Distinct().Count());
    }

    [Fact]
    public async Task Next_AfterDeactivation_GoesOn()
    {
        var beacon = Beacon("deactivated");
        var before = await beacon.Next(3);

        await shared.Cluster.DeactivateAsync(beacon);
        var after = await beacon.Next(2);

        Assert.Equal([4, 5], after.Select(s => s.Step));
        Assert.All(after, s => Assert.Equal((before[0].Chain, before[0].Anchor), (s.Chain, s.Anchor)));
        Assert.All(after, s => Assert.True(Reveal(s).IsValid));
    }

    [Fact]
    public async Task Next_AfterTheLastStep_BeginsANewChain()
    {
        var beacon = Beacon("chains");
        var first = await beacon.Next(BeaconChain.Length);
        Assert.Equal(BeaconChain.Length, first[^1].Step);
        Assert.True(Reveal(first[^1]).IsValid);
        // Each step hashes to the one before it.
        Assert.All(first.Zip(first.Skip(1)), p => Assert.True(BeaconChain.Verify(Hash32.Parse(p.First.Value), 1, Hash32.Parse(p.Second.Value))));

        var second = Assert.Single(await beacon.Next(1));

        Assert.Equal((first[0].Chain + 1, 1), (second.Chain, second.Step));
        Assert.NotEqual(first[0].Anchor, second.Anchor);
        Assert.True(Reveal(second).IsValid);
    }

    [Fact]
    public async Task Next_MoreThanAreLeft_BeginsANewChainWhole()
    {
        var beacon = Beacon("rest");
        await beacon.Next(BeaconChain.Length - 1);

        var steps = await beacon.Next(2);

        Assert.Equal([(1, 1), (1, 2)], steps.Select(s => (s.Chain, s.Step)));
        Assert.All(steps, s => Assert.True(Reveal(s).IsValid));
    }

    private IBeaconGrain Beacon(string name) => shared.Cluster.Grains.GetGrain<IBeaconGrain>("beacon:" + name);

    private static BeaconReveal Reveal(BeaconStep step) => new(step.Chain, Hash32.Parse(step.Anchor), step.Step, Hash32.Parse(step.Value));
}
