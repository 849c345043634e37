namespace Atoma.Grains.Abstractions;

/// <summary>A model and the nodes that offer it (P2.4, P2.6).</summary>
[Alias("atoma.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Adds or renews a node's offer. The first offer of a model fixes its digest, the first of an echelon its known answers.</summary>
    /// <returns>A <see cref="Atoma.Protocol.Nodes.RefusalCode"/> and why; 0 when taken.</returns>
    [Alias("Offer")]
    Task<OfferReply> Offer(string node, byte[] subscription, NodeTerms terms);

    [Alias("Withdraw")]
    Task Withdraw(string node);

    /// <summary>The model and its nodes that can be drawn now; null when nobody ever offered it.</summary>
    [Alias("Market")]
    Task<ModelMarket?> Market();
}

[GenerateSerializer, Alias("atoma.OfferReply"), Immutable]
public sealed record OfferReply([property: Id(0)] int Code, [property: Id(1)] string Reason);

/// <param name="Manifest">Canonical bytes.</param>
/// <param name="MaxContext">Tokens of prompt and output together that every offer takes.</param>
/// <param name="Offers">Nodes that are active, online and unjailed.</param>
/// <param name="Since">When it was first offered.</param>
[GenerateSerializer, Alias("atoma.ModelMarket"), Immutable]
public sealed record ModelMarket(
    [property: Id(0)] byte[] Manifest, [property: Id(1)] int MaxContext, [property: Id(2)] IReadOnlyList<NodeOffer> Offers, [property: Id(3)] DateTimeOffset Since = default);

[GenerateSerializer, Alias("atoma.NodeOffer"), Immutable]
public sealed record NodeOffer(
    [property: Id(0)] string Node, [property: Id(1)] string Echelon, [property: Id(2)] long InputPriceMicros, [property: Id(3)] long OutputPriceMicros,
    [property: Id(4)] bool Exact, [property: Id(5)] NodeTerms Terms, [property: Id(6)] int CheckPermille = 0);

/// <summary>What the network lets a node do for now.</summary>
/// <param name="CapMicros">The most that unchecked answers may be worth that it is at work on at once (P6.3).</param>
/// <param name="Quarantined">Not drawn where answers are checked (P8.1).</param>
[GenerateSerializer, Alias("atoma.NodeTerms"), Immutable]
public sealed record NodeTerms([property: Id(0)] long CapMicros, [property: Id(1)] bool Quarantined);
