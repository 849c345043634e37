using Atoma.Grains.Tests.Support;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class WatchTests(SharedCluster shared)
{
    [Fact]
    public async Task Watch_FromAnIndex_ReplaysTheRest()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var call = network.Call("checked") with { Streaming = true };
        var ended = await network.RunAsync(call);

        var rest = await TestNetwork.WatchAsync(network.Grain(call), from: 1);

        Assert.Equal(ended.Events.Skip(1), rest);
        Assert.Equal(Enumerable.Range(0, ended.Events.Count), ended.Events.Select(e => e.Index));
    }

    [Fact]
    public async Task Watch_AfterTheEnd_IsEmpty()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call();
        var ended = await network.RunAsync(call);

        Assert.Empty(await TestNetwork.WatchAsync(network.Grain(call), from: ended.Events.Count));
    }

    [Fact]
    public async Task Watch_SeveralWatchers_SeeTheSame()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        network.Script.Generators(Conduct.Dawdles);
        var call = network.Call() with { Streaming = true };
        var reply = await network.SubmitAsync(call);
        var watchers = Enumerable.Range(0, 3).Select(_ => TestNetwork.WatchAsync(network.Grain(call))).ToArray();
        await ShownAsync(network, call, 3);
        await network.Grain(call).Cancel();

        var seen = await Task.WhenAll(watchers);

        Assert.All(seen, s => Assert.Equal(seen[0], s));
        await network.EndAsync(call, reply);
    }

    [Fact]
    public async Task Watch_RequestReadFromTheStore_GivesItsEnd()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var call = network.Call();
        var ended = await network.RunAsync(call);
        var before = await network.Grain(call).Describe();

        await shared.Cluster.DeactivateAsync(network.Grain(call));

        Assert.Equal(ended.End, Assert.Single(await TestNetwork.WatchAsync(network.Grain(call))).End);
        Assert.Equal(before, await network.Grain(call).Describe());
    }

    internal static Task ShownAsync(TestNetwork network, Abstractions.SubmitCall call, int tokens) => Eventually.TrueAsync(
        $"{tokens} tokens are shown",
        async () => (await network.Grain(call).Describe())!.Json.Contains($"\"output_tokens\":{tokens},", StringComparison.Ordinal));
}
