using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Grains.Tests.Models;

[Collection(ClusterCollection.Name)]
public sealed class ModelGrainTests(SharedCluster shared)
{
    [Fact]
    public async Task Market_NeverOfferedModel_IsNull() =>
        Assert.Null(await shared.Cluster.Grains.GetGrain<IModelGrain>(Keys.Model("test-never")).Market());

    [Fact]
    public async Task Offer_FirstOfModel_FixesManifestAndIsListed()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);

        var market = (await shared.Cluster.Grains.GetGrain<IModelGrain>(Keys.Model(network.Model.Manifest.Id)).Market())!;

        var manifest = new CanonicalWriter();
        network.Model.Manifest.Write(manifest);
        Assert.Equal(manifest.ToArray(), market.Manifest);
        var offer = Assert.Single(market.Offers);
        Assert.Equal(new NodeOffer(network.Nodes[0].Id.ToString(), network.Model.Echelon.Id().ToString(), 200_000, 600_000, true, new NodeTerms(offer.Terms.CapMicros, false)), offer);
        Assert.True(offer.Terms.CapMicros > 0);
        Assert.Contains(network.Model.Manifest.Id, await shared.Cluster.Grains.GetGrain<IDirectoryGrain>(Keys.Directory).Models());
    }

    [Fact]
    public async Task Offer_WrongDigest_IsRefused()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await network.AddNodeAsync();
        var other = Hash32.Sha256("another file"u8);
        var offer = node.Offer();

        var reply = await node.ConnectAsync(offer with { Model = offer.Model with { Digest = other }, Echelon = offer.Echelon with { Model = other } });

        Assert.Equal(RefusalCode.WrongModelDigest, (RefusalCode)reply.Code);
        Assert.Contains(other.ToString(), reply.Reason, StringComparison.Ordinal);
        Assert.Equal([network.Nodes[0].Id.ToString()], await network.OffersAsync());
        Assert.False((await node.Grain.Describe())!.Online);
    }

    [Fact]
    public async Task Offer_SameFileDescribedOtherwise_IsRefused()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await network.AddNodeAsync();
        var offer = node.Offer();

        var reply = await node.ConnectAsync(offer with { Model = offer.Model with { ContextLength = 1024 } });

        Assert.Equal(RefusalCode.WrongModelDigest, (RefusalCode)reply.Code);
    }

    [Fact]
    public async Task Offer_WrongKnownAnswers_IsRefused()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await network.AddNodeAsync();
        var offer = node.Offer();

        var different = await node.ConnectAsync(offer with { Answers = [offer.Answers[0], offer.Answers[1], Hash32.Sha256("different"u8)] });
        var missing = await node.ConnectAsync(offer with { Answers = [offer.Answers[0]] });

        Assert.Equal(RefusalCode.WrongEchelon, (RefusalCode)different.Code);
        Assert.Equal(RefusalCode.WrongEchelon, (RefusalCode)missing.Code);
        Assert.Equal([network.Nodes[0].Id.ToString()], await network.OffersAsync());
    }

    [Fact]
    public async Task Offer_OtherAnswersOfAnotherEchelon_IsTaken()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await network.AddNodeAsync();
        var offer = node.Offer();

        var reply = await node.ConnectAsync(offer with
        {
            Echelon = offer.Echelon with { DeviceClass = "another" },
            Answers = [offer.Answers[0], offer.Answers[1], Hash32.Sha256("different"u8)],
        });

        Assert.Equal(0, reply.Code);
        Assert.Equal(2, (await network.OffersAsync()).Count);
    }

    [Fact]
    public async Task Submit_NodesThatAreNotExact_ServeOnlyWhatIsNotChecked()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 0);
        for (var i = 0; i < 3; i++)
        {
            var node = await network.AddNodeAsync();
            var offer = node.Offer();
            Assert.Equal(0, (await node.ConnectAsync(offer with { Echelon = offer.Echelon with { NumericFlags = "fast;fake" } })).Code);
        }

        Assert.Equal(SubmitStatus.NoEligibleNode, (await network.SubmitAsync(network.Call("checked"))).Status);
        Assert.Equal(SubmitStatus.Accepted, (await network.SubmitAsync(network.Call("none"))).Status);
    }

    [Fact]
    public async Task Market_SeveralContexts_NamesTheSmallest()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 1);
        var node = await network.AddNodeAsync();
        await node.ConnectAsync(node.Offer() with { MaxContext = 100 });
        var model = shared.Cluster.Grains.GetGrain<IModelGrain>(Keys.Model(network.Model.Manifest.Id));

        Assert.Equal(100, (await model.Market())!.MaxContext);
        await model.Withdraw(node.Id.ToString());

        Assert.Equal(512, (await model.Market())!.MaxContext);
        Assert.Equal([network.Nodes[0].Id.ToString()], await network.OffersAsync());
    }
}
