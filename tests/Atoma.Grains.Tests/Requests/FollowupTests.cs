using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;

namespace Atoma.Grains.Tests.Requests;

[Collection(ClusterCollection.Name)]
public sealed class FollowupTests(SharedCluster shared)
{
    /// <summary>A follow-up that failed left its requester's stream open for ever: the request was in the books, and its end was never said.</summary>
    [Fact]
    public async Task Submit_WhatFollowsFails_TheStreamEndsAllTheSame()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = Keys.Node(network.Nodes[0].Id);
        shared.Cluster.Faults.Fail(node, "Observe");
        var failed = 0;
        try
        {
            var ended = await network.RunAsync(network.Call() with { Streaming = true });
            Assert.Equal(("settled", TestNetwork.Answer), (ended.End.Status, ended.Shown));
        }
        finally
        {
            failed = shared.Cluster.Faults.Heal(node, "Observe");
        }

        Assert.True(failed > 0, "what follows was not tried");
    }
}
