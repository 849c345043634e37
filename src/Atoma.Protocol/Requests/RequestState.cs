using System.Collections.Immutable;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Requests;

/// <summary>Where a request stands. Stored: append only. From <see cref="Settled"/> on it is terminal (P5.7).</summary>
public enum RequestPhase
{
    Generating = 1,
    Revealing = 2,
    Checking = 3,
    Resolving = 4,
    Settled = 10,
    Refunded = 11,
    Expired = 12,
}

/// <summary>Why a request was refunded. Stored and shown: append only.</summary>
public enum RefundReason : byte
{
    None = 0,

    /// <summary>Too few nodes could be drawn.</summary>
    NoEligibleNode = 1,

    /// <summary>Drawn nodes failed and no replacement was left.</summary>
    NodesFailed = 2,

    /// <summary>A node cheated and its answer could not be replaced.</summary>
    FraudDetected = 3,

    /// <summary>Checkers or resolvers did not agree.</summary>
    NoQuorum = 4,

    /// <summary>The requester left before the first token.</summary>
    Cancelled = 5,

    /// <summary>The coordinator stopped in the middle.</summary>
    Interrupted = 6,

    /// <summary>The deadline passed.</summary>
    DeadlinePassed = 7,

    /// <summary>The tokens shown and the tokens committed differ.</summary>
    StreamDiverged = 8,

    /// <summary>The audit failed by thresholds: no proof, but no reason to pay (P8.1).</summary>
    AuditFailed = 9,
}

/// <summary>What a participant is doing. Stored in receipts: append only.</summary>
public enum ParticipantStatus : byte
{
    Working = 0,
    Committed = 1,
    Revealed = 2,
    Checking = 3,
    VoteCommitted = 4,
    Voted = 5,

    /// <summary>Did not do its part; see the failure.</summary>
    Failed = 6,

    /// <summary>Proven to have cheated.</summary>
    Convicted = 7,

    /// <summary>Let go before its part was done: the request ended first.</summary>
    Dismissed = 8,
}

/// <summary>How a participant failed. Stored in receipts: append only.</summary>
public enum ParticipantFailure : byte
{
    None = 0,

    /// <summary>Missed a deadline or lost its connection: pays P5.9.</summary>
    Silent = 1,

    /// <summary>Said it could not.</summary>
    Refused = 2,

    /// <summary>Sent something that makes no sense in the protocol.</summary>
    Malformed = 3,

    /// <summary>Streamed other tokens than it committed to.</summary>
    StreamedOtherwise = 4,
}

/// <summary>A checker's or resolver's vote on one transcript, in its two steps.</summary>
public sealed record Ballot(Hash32 Subject, VoteCommitment? Commitment = null, Vote? Vote = null);

/// <summary>One drawn node and what it did.</summary>
public sealed record Participant(DrawProof Draw, ParticipantStatus Status)
{
    public NodeId Node => Draw.Chosen.Node;

    public DrawPurpose Purpose => Draw.Purpose;

    public bool Generates => Purpose is DrawPurpose.Primary or DrawPurpose.Replica;

    /// <summary>Neither failed, convicted nor dismissed.</summary>
    public bool IsActive => Status is not (ParticipantStatus.Failed or ParticipantStatus.Convicted or ParticipantStatus.Dismissed);

    public ParticipantFailure Failure { get; init; }

    /// <summary>When what it owes is due; null when it owes nothing now.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>Provisional tokens so far.</summary>
    public ImmutableList<int> Streamed { get; init; } = [];

    /// <summary>Their probabilities where asked for, one for each; not stored.</summary>
    public ImmutableList<PositionEvidence> Shown { get; init; } = [];

    /// <summary>Its scores of the prompt where asked for, shown with the first token; not stored.</summary>
    public IReadOnlyList<TranscriptChunk> Scored { get; init; } = [];

    public Commitment? Commitment { get; init; }

    /// <summary>Opens the commitment.</summary>
    public Hash32 Nonce { get; init; }

    public Transcript? Transcript { get; init; }

    /// <summary>Digest of <see cref="Transcript"/>.</summary>
    public Hash32 Digest { get; init; }

    public ImmutableList<Ballot> Ballots { get; init; } = [];
}

/// <summary>Kinds of hard evidence (P8.1). Stored: append only.</summary>
public enum EvidenceKind : byte
{
    /// <summary>The sampler's replay over the claimed evidence fails (P7.3).</summary>
    Stage1Mismatch = 1,

    /// <summary>Resolvers found the answer not to be the model's (P7.4, P8.2).</summary>
    Stage2Mismatch = 2,

    /// <summary>Two different commitments for one request.</summary>
    Equivocation = 3,

    /// <summary>What was committed to and revealed is not an answer to this request: another model, prompt, parameters or end.</summary>
    BadReveal = 4,

    /// <summary>A vote that an assembly of all nodes found false (P7.6).</summary>
    FalseVote = 5,

    /// <summary>Too many soft failures: the sequential test fired (P8.1).</summary>
    SequentialTest = 6,

    /// <summary>Ranges of the model's file that are not the model's (P7.6).</summary>
    WeightChallenge = 7,
}

/// <summary>A node proven to have cheated. The receipt it stands in is the evidence bundle (P8.5).</summary>
/// <param name="Node">Who.</param>
/// <param name="Kind">What proves it.</param>
/// <param name="Position">Output position at fault, −1 when none.</param>
/// <param name="Reason">For people.</param>
/// <param name="Second">The second commitment of an equivocation.</param>
public sealed record Conviction(NodeId Node, EvidenceKind Kind, int Position, string Reason, Commitment? Second = null);

/// <summary>One payment out of the hold.</summary>
public readonly record struct Payment(LedgerAccount To, Micros Amount, TransferCode Code);

/// <summary>All that the machine knows of a request.</summary>
public sealed record RequestState(RequestSpec Spec, RequestPhase Phase)
{
    public bool IsTerminal => Phase >= RequestPhase.Settled;

    public RefundReason Refund { get; init; }

    public ImmutableList<Participant> Participants { get; init; } = [];

    /// <summary>Provisional tokens shown to the requester.</summary>
    public ImmutableList<int> Published { get; init; } = [];

    /// <summary>Scores of the prompt shown with them; not stored.</summary>
    public IReadOnlyList<TranscriptChunk> PublishedScores { get; init; } = [];

    public ImmutableList<Conviction> Convictions { get; init; } = [];

    /// <summary>Nodes still to be drawn, of the purpose now drawn for.</summary>
    public int PendingDraws { get; init; }

    /// <summary>Those of them that the draw now under way was asked for; the others are asked for when it is done.</summary>
    public int DrawsAsked { get; init; }

    public int Replacements { get; init; }

    /// <summary>Output length at which the requester's cancellation ends the answer.</summary>
    public int? CancelAt { get; init; }

    /// <summary>The step that decided whether a sampled answer is audited.</summary>
    public BeaconReveal? Audit { get; init; }

    /// <summary>The requester has the whole answer, ahead of the audit.</summary>
    public bool Delivered { get; init; }

    /// <summary>What a review found; null for none.</summary>
    public Verdict? Finding { get; init; }

    /// <summary>The delivered answer, once settled.</summary>
    public Transcript? Answer { get; init; }

    public ImmutableList<Payment> Payments { get; init; } = [];

    /// <summary>Sum of the payments.</summary>
    public Micros Price => Payments.Aggregate(Micros.Zero, static (sum, p) => sum + p.Amount);

    /// <summary>The echelon all draws of this request are made from, after the first.</summary>
    public Hash32? Echelon => Spec.Review?.Echelon ?? (Participants.Count > 0 ? Participants[0].Draw.Chosen.Echelon : null);

    /// <summary>Nodes that may not be drawn (P3.3): who takes part already, and whose answer it is.</summary>
    public HashSet<NodeId> Taken => [.. Participants.Select(p => p.Node).Concat(Spec.Review?.Authors.Select(a => a.Node) ?? [])];
}
