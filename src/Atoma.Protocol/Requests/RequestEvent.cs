using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

/// <summary>What can happen to a request.</summary>
public abstract record RequestEvent
{
    public sealed record Started : RequestEvent;

    /// <summary>Result of <see cref="RequestEffect.DrawNodes"/>: as many as could be drawn.</summary>
    public sealed record Drawn(DrawPurpose Purpose, IReadOnlyList<DrawProof> Draws) : RequestEvent;

    /// <summary>Result of <see cref="RequestEffect.DrawAudit"/>: a beacon step that nobody saw before.</summary>
    public sealed record AuditDrawn(BeaconReveal Beacon) : RequestEvent;

    /// <summary>A verified message of a node.</summary>
    public sealed record Received(NodeId Node, NodeMessage Message) : RequestEvent;

    /// <summary>A node's connection ended, or it could not be reached.</summary>
    public sealed record NodeLost(NodeId Node) : RequestEvent;

    /// <summary>The requester is gone.</summary>
    public sealed record CancelRequested : RequestEvent;

    /// <summary>Time has passed.</summary>
    public sealed record Ticked : RequestEvent;

    /// <summary>The coordinator came back after a stop: what the nodes did meanwhile is lost.</summary>
    public sealed record Recovered : RequestEvent;
}

/// <summary>What the machine wants done. Effects are carried out in order.</summary>
public abstract record RequestEffect
{
    /// <summary>Draw nodes, each with a beacon step of its own; answer with <see cref="RequestEvent.Drawn"/>.</summary>
    public sealed record DrawNodes(DrawPurpose Purpose, int Count) : RequestEffect;

    /// <summary>Reveal a beacon step that decides the audit (P3.4); answer with <see cref="RequestEvent.AuditDrawn"/>.</summary>
    public sealed record DrawAudit : RequestEffect;

    public sealed record Send(NodeId Node, CoordinatorMessage Message) : RequestEffect;

    /// <summary>Show these provisional tokens (P5.3).</summary>
    /// <param name="Tokens">What follows the tokens shown before.</param>
    /// <param name="Shown">Their probabilities where asked for.</param>
    /// <param name="Prompt">The prompt's, where it was to be scored; not empty once at most, with what is shown first.</param>
    public sealed record Publish(IReadOnlyList<int> Tokens, IReadOnlyList<PositionEvidence> Shown, IReadOnlyList<TranscriptChunk> Prompt) : RequestEffect;

    /// <summary>Jail a convicted node at once; the money waits for the appeal window (P8.5).</summary>
    public sealed record Jail(NodeId Node, string Reason) : RequestEffect;

    /// <summary>The answer is complete and is the requester's, while its audit still decides over the money (P4, L1).</summary>
    public sealed record Deliver : RequestEffect;

    /// <summary>The state is terminal: settle money, store the receipt, tell the requester, let the nodes go.</summary>
    public sealed record Finish : RequestEffect;
}
