using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

namespace Atoma.Grains.Requests;

/// <summary>Draws for a request (P3), from the nodes that can be drawn now.</summary>
internal sealed class Drawing(IGrainFactory grains)
{
    /// <summary>As many as can be drawn, each with a beacon step of its own.</summary>
    public async Task<IReadOnlyList<DrawProof>> DrawAsync(RequestEffect.DrawNodes wanted, RequestState state, Micros dearest)
    {
        var spec = state.Spec;
        var market = await grains.GetGrain<IModelGrain>(Keys.Model(spec.Model.Id)).Market();
        var eligible = Eligibility.Drawn(market?.Offers ?? [], Wanted.Of(spec), state.Echelon, dearest, wanted.Purpose);
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
