using System.Runtime.CompilerServices;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Requests;

/// <summary>What of a request decides who may be drawn for it.</summary>
/// <param name="Level">How much integrity.</param>
/// <param name="Comparison">How answers are compared.</param>
/// <param name="InputTokens">As they are charged.</param>
/// <param name="OutputTokens">At most.</param>
/// <param name="Review">Where nothing is generated.</param>
internal readonly record struct Wanted(IntegrityLevel Level, Comparison Comparison, int InputTokens, int OutputTokens, ReviewKind? Review = null)
{
    public static Wanted Of(RequestSpec spec) => new(spec.Integrity, spec.Comparison, spec.InputTokens, spec.Parameters.MaxTokens, spec.Review?.Kind);

    /// <summary>Whether a node could be paid for an answer that nobody looks at.</summary>
    public bool IsUnchecked => Review is null && Level.Kind is IntegrityKind.None or IntegrityKind.Sampled;

    /// <summary>What this node's full answer would cost.</summary>
    public Micros Price(EligibleNode node) => PriceTerms.Answer(node, InputTokens, OutputTokens);
}

/// <summary>Who can serve a request (P3.1): a quote and the draws that follow it ask here alike.</summary>
internal static class Eligibility
{
    /// <summary>Read once: a market's offers are the same objects until one of them changes.</summary>
    private static readonly ConditionalWeakTable<NodeOffer, EligibleNode> Nodes = [];

    public static EligibleNode Node(NodeOffer offer) => Nodes.GetValue(offer, static o =>
        new EligibleNode(NodeId.Parse(o.Node), Hash32.Parse(o.Echelon), new Micros(o.InputPriceMicros), new Micros(o.OutputPriceMicros)));

    /// <summary>How answers of a level would be compared now: bit by bit where enough nodes can be.</summary>
    /// <param name="offers">All offers of the model.</param>
    /// <param name="level">How much integrity.</param>
    /// <param name="needed">Nodes of one echelon that the level needs.</param>
    /// <param name="isExactOnly">No thresholds are known for what is asked (an embedding, the probabilities of a prompt).</param>
    public static Comparison ComparisonOf(IReadOnlyList<NodeOffer> offers, IntegrityLevel level, int needed, bool isExactOnly)
    {
        var (exact, other) = (Largest(offers, level, Comparison.Exact), Largest(offers, level, Comparison.Statistical));
        return level.Kind switch
        {
            IntegrityKind.None when other > exact => Comparison.Statistical,
            IntegrityKind.Sampled when !isExactOnly && exact < needed && other >= needed => Comparison.Statistical,
            // Until soft evidence is judged over many answers (P8.1), the levels above ask nodes whose answers can be compared bit by bit.
            _ => Comparison.Exact,
        };
    }

    /// <summary>
    /// v of the echelon that checks (P4): the median of what its nodes measured, so that no single one sets what all are paid; null
    /// where nobody measured.
    /// </summary>
    public static int? CheckPermille(IReadOnlyList<NodeOffer> offers)
    {
        if (Serving(offers, IntegrityLevel.Checked, Comparison.Exact) is not { Count: > 0 } serving)
            return null;
        var echelon = serving[0].Echelon.ToString();
        int[] measured = [.. offers.Where(o => o.Echelon == echelon && o.CheckPermille > 0).Select(o => o.CheckPermille).Order()];
        return measured.Length == 0 ? null : Math.Min(measured[(measured.Length - 1) / 2], PriceTerms.RecomputePermille);
    }

    /// <summary>Nodes of one echelon that could do all of a level's parts.</summary>
    public static IReadOnlyList<EligibleNode> Serving(IReadOnlyList<NodeOffer> offers, IntegrityLevel level, Comparison comparison) =>
        EligibleSet.OfOneEchelon(offers.Where(o => Compares(o, level, comparison) && IsInStanding(o, level)).Select(Node), echelon: null);

    /// <summary>Nodes that may be drawn for one part.</summary>
    /// <param name="offers">All offers of the model.</param>
    /// <param name="wanted">The request.</param>
    /// <param name="echelon">The echelon that earlier draws were made from, or null.</param>
    /// <param name="dearest">The dearest answer that the hold covers.</param>
    /// <param name="purpose">What for.</param>
    public static IReadOnlyList<EligibleNode> Drawn(IReadOnlyList<NodeOffer> offers, Wanted wanted, Hash32? echelon, Micros dearest, DrawPurpose purpose)
    {
        var isPrimaryUnchecked = wanted.IsUnchecked && purpose == DrawPurpose.Primary;
        if (echelon is null && Serving(offers, wanted.Level, wanted.Comparison) is { Count: > 0 } serving)
            echelon = serving[0].Echelon;
        var fit = offers.Where(o => Compares(o, wanted.Level, wanted.Comparison))
            // A quarantined node works its failures off where its answer may be audited, or is known beforehand.
            .Where(o => !o.Terms.Quarantined || isPrimaryUnchecked || wanted.Review == ReviewKind.Canary)
            .Select(o => (Offer: o, Node: Node(o)))
            .Where(o => wanted.Review is not null || wanted.Price(o.Node) <= dearest)
            // P6.3: nobody whose collateral does not cover what it could cheat on.
            .Where(o => !isPrimaryUnchecked || wanted.Price(o.Node).Value <= o.Offer.Terms.CapMicros);
        return EligibleSet.OfOneEchelon(fit.Select(o => o.Node), echelon);
    }

    private static int Largest(IReadOnlyList<NodeOffer> offers, IntegrityLevel level, Comparison comparison) => Serving(offers, level, comparison).Count;

    /// <summary>Whether this node's answers can be judged as the request says: by thresholds where they are published (P7.4); short of both, an answer is taken on its word.</summary>
    private static bool Compares(NodeOffer offer, IntegrityLevel level, Comparison comparison) =>
        offer.Exact == (comparison == Comparison.Exact)
        && (offer.Exact || level.Kind == IntegrityKind.None || Hash32.Parse(offer.Echelon) is var echelon && PublishedThresholds.Find(echelon, echelon).Count > 0);

    private static bool IsInStanding(NodeOffer offer, IntegrityLevel level) => level.Kind == IntegrityKind.None || !offer.Terms.Quarantined;
}
