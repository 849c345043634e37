using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;

namespace Atoma.Grains.Tests.Nodes;

/// <summary>P7.6: random ranges of the model's file.</summary>
[Collection(ClusterCollection.Name)]
public sealed class WeightChallengeTests(SharedCluster shared)
{
    private static byte[] NewFile() => RandomNumberGenerator.GetBytes(100_000);

    private async Task ChallengedAsync(FakeNode node)
    {
        await Eventually.TrueAsync("it is challenged", async () =>
        {
            await node.Grain.Renew(node.Session, 0);
            return node.Heard.Any(m => m is CoordinatorMessage.AskWeights);
        });
    }

    [Fact]
    public async Task Challenge_NodeThatHoldsTheFile_StaysActive()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        shared.Cluster.Weights.Files[network.Model.Manifest.Digest] = NewFile();
        var node = await network.AddNodeAsync();
        node.File = shared.Cluster.Weights.Files[network.Model.Manifest.Digest];
        Assert.Equal(0, (await node.ConnectAsync()).Code);

        await ChallengedAsync(node);

        Assert.Equal("active", (await node.Grain.Describe())!.State);
        Assert.Empty(await Slashes(node));
    }

    [Fact]
    public async Task Challenge_NodeWithAnotherFile_IsJailedAndItsCollateralFrozen()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        shared.Cluster.Weights.Files[network.Model.Manifest.Digest] = NewFile();
        var node = await network.AddNodeAsync();
        node.File = NewFile();
        Assert.Equal(0, (await node.ConnectAsync()).Code);

        await ChallengedAsync(node);

        await Eventually.TrueAsync("it is found out", async () => (await Slashes(node)).Count > 0);
        var slash = Assert.Single(await Slashes(node));
        Assert.Equal(("weight_challenge", "frozen", TestNetwork.Bond), (slash.Evidence, slash.Status, slash.AmountMicros));
        Assert.Equal("jailed", (await node.Grain.Describe())!.State);
        Assert.Equal(TestNetwork.Bond, await network.BalanceAsync(LedgerAccount.Frozen(node.Id)));
    }

    /// <summary>An answer of nobody's asking, or of another node's signing, changes nothing.</summary>
    [Fact]
    public async Task Weights_NotAskedForOrNotItsOwn_IsIgnored()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var (node, other) = (network.Nodes[0], network.Nodes[1]);
        var forged = new Protocol.Verification.WeightAnswer(Hash32.Sha256("x"u8), network.Model.Manifest.Digest, node.Id, Hash32.Zero, new byte[65]);
        await node.Grain.Weights(forged.ToBytes());
        await other.Grain.Weights(forged.ToBytes());
        Assert.Empty(await Slashes(node));
        Assert.Equal("active", (await node.Grain.Describe())!.State);
    }

    private Task<IReadOnlyList<SlashInfo>> Slashes(FakeNode node) =>
        shared.Cluster.Grains.GetGrain<IBooksGrain>(Keys.Books).Slashes(node.Id.ToString(), 10);
}
