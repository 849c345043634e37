using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Support;

/// <summary>What a fake node does wrong.</summary>
public enum Cheat
{
    None,

    /// <summary>Swaps a token and leaves the evidence: stage 1 sees it.</summary>
    Stage1,

    /// <summary>Runs another model behind honest-looking evidence: only stage 2 sees it.</summary>
    OtherModel,

    /// <summary>Reveals another transcript than it committed to.</summary>
    BadReveal,

    /// <summary>Reveals bytes that are no transcript.</summary>
    GarbageReveal,

    /// <summary>Sends a second commitment, to another output.</summary>
    Equivocate,

    /// <summary>Stops halfway and claims the full length.</summary>
    Truncate,

    /// <summary>Claims a cancellation nobody asked for.</summary>
    FalseCancel,

    /// <summary>Uses another temperature than asked.</summary>
    WrongParameters,

    /// <summary>Streams other tokens than it commits to.</summary>
    StreamsOtherwise,
    SilentAtWork,
    SilentAtReveal,
    SilentAtCheck,
    SilentAtVote,
    Lost,
    Refuse,
    RefuseReveal,

    /// <summary>Signs its commitment with another key.</summary>
    BadSignature,

    /// <summary>Streams from a position out of the blue.</summary>
    MalformedProgress,
    EmptyProgress,

    /// <summary>Streams a token that the model does not have.</summary>
    ForeignProgress,

    /// <summary>Commits, unstreamed, to such a token.</summary>
    ForeignToken,

    /// <summary>Votes the opposite of what it finds.</summary>
    LyingVote,
    InconclusiveVote,

    /// <summary>Opens its vote with another verdict than it committed to.</summary>
    BadVote,

    /// <summary>Forges one probability of a scored prompt: only stage 2 sees it.</summary>
    LyingScore,

    /// <summary>Leaves out the scores of the prompt.</summary>
    NoScores,

    /// <summary>Shows other scores of the prompt than it commits to.</summary>
    ShowsOtherScores,

    /// <summary>Shows tokens before the scores of the prompt.</summary>
    ScoresLate,
}

/// <summary>A node that speaks the protocol with real signatures and a fake model; answers come back at once.</summary>
internal sealed class FakeNode
{
    private static readonly FakeModel Right = new();
    private static readonly FakeModel Wrong = new(salt: 2);

    private readonly NodeKey _key;
    private readonly Dictionary<Hash32, CheckOutcome> _outcomes = [];
    private Transcript? _transcript;
    private int? _cancelAt;
    private Hash32 _nonce;
    private CoordinatorMessage.Work? _work;

    public FakeNode(int number, Cheat cheat = Cheat.None)
    {
        _key = NodeKey.FromBytes(Hash32.Sha256([(byte)number, (byte)(number >> 8), 77]).ToArray());
        Number = number;
        Cheat = cheat;
    }

    public int Number { get; }

    public Cheat Cheat { get; set; }

    public NodeId Id => _key.Id;

    /// <summary>Streams one token per message and holds the commitment back until asked: the harness decides the order.</summary>
    public IEnumerable<NodeMessage> Handle(CoordinatorMessage message) => message switch
    {
        CoordinatorMessage.Work m => Work(m),
        CoordinatorMessage.AskReveal m => Reveal(m),
        CoordinatorMessage.Check m => Check(m),
        CoordinatorMessage.AskVote m => Vote(m),
        CoordinatorMessage.Cancel m => CancelWork(m),
        _ => [],
    };

    public int Votes { get; private set; }

    private IEnumerable<NodeMessage> CancelWork(CoordinatorMessage.Cancel m)
    {
        if (m.AtTokens > 0)
            _cancelAt = m.AtTokens;
        return [];
    }

    private IEnumerable<NodeMessage> Work(CoordinatorMessage.Work m)
    {
        _work = m;
        switch (Cheat)
        {
            case Cheat.SilentAtWork:
                return [];
            case Cheat.Refuse:
                return [new NodeMessage.Refuse(m.Request, "no room")];
            case Cheat.MalformedProgress:
                return [new NodeMessage.Progress(m.Request, 5, [1], [])];
            case Cheat.EmptyProgress:
                return [new NodeMessage.Progress(m.Request, 0, [], [])];
            case Cheat.ForeignProgress:
                return [new NodeMessage.Progress(m.Request, 0, [FakeModel.Manifest.VocabularySize], [])];
        }

        _transcript = Make(m);
        return [.. Stream(m), .. Commit(m.Request)];
    }

    /// <summary>What it would send first; then, perhaps after a cancellation, the commitment.</summary>
    private IEnumerable<NodeMessage> Stream(CoordinatorMessage.Work m)
    {
        if (Cheat == Cheat.ForeignToken)
            yield break;
        var scores = Scored(m);
        if (scores is not null && Cheat != Cheat.ScoresLate)
            yield return scores;
        var at = 0;
        int[] tokens = [.. _transcript!.Output];
        if (Cheat == Cheat.StreamsOtherwise)
            tokens[0] ^= 2;
        foreach (var part in tokens.Chunk(5))
        {
            yield return new NodeMessage.Progress(m.Request, at, part, m.Parameters.TopLogprobs == 0 ? [] : [.. _transcript.Positions.Skip(at).Take(part.Length).Select(p => p.Shown)]);
            at += part.Length;
        }

        if (scores is not null && Cheat == Cheat.ScoresLate)
            yield return scores;
    }

    private NodeMessage.Scored? Scored(CoordinatorMessage.Work m) =>
        !m.Parameters.ScorePrompt || Cheat == Cheat.NoScores ? null
        : Cheat == Cheat.ShowsOtherScores ? new NodeMessage.Scored(m.Request, Forged(_transcript!).PromptChunks)
        : new NodeMessage.Scored(m.Request, _transcript!.PromptChunks);

    /// <summary>The last token of the prompt a step less likely than it is.</summary>
    public static Transcript Forged(Transcript honest)
    {
        PositionEvidence[] scores = [.. honest.PromptChunks.SelectMany(c => c.Positions)];
        if (scores.Length == 0)
            return honest;
        var own = scores[^1].Entries[0];
        var forged = own with { Quanta = (ushort)(own.Quanta + 1) };
        scores[^1] = new PositionEvidence([forged]) { Likeliest = [.. scores[^1].Likeliest.Select(l => l == own ? forged : l)] };
        return honest with { PromptChunks = PromptScores.Chunked(scores) };
    }

    private IEnumerable<NodeMessage> Commit(Hash32 request)
    {
        // Not before the coordinator has had a chance to cancel: evaluated by the harness when it delivers the message.
        yield return new NodeMessage.Commit(CommitmentTo(request));
        if (Cheat == Cheat.Equivocate)
            yield return new NodeMessage.Commit(Commitment.Sign(_key, request, Hash32.Sha256("another"u8)));
    }

    /// <summary>The commitment as it is at delivery: a cancellation that came meanwhile has cut the transcript.</summary>
    public NodeMessage Refresh(NodeMessage message)
    {
        if (message is not NodeMessage.Commit { Commitment: var c } || Cheat is Cheat.Equivocate or Cheat.BadSignature || _cancelAt is null || _work is null
            || _transcript is null || _transcript.OutputCount <= _cancelAt)
            return message;
        _transcript = Right.Answer(_work.Prompt, _work.Parameters, _cancelAt);
        return new NodeMessage.Commit(CommitmentTo(c.Request));
    }

    public NodeMessage SecondCommitment(Hash32 request) => new NodeMessage.Commit(Commitment.Sign(_key, request, Hash32.Sha256("another"u8)));

    private Commitment CommitmentTo(Hash32 request)
    {
        _nonce = Prf.Derive("fake-nonce", request.ToArray(), Id.ToArray());
        var signer = Cheat == Cheat.BadSignature ? NodeKey.FromBytes(Hash32.Sha256("someone else"u8).ToArray()) : _key;
        var value = Commitment.ValueOf(request, Id, _nonce, _transcript!.Digest(), _transcript.Prompt.Count, _transcript.OutputCount);
        return Commitment.Sign(signer, request, value) with { Node = Id };
    }

    private Transcript Make(CoordinatorMessage.Work m)
    {
        var honest = Right.Answer(m.Prompt, m.Parameters);
        switch (Cheat)
        {
            case Cheat.Stage1 when m.Parameters.IsEmbedding:
                return honest with { Vectors = [.. honest.Vectors.Skip(1), new EmbeddingVector(new float[8])] };
            case Cheat.Truncate when m.Parameters.IsEmbedding:
                return honest with { Vectors = [honest.Vectors[0]] };
            case Cheat.Stage1:
                var first = honest.Chunks[0].Positions.ToArray();
                first[1] = new PositionEvidence([first[1].Entries[1], first[1].Entries[0], .. first[1].Entries.Skip(2)]);
                return honest with { Chunks = [new TranscriptChunk(first), .. honest.Chunks.Skip(1)] };
            case Cheat.ForeignToken when !m.Parameters.IsEmbedding:
                var spoiled = honest.Chunks[0].Positions.ToArray();
                spoiled[1] = new PositionEvidence([new EvidenceEntry(FakeModel.Manifest.VocabularySize, 0)]);
                return honest with { Chunks = [new TranscriptChunk(spoiled), .. honest.Chunks.Skip(1)] };
            case Cheat.OtherModel:
                return Wrong.Answer(m.Prompt, m.Parameters);
            case Cheat.Truncate:
                return Right.Answer(m.Prompt, m.Parameters, cancelAt: 2) with { Finish = FinishReason.Length };
            case Cheat.LyingScore:
                return Forged(honest);
            case Cheat.NoScores:
                return honest with { PromptChunks = [] };
            case Cheat.FalseCancel:
                return Right.Answer(m.Prompt, m.Parameters, cancelAt: 2);
            case Cheat.WrongParameters:
                return Right.Answer(m.Prompt, m.Parameters with { Temperature = m.Parameters.Temperature / 2 + 0.1 });
            default:
                return honest;
        }
    }

    private IEnumerable<NodeMessage> Reveal(CoordinatorMessage.AskReveal m)
    {
        switch (Cheat)
        {
            case Cheat.SilentAtReveal:
                return [];
            case Cheat.RefuseReveal:
                return [new NodeMessage.Refuse(m.Request, "no")];
            case Cheat.GarbageReveal:
                return [new NodeMessage.Reveal(m.Request, _nonce, [1, 2, 3])];
            case Cheat.BadReveal:
                return [new NodeMessage.Reveal(m.Request, _nonce, (_transcript! with { Finish = FinishReason.StopText }).ToBytes())];
            default:
                return [new NodeMessage.Reveal(m.Request, _nonce, _transcript!.ToBytes())];
        }
    }

    private IEnumerable<NodeMessage> Check(CoordinatorMessage.Check m)
    {
        if (Cheat == Cheat.SilentAtCheck)
            return [];
        if (Cheat == Cheat.Refuse)
            return [new NodeMessage.Refuse(m.Request, "no room")];
        var claimed = Transcript.FromBytes(m.Transcript);
        var outcome = Right.Check(claimed);
        if (Cheat == Cheat.LyingVote)
            outcome = outcome.Verdict == Verdict.Match ? CheckOutcome.Mismatch(0, "lie") : CheckOutcome.Match;
        if (Cheat == Cheat.InconclusiveVote)
            outcome = CheckOutcome.Inconclusive("could not");
        var subject = claimed.Digest();
        _outcomes[subject] = outcome;
        var nonce = VoteNonce(subject);
        return [new NodeMessage.CommitVote(VoteCommitment.Sign(
            _key, m.Request, subject, VoteCommitment.ValueOf(m.Request, subject, Id, outcome.Verdict, outcome.Position, nonce)))];
    }

    private IEnumerable<NodeMessage> Vote(CoordinatorMessage.AskVote m)
    {
        if (Cheat == Cheat.SilentAtVote)
            return [];
        Votes++;
        var outcome = _outcomes[m.Subject];
        if (Cheat == Cheat.BadVote)
            outcome = outcome.Verdict == Verdict.Match ? CheckOutcome.Mismatch(0, "lie") : CheckOutcome.Match;
        return [new NodeMessage.CastVote(Protocol.Verification.Vote.Sign(_key, m.Request, m.Subject, outcome, VoteNonce(m.Subject)))];
    }

    private Hash32 VoteNonce(Hash32 subject) => Prf.Derive("fake-vote", subject.ToArray(), Id.ToArray());
}
