using Atoma.Protocol.Common;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Nodes;

/// <summary>What a node sends. Encoded as a type byte and its fields; carried in a <see cref="SignedFrame"/>.</summary>
public abstract record NodeMessage
{
    /// <summary>
    /// First message: who it is, what it offers (1 to <see cref="NodeLimits.SubscriptionsMax"/> models, each once: P2.6), and the challenge
    /// it answers by signing this frame.
    /// </summary>
    public sealed record Hello(int ProtocolVersion, Registration Registration, IReadOnlyList<Subscription> Subscriptions) : NodeMessage;

    /// <summary>Renews the lease.</summary>
    public sealed record Heartbeat(int Busy) : NodeMessage;

    /// <summary>
    /// Provisional tokens (P5.3), from output position <paramref name="From"/> on. Where likeliest tokens were asked for, <paramref name="Shown"/>
    /// has for each token its own evidence entry and those; else it is empty.
    /// </summary>
    public sealed record Progress(Hash32 Request, int From, IReadOnlyList<int> Tokens, IReadOnlyList<PositionEvidence> Shown) : NodeMessage;

    /// <summary>Provisional scores of the whole prompt where asked for (<see cref="PromptScores"/>), before any token.</summary>
    public sealed record Scored(Hash32 Request, IReadOnlyList<TranscriptChunk> Chunks) : NodeMessage;

    /// <summary>The node's commitment (P5.4).</summary>
    public sealed record Commit(Commitment Commitment) : NodeMessage;

    /// <summary>Opens the commitment.</summary>
    public sealed record Reveal(Hash32 Request, Hash32 Nonce, byte[] Transcript) : NodeMessage;

    /// <summary>Commits to a vote (P5.5).</summary>
    public sealed record CommitVote(VoteCommitment Commitment) : NodeMessage;

    /// <summary>Opens the vote.</summary>
    public sealed record CastVote(Vote Vote) : NodeMessage;

    /// <summary>Cannot do the work; free of penalty before anything was committed.</summary>
    public sealed record Refuse(Hash32 Request, string Reason) : NodeMessage;

    /// <summary>Answers a weight challenge.</summary>
    public sealed record Weights(WeightAnswer Answer) : NodeMessage;

    /// <summary>The node's answer, signed for a contract (<see cref="Settlement.ContractAnswer"/>).</summary>
    /// <param name="Request">Request id.</param>
    /// <param name="Signature">65 bytes.</param>
    public sealed record SignedAnswer(Hash32 Request, byte[] Signature) : NodeMessage;

    /// <summary>The request it belongs to; null for the connection's own.</summary>
    public Hash32? RequestId => this switch
    {
        Progress m => m.Request,
        Scored m => m.Request,
        Commit m => m.Commitment.Request,
        Reveal m => m.Request,
        CommitVote m => m.Commitment.Request,
        CastVote m => m.Vote.Request,
        Refuse m => m.Request,
        SignedAnswer m => m.Request,
        _ => null,
    };

    public byte[] ToBytes()
    {
        var w = new CanonicalWriter();
        switch (this)
        {
            case Hello m:
                w.Byte(1).Int32(m.ProtocolVersion);
                m.Registration.Write(w);
                w.Count(m.Subscriptions.Count);
                foreach (var subscription in m.Subscriptions)
                    subscription.Write(w);
                break;
            case Heartbeat m:
                w.Byte(2).Int32(m.Busy);
                break;
            case Progress m:
                w.Byte(3).Hash(m.Request).Int32(m.From).Tokens([.. m.Tokens]).Bool(m.Shown.Count > 0);
                foreach (var position in m.Shown)
                    position.Write(w);
                break;
            case Commit m:
                w.Byte(4);
                m.Commitment.Write(w);
                break;
            case Reveal m:
                w.Byte(5).Hash(m.Request).Hash(m.Nonce).Bytes(m.Transcript);
                break;
            case CommitVote m:
                w.Byte(6);
                m.Commitment.Write(w);
                break;
            case CastVote m:
                w.Byte(7);
                m.Vote.Write(w);
                break;
            case Refuse m:
                w.Byte(8).Hash(m.Request).Text(m.Reason);
                break;
            case Weights m:
                w.Byte(9);
                m.Answer.Write(w);
                break;
            case Scored m:
                Transcript.WriteChunks(w.Byte(10).Hash(m.Request), m.Chunks);
                break;
            case SignedAnswer m:
                w.Byte(11).Hash(m.Request).Raw(m.Signature);
                break;
        }

        return w.ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static NodeMessage FromBytes(ReadOnlySpan<byte> bytes)
    {
        var r = new CanonicalReader(bytes);
        NodeMessage message;
        switch (r.Byte())
        {
            case 1:
                // The version stands first so that another version is told apart before its fields are read.
                var version = r.Int32();
                if (version != NodeLimits.ProtocolVersion)
                    throw ProtocolVersionException.For(version);
                message = new Hello(version, Registration.Read(ref r), ReadSubscriptions(ref r));
                break;
            case 2:
                message = new Heartbeat(r.Int32());
                break;
            case 3:
                message = ReadProgress(ref r);
                break;
            case 4:
                message = new Commit(Commitment.Read(ref r));
                break;
            case 5:
                message = new Reveal(r.Hash(), r.Hash(), r.Bytes(NodeLimits.MessageBytes));
                break;
            case 6:
                message = new CommitVote(VoteCommitment.Read(ref r));
                break;
            case 7:
                message = new CastVote(Vote.Read(ref r));
                break;
            case 8:
                message = new Refuse(r.Hash(), r.Text(NodeLimits.TextLength));
                break;
            case 9:
                message = new Weights(WeightAnswer.Read(ref r));
                break;
            case 10:
                message = new Scored(r.Hash(), Transcript.ReadChunks(ref r, PromptScores.ChunksMax));
                break;
            case 11:
                message = new SignedAnswer(r.Hash(), r.Take(Commitment.SignatureLength).ToArray());
                break;
            case var other:
                throw new CanonicalFormatException($"Unknown node message {other}.");
        }

        r.End();
        return message;
    }

    private static Subscription[] ReadSubscriptions(ref CanonicalReader r)
    {
        var subscriptions = new Subscription[r.Count(NodeLimits.SubscriptionsMax)];
        for (var i = 0; i < subscriptions.Length; i++)
            subscriptions[i] = Subscription.Read(ref r);
        if (subscriptions.Length == 0)
            throw new CanonicalFormatException("A node offers at least one model.");
        if (subscriptions.DistinctBy(s => s.Model.Id).Count() < subscriptions.Length)
            throw new CanonicalFormatException("A node offers a model once.");
        return subscriptions;
    }

    private static Progress ReadProgress(ref CanonicalReader r)
    {
        var (request, from, tokens) = (r.Hash(), r.Int32(), r.Tokens(NodeLimits.ProgressTokens));
        var shown = new PositionEvidence[r.Bool() ? tokens.Length : 0];
        for (var i = 0; i < shown.Length; i++)
            shown[i] = PositionEvidence.Read(ref r);
        return new Progress(request, from, tokens, shown);
    }
}

/// <summary>A node speaks another version of the protocol.</summary>
public sealed class ProtocolVersionException : FormatException
{
    public ProtocolVersionException()
    {
    }

    public ProtocolVersionException(string message)
        : base(message)
    {
    }

    public ProtocolVersionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public static ProtocolVersionException For(int version) =>
        new($"The node speaks protocol version {version}, this network speaks {NodeLimits.ProtocolVersion}.");
}

/// <summary>
/// A node message as it travels: numbered from 1 without gaps within a session and signed by the node's key, so that it can be
/// neither forged nor replayed, in this session or another.
/// </summary>
public sealed record SignedFrame(ulong Sequence, byte[] Body, byte[] Signature)
{
    public static SignedFrame Sign(ISigner signer, Hash32 session, ulong sequence, NodeMessage message)
    {
        var body = message.ToBytes();
        return new SignedFrame(sequence, body, signer.Sign(SigningDomain.Message(session, sequence, body)));
    }

    public bool IsSigned(ISignatureScheme scheme, Hash32 session, NodeId node) =>
        scheme.Recover(SigningDomain.Message(session, Sequence, Body), Signature) == node;
}
