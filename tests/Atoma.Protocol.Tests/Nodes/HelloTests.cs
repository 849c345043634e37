using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;

namespace Atoma.Protocol.Tests.Nodes;

/// <summary>What a node may offer in its hello (P2.6).</summary>
public sealed class HelloTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(NodeLimits.SubscriptionsMax)]
    public void FromBytes_SeveralModels_AreReadInOrder(int count)
    {
        var hello = Hello([.. Enumerable.Range(0, count).Select(i => Offer($"model-{i}"))]);
        var read = (NodeMessage.Hello)NodeMessage.FromBytes(hello.ToBytes());
        Assert.Equal(hello.ToBytes(), read.ToBytes());
        Assert.Equal(hello.Subscriptions.Select(s => (s.Model.Id, s.MaxContext)), read.Subscriptions.Select(s => (s.Model.Id, s.MaxContext)));
    }

    [Fact]
    public void FromBytes_NoModel_IsRefused() => Refused("at least one");

    [Fact]
    public void FromBytes_ModelTwice_IsRefused() => Refused("once", Offer("a"), Offer("b"), Offer("a"));

    [Fact]
    public void FromBytes_TooManyModels_AreRefused() =>
        Refused("", [.. Enumerable.Range(0, NodeLimits.SubscriptionsMax + 1).Select(i => Offer($"model-{i}"))]);

    [Fact]
    public void FromBytes_AnotherVersion_IsToldApartBeforeItsFieldsAreRead()
    {
        var bytes = new CanonicalWriter().Byte(1).Int32(NodeLimits.ProtocolVersion - 1).ToArray();
        Assert.Throws<ProtocolVersionException>(() => NodeMessage.FromBytes(bytes));
    }

    private static void Refused(string why, params Subscription[] offers)
    {
        var exception = Assert.Throws<CanonicalFormatException>(() => NodeMessage.FromBytes(Hello(offers).ToBytes()));
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    private static NodeMessage.Hello Hello(IReadOnlyList<Subscription> offers) =>
        new(NodeLimits.ProtocolVersion, new Registration(NodeId.Parse("0x" + new string('1', 40)), "gateway", "", 7, new byte[65]), offers);

    private static Subscription Offer(string id)
    {
        var digest = Hash32.Sha256([.. id.Select(c => (byte)c)]);
        return new Subscription(
            new ModelManifest(id, digest, "llama", "F16", 512, 300, digest, [2]), new Echelon(digest, digest, "cpu", "test", "none"), new Micros(1), new Micros(2), 4, 512,
            [digest])
        {
            CheckPermille = 321,
        };
    }
}
