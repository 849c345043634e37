using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Mutants;

// P3: who is drawn, from whom, by which randomness.

/// <summary>[C]: the asserter may be its own auditor.</summary>
internal sealed class AsserterAudits(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override HashSet<NodeId> Excluded(RequestState state) => [.. state.Participants.Where(p => !p.Generates).Select(p => p.Node)];
}

/// <summary>A node that failed may be drawn again.</summary>
internal sealed class FailedDrawnAgain(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override HashSet<NodeId> Excluded(RequestState state) => [.. state.Participants.Where(p => p.IsActive).Select(p => p.Node)];
}

internal sealed class EchelonIgnored(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override IReadOnlyList<EligibleNode> OneEchelon(IEnumerable<EligibleNode> nodes, Hash32? echelon) => [.. nodes];
}

/// <summary>[C] shipped with no collateral demanded.</summary>
internal sealed class CollateralIgnored(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override bool IsEligible(Offer offer) => offer.State == NodeState.Active;
}

internal sealed class JailIgnored(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override bool IsEligible(Offer offer) => offer.Collateral >= CollateralMin;
}

internal sealed class JailSkipped(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override NodeState Jail(NodeState state) => state;
}

/// <summary>A step is shown first and marked as used after: a crash in between shows it again.</summary>
internal sealed class BeaconStepReused(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override bool MarksBeaconFirst => false;
}

/// <summary>The coordinator draws again until it likes whom it gets.</summary>
internal sealed class DrawsUntilItLikes(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    private const int Tries = 8;

    public override DrawProof? Draw(
        DrawPurpose purpose, int ordinal, BeaconReveal beacon, RequestSpec spec, IReadOnlyList<EligibleNode> eligible, IReadOnlySet<NodeId> taken)
    {
        var favourite = eligible.Where(e => !taken.Contains(e.Node)).Select(e => e.Node).Order().FirstOrDefault();
        return Enumerable.Range(ordinal, Tries).Select(o => base.Draw(purpose, o, beacon, spec, eligible, taken)).FirstOrDefault(d => d?.Chosen.Node == favourite)
            ?? base.Draw(purpose, ordinal, beacon, spec, eligible, taken);
    }
}

/// <summary>A draw that falls on a node the coordinator does not like is left out.</summary>
internal sealed class DrawsLeftOut(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override DrawProof? Draw(
        DrawPurpose purpose, int ordinal, BeaconReveal beacon, RequestSpec spec, IReadOnlyList<EligibleNode> eligible, IReadOnlySet<NodeId> taken) =>
        base.Draw(purpose, ordinal, beacon, spec, eligible, taken) is { } draw && draw.Chosen.Node.ToArray()[0] % 4 != 0 ? draw : null;
}

/// <summary>Who was accused and cleared stays in jail.</summary>
internal sealed class ClearedStayJailed(RequestOptions options, ISignatureScheme signatures) : Rules(options, signatures)
{
    public override bool IsCleared(IReadOnlyList<SlashRow> cases, DateTimeOffset? jailedUntil, DateTimeOffset now) => jailedUntil <= now;
}
