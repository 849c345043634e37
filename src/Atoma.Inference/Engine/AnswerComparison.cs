using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>How an answer is compared, position by position, with what the checker's own model gives.</summary>
internal interface IAnswerComparison
{
    /// <summary>Takes the own row of logits for the next position; null while there is more to compare.</summary>
    /// <param name="sampler">The engine thread's.</param>
    /// <param name="logits">Predicts the position, given the claimed output before it.</param>
    /// <param name="state">Of the claimed output before it; the comparison adds the position's token.</param>
    /// <exception cref="Protocol.Verification.Grammar.GrammarException">The grammar needs too many steps.</exception>
    CheckOutcome? Next(Sampler sampler, ReadOnlySpan<float> logits, SamplingState state);
}

/// <summary>
/// Stage 2 inside an echelon (P7.4): the checker's own choice and evidence at each position against the claimed ones,
/// exactly, and the claimed end against the own one.
/// </summary>
internal sealed class AnswerComparison : IAnswerComparison
{
    private readonly IReadOnlyList<TranscriptChunk> _claimed;
    private readonly FinishReason? _claimedEnd;
    private readonly FinishRule _finish;
    private readonly int _start;
    private readonly int _count;
    private readonly List<PositionEvidence> _own = new(VerificationLimits.ChunkPositions);
    private int _chunk;
    private int _position;

    /// <summary>Of a whole answer.</summary>
    /// <param name="claimed">At least one position, all chunks full but the last.</param>
    /// <param name="finish">Fresh.</param>
    public AnswerComparison(Transcript claimed, FinishRule finish)
        : this(claimed.Chunks, 0, finish, claimed.Finish)
    {
    }

    /// <summary>Of the next chunks of an answer that is still being written: a Match is one so far, <see cref="End"/> to be compared when it ends.</summary>
    /// <param name="claimed">At least one position.</param>
    /// <param name="first">Positions of the answer before them, already compared.</param>
    /// <param name="finish">Has taken the tokens before them.</param>
    public AnswerComparison(IReadOnlyList<TranscriptChunk> claimed, int first, FinishRule finish)
        : this(claimed, first, finish, null)
    {
    }

    private AnswerComparison(IReadOnlyList<TranscriptChunk> claimed, int first, FinishRule finish, FinishReason? claimedEnd)
    {
        _claimed = claimed;
        _claimedEnd = claimedEnd;
        _finish = finish;
        _position = _start = first;
        _count = first + claimed.Sum(c => c.Positions.Count);
    }

    /// <summary>How the answer ends after the last position compared; null while it goes on.</summary>
    public FinishReason? End { get; private set; }

    public CheckOutcome? Next(Sampler sampler, ReadOnlySpan<float> logits, SamplingState state)
    {
        var own = sampler.Choose(logits, state);
        state.Accept(own.Token);
        return Next(own);
    }

    /// <summary>Takes the own evidence of the next position; null while there is more to compare.</summary>
    public CheckOutcome? Next(PositionEvidence own)
    {
        var chunk = _claimed[_chunk].Positions;
        var claimed = chunk[_own.Count];
        _own.Add(own);
        if (own.Token != claimed.Token)
            return EvidenceMismatch(chunk) ?? CheckOutcome.Mismatch(_position, $"chose token {claimed.Token}; the model under this seed gives {own.Token}");

        End = _finish.Next(own.Token);
        _position++;
        if (End is not null && _position < _count)
            return EvidenceMismatch(chunk) ?? CheckOutcome.Mismatch(_position, $"goes on after its end ({End})");
        if (_own.Count < chunk.Count)
            return null;

        if (ThinnedMismatch(chunk) is { } mismatch)
            return mismatch;
        _chunk++;
        _own.Clear();
        if (_position < _count)
            return null;
        return _claimedEnd is { } claimedEnd ? CompareEnd(claimedEnd, End, _position) : CheckOutcome.Match;
    }

    /// <summary>The claimed end against that of the tokens, when all of them are as claimed.</summary>
    public static CheckOutcome CompareEnd(FinishReason claimed, FinishReason? end, int position)
    {
        // Whether the coordinator did cancel is its own to know; here it must only not hide a natural end.
        if (claimed == (end ?? FinishReason.Cancelled))
            return CheckOutcome.Match;
        return CheckOutcome.Mismatch(position, end is null
            ? $"claims to end ({claimed}) where the answer goes on"
            : $"claims {claimed}; it ends by {end}");
    }

    /// <summary>A whole chunk: thinned by the same rule, so equal answers have equal bytes.</summary>
    private CheckOutcome? ThinnedMismatch(IReadOnlyList<PositionEvidence> claimed)
    {
        var own = TranscriptChunk.Thinned(_own).Positions;
        for (var i = 0; i < own.Count; i++)
        {
            if (!own[i].Equals(claimed[i]))
                return CheckOutcome.Mismatch(_position - own.Count + i, "claims evidence that the model does not give");
        }

        return null;
    }

    /// <summary>A chunk cut short by another mismatch: the claimed entries must be a prefix of the own ones up to there, or the fault is earlier.</summary>
    private CheckOutcome? EvidenceMismatch(IReadOnlyList<PositionEvidence> claimed)
    {
        var first = _start + _chunk * VerificationLimits.ChunkPositions;
        for (var i = 0; i < _own.Count && claimed[i].Token == _own[i].Token; i++)
        {
            if (!_own[i].Entries.Take(claimed[i].Entries.Count).SequenceEqual(claimed[i].Entries) || !_own[i].Likeliest.SequenceEqual(claimed[i].Likeliest))
                return CheckOutcome.Mismatch(first + i, "claims evidence that the model does not give");
        }

        return null;
    }
}
