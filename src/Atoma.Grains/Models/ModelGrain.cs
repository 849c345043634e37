using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;

namespace Atoma.Grains.Models;

/// <summary>What is remembered of a model across restarts.</summary>
[GenerateSerializer, Alias("atoma.ModelRecord")]
internal sealed class ModelRecord
{
    /// <summary>Canonical manifest; empty before the first offer.</summary>
    [Id(0)] public byte[] Manifest { get; set; } = [];

    /// <summary>Known answers by echelon id: the first node's, which every later one has to reproduce (P2.5).</summary>
    [Id(1)] public Dictionary<string, string[]> Answers { get; set; } = [];

    /// <summary>When it was first offered.</summary>
    [Id(2)] public DateTimeOffset Since { get; set; }
}

/// <summary>Owns one model: its identity, its echelons' known answers, and who offers it now.</summary>
internal sealed class ModelGrain([PersistentState("model")] IPersistentState<ModelRecord> record, TimeProvider time) : Grain, IModelGrain
{
    private readonly SortedDictionary<string, (Subscription Subscription, NodeTerms Terms)> _offers = new(StringComparer.Ordinal);

    /// <summary>What every request asks for, made once after each change.</summary>
    private ModelMarket? _market;

    public async Task<OfferReply> Offer(string node, byte[] subscription, NodeTerms terms)
    {
        var reader = new CanonicalReader(subscription);
        var offer = Subscription.Read(ref reader);
        if (record.State.Manifest.Length == 0)
        {
            (record.State.Manifest, record.State.Since) = (Bytes(offer.Model), time.GetUtcNow());
            await record.WriteStateAsync();
            await GrainFactory.GetGrain<IDirectoryGrain>(Keys.Directory).AddModel(offer.Model.Id);
        }

        var known = Manifest();
        if (known.Digest != offer.Model.Digest || offer.Echelon.Model != known.Digest)
        {
            return new OfferReply((int)RefusalCode.WrongModelDigest,
                $"Model {known.Id} has SHA-256 {known.Digest} in this network; this node's file has {offer.Model.Digest}. Load the same file.");
        }

        if (!known.Equals(offer.Model))
            return new OfferReply((int)RefusalCode.WrongModelDigest, $"The node describes {known.Id} otherwise than this network: upgrade it to the same release.");
        if (await EchelonProblem(offer) is { } problem)
            return new OfferReply((int)RefusalCode.WrongEchelon, problem);
        _offers[node] = (offer, terms);
        _market = null;
        return new OfferReply(0, "");
    }

    public Task Withdraw(string node)
    {
        _offers.Remove(node);
        _market = null;
        return Task.CompletedTask;
    }

    public Task<ModelMarket?> Market()
    {
        if (record.State.Manifest.Length == 0)
            return Task.FromResult<ModelMarket?>(null);
        return Task.FromResult<ModelMarket?>(_market ??= MakeMarket());
    }

    private ModelMarket MakeMarket()
    {
        var context = _offers.Count == 0 ? Manifest().ContextLength : _offers.Values.Min(o => o.Subscription.MaxContext);
        NodeOffer[] offers = [.. _offers.Select(o => new NodeOffer(
            o.Key, o.Value.Subscription.Echelon.Id().ToString(), o.Value.Subscription.InputPrice.Value, o.Value.Subscription.OutputPrice.Value,
            o.Value.Subscription.Echelon.IsExact, o.Value.Terms, o.Value.Subscription.CheckPermille))];
        return new ModelMarket(record.State.Manifest, context, offers, record.State.Since);
    }

    private async Task<string?> EchelonProblem(Subscription offer)
    {
        if (offer.Answers.Count != KnownAnswers.Count)
            return $"The echelon test has {KnownAnswers.Count} answers, the node sent {offer.Answers.Count}.";
        var echelon = offer.Echelon.Id().ToString();
        string[] answers = [.. offer.Answers.Select(a => a.ToString())];
        if (!record.State.Answers.TryGetValue(echelon, out var expected))
        {
            record.State.Answers[echelon] = answers;
            await record.WriteStateAsync();
            return null;
        }

        return answers.SequenceEqual(expected)
            ? null
            : "The node's answers to the echelon's known prompts differ from those of its echelon: its hardware or libraries do not reproduce it bit by bit.";
    }

    private ModelManifest Manifest()
    {
        var reader = new CanonicalReader(record.State.Manifest);
        return ModelManifest.Read(ref reader);
    }

    private static byte[] Bytes(ModelManifest manifest)
    {
        var writer = new CanonicalWriter();
        manifest.Write(writer);
        return writer.ToArray();
    }
}
