using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

namespace Atoma.Grains.Requests;

/// <summary>Who can be drawn for a request now, and the draws (P3).</summary>
internal sealed class Drawing(IGrainFactory grains)
{
    /// <summary>Nodes that may be drawn (P3.1): of the request's echelon, not dearer than quoted, in good standing where answers are checked.</summary>
    /// <param name="market">Null when nobody offers the model.</param>
    /// <param name="spec">The request.</param>
    /// <param name="echelon">The echelon that earlier draws were made from, or null.</param>
    /// <param name="dearest">The dearest answer that the hold covers.</param>
    /// <param name="purpose">What for.</param>
    public static IReadOnlyList<EligibleNode> Eligible(ModelMarket? market, RequestSpec spec, Hash32? echelon, Micros dearest, DrawPurpose purpose)
    {
        var isUnchecked = spec.Review is null && IsUnchecked(spec.Integrity);
        var fit = (market?.Offers ?? []).Where(o => !o.Terms.Quarantined || (isUnchecked && purpose == DrawPurpose.Primary) || spec.Review?.Kind == ReviewKind.Canary);
        var nodes = fit.Select(o => (Offer: o, Node: Quoter.Eligible(o)))
            .Where(o => spec.Review is not null || Price(spec, o.Node) <= dearest)
            // P6.3: nobody whose collateral does not cover what it could cheat on.
            .Where(o => !isUnchecked || purpose != DrawPurpose.Primary || Price(spec, o.Node).Value <= o.Offer.Terms.CapMicros);
        return EligibleSet.OfOneEchelon(nodes.Select(o => o.Node), echelon);
    }

    /// <summary>Levels at which a node could be paid for an answer that nobody looks at.</summary>
    public static bool IsUnchecked(IntegrityLevel level) => level.Kind is IntegrityKind.None or IntegrityKind.Sampled;

    /// <summary>What this node's full answer would cost.</summary>
    public static Micros Price(RequestSpec spec, EligibleNode node) => PriceTerms.Answer(node, spec.Prompt.Count, spec.Parameters.MaxTokens);

    /// <summary>As many as can be drawn, each with a beacon step of its own.</summary>
    public async Task<IReadOnlyList<DrawProof>> DrawAsync(RequestEffect.DrawNodes wanted, RequestState state, Micros dearest)
    {
        var spec = state.Spec;
        var market = await grains.GetGrain<IModelGrain>(Keys.Model(spec.Model.Id)).Market();
        var eligible = Eligible(market, spec, state.Echelon, dearest, wanted.Purpose);
        var taken = state.Taken;
        var draws = new List<DrawProof>();
        foreach (var beacon in await NextAsync(wanted.Count))
        {
            if (Draw.One(wanted.Purpose, state.Participants.Count + draws.Count, beacon, spec.Id, spec.Nonce, eligible, taken) is not { } draw)
                break;
            draws.Add(draw);
            taken.Add(draw.Chosen.Node);
        }

        return draws;
    }

    public async Task<IReadOnlyList<BeaconReveal>> NextAsync(int count) =>
        [.. (await grains.GetGrain<IBeaconGrain>(Keys.Beacon).Next(count)).Select(s => new BeaconReveal(s.Chain, Hash32.Parse(s.Anchor), s.Step, Hash32.Parse(s.Value)))];
}
