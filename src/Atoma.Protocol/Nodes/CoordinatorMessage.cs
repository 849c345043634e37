using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Nodes;

/// <summary>What the coordinator sends to a node.</summary>
public abstract record CoordinatorMessage
{
    /// <summary>First message of a connection: the session id to sign under, and the beacon's current commitment, which every node so witnesses.</summary>
    public sealed record Challenge(int ProtocolVersion, Hash32 Session, int BeaconChain, Hash32 BeaconAnchor) : CoordinatorMessage;

    /// <summary>The node is in.</summary>
    public sealed record Welcome(string State, int LeaseMs, Micros Collateral) : CoordinatorMessage;

    /// <summary>The connection ends. <paramref name="Code"/> is one of <see cref="RefusalCode"/>.</summary>
    public sealed record Goodbye(RefusalCode Code, string Reason) : CoordinatorMessage;

    /// <summary>
    /// Generate an answer and commit to it by <paramref name="DeadlineUnixMs"/>, which progress renews. Requests of one account
    /// have one <paramref name="Flow"/> at one node, so that it can be fair between accounts without knowing them.
    /// </summary>
    public sealed record Work(
        Hash32 Request, Hash32 Model, long DeadlineUnixMs, IReadOnlyList<int> Prompt, SamplingParameters Parameters, ulong Flow) : CoordinatorMessage
    {
        /// <summary>W3C's traceparent of the request, for the operator's own traces; empty where it is not traced.</summary>
        public string Trace { get; init; } = "";
    }

    /// <summary>All have committed: open yours. The others' commitments are shown so that a node reveals to nobody who could still choose.</summary>
    public sealed record AskReveal(Hash32 Request, IReadOnlyList<Commitment> Commitments) : CoordinatorMessage;

    /// <summary>Check a claimed answer by prefill (P7.4).</summary>
    public sealed record Check(
        Hash32 Request, Hash32 Model, long DeadlineUnixMs, IReadOnlyList<int> Prompt, SamplingParameters Parameters, ulong Flow, byte[] Transcript) : CoordinatorMessage
    {
        /// <inheritdoc cref="Work.Trace"/>
        public string Trace { get; init; } = "";
    }

    /// <summary>All have committed to their votes: open yours on this transcript.</summary>
    public sealed record AskVote(Hash32 Request, Hash32 Subject) : CoordinatorMessage;

    /// <summary>The requester is gone: end the answer after <paramref name="AtTokens"/> tokens; 0 drops it.</summary>
    public sealed record Cancel(Hash32 Request, int AtTokens) : CoordinatorMessage;

    /// <summary>Nothing more is wanted for this request; what is kept for it can go.</summary>
    public sealed record Closed(Hash32 Request) : CoordinatorMessage;

    /// <summary>For the operator to read: paid, slashed, jailed.</summary>
    public sealed record Notice(string Text) : CoordinatorMessage;

    /// <summary>Hash these ranges of the model's file (P7.6).</summary>
    public sealed record AskWeights(Hash32 Seed, Hash32 Model) : CoordinatorMessage;

    /// <summary>Sign your answer to this settled request for the gateway contract of this EIP-712 domain (P10.1).</summary>
    public sealed record AskSignature(Hash32 Request, Hash32 Domain) : CoordinatorMessage;

    public byte[] ToBytes()
    {
        var w = new CanonicalWriter();
        switch (this)
        {
            case Challenge m:
                w.Byte(1).Int32(m.ProtocolVersion).Hash(m.Session).Int32(m.BeaconChain).Hash(m.BeaconAnchor);
                break;
            case Welcome m:
                w.Byte(2).Text(m.State).Int32(m.LeaseMs).Money(m.Collateral);
                break;
            case Goodbye m:
                w.Byte(3).Byte((byte)m.Code).Text(m.Reason);
                break;
            case Work m:
                w.Byte(4).Hash(m.Request).Hash(m.Model).Int64(m.DeadlineUnixMs).Tokens([.. m.Prompt]);
                m.Parameters.Write(w);
                w.UInt64(m.Flow).Text(m.Trace);
                break;
            case AskReveal m:
                w.Byte(5).Hash(m.Request).Count(m.Commitments.Count);
                foreach (var commitment in m.Commitments)
                    commitment.Write(w);
                break;
            case Check m:
                w.Byte(6).Hash(m.Request).Hash(m.Model).Int64(m.DeadlineUnixMs).Tokens([.. m.Prompt]);
                m.Parameters.Write(w);
                w.UInt64(m.Flow).Bytes(m.Transcript).Text(m.Trace);
                break;
            case AskVote m:
                w.Byte(7).Hash(m.Request).Hash(m.Subject);
                break;
            case Cancel m:
                w.Byte(8).Hash(m.Request).Int32(m.AtTokens);
                break;
            case Closed m:
                w.Byte(9).Hash(m.Request);
                break;
            case Notice m:
                w.Byte(10).Text(m.Text);
                break;
            case AskWeights m:
                w.Byte(11).Hash(m.Seed).Hash(m.Model);
                break;
            case AskSignature m:
                w.Byte(12).Hash(m.Request).Hash(m.Domain);
                break;
        }

        return w.ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static CoordinatorMessage FromBytes(ReadOnlySpan<byte> bytes)
    {
        var r = new CanonicalReader(bytes);
        CoordinatorMessage message = r.Byte() switch
        {
            1 => new Challenge(r.Int32(), r.Hash(), r.Int32(), r.Hash()),
            2 => new Welcome(r.Text(NodeLimits.TextLength), r.Int32(), r.Money()),
            3 => new Goodbye((RefusalCode)r.Byte(), r.Text(NodeLimits.TextLength * 4)),
            4 => new Work(r.Hash(), r.Hash(), r.Int64(), r.Tokens(VerificationLimits.PromptTokens), SamplingParameters.Read(ref r), r.UInt64()) { Trace = r.Text(NodeLimits.TraceLength) },
            5 => ReadAskReveal(ref r),
            6 => new Check(
                r.Hash(), r.Hash(), r.Int64(), r.Tokens(VerificationLimits.PromptTokens), SamplingParameters.Read(ref r), r.UInt64(),
                r.Bytes(NodeLimits.MessageBytes)) { Trace = r.Text(NodeLimits.TraceLength) },
            7 => new AskVote(r.Hash(), r.Hash()),
            8 => new Cancel(r.Hash(), r.Int32()),
            9 => new Closed(r.Hash()),
            10 => new Notice(r.Text(NodeLimits.TextLength * 4)),
            11 => new AskWeights(r.Hash(), r.Hash()),
            12 => new AskSignature(r.Hash(), r.Hash()),
            var other => throw new CanonicalFormatException($"Unknown coordinator message {other}."),
        };
        r.End();
        return message;
    }

    private static AskReveal ReadAskReveal(ref CanonicalReader r)
    {
        var request = r.Hash();
        var commitments = new Commitment[r.Count(Integrity.IntegrityLevel.ReplicasMax)];
        for (var i = 0; i < commitments.Length; i++)
            commitments[i] = Commitment.Read(ref r);
        return new AskReveal(request, commitments);
    }
}

/// <summary>Why a node is not let in or let go. On the wire: append only.</summary>
public enum RefusalCode : byte
{
    None = 0,
    BadSignature = 1,
    ReplayedMessage = 2,
    UnknownModel = 3,
    WrongModelDigest = 4,
    ProtocolVersion = 5,
    Malformed = 6,
    WrongEchelon = 7,
    CollateralTooLow = 8,
    NotAllowed = 9,
    Stale = 10,
    Replaced = 11,
    ShuttingDown = 12,
}
