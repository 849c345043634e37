namespace Atoma.Protocol.Verification;

/// <summary>
/// Stage 1 (P7.3): replays the sampler over the claimed evidence, without a model. A failure proves fraud by the transcript
/// alone. It cannot see whether the evidence itself is the model's: that is stage 2.
/// </summary>
public sealed class Stage1(SamplingParameters parameters, IReadOnlySet<int> endOfGeneration)
{
    private readonly Dictionary<int, int> _counts = [];
    private int _position;
    private bool _hasEnded;
    private Fault? _fault;

    /// <summary>Null when the transcript is consistent, else the first position at fault and why.</summary>
    /// <param name="transcript">The claimed answer.</param>
    /// <param name="endOfGeneration">Token ids that end an answer of this model.</param>
    public static Fault? Replay(Transcript transcript, IReadOnlySet<int> endOfGeneration)
    {
        var replay = new Stage1(transcript.Parameters, endOfGeneration);
        foreach (var chunk in transcript.Chunks)
        {
            if (replay.Next(chunk) is { } fault)
                return fault;
        }

        return replay.Finish(transcript.Finish);
    }

    /// <summary>Takes the next chunk, also while the answer is still being written. The first fault stands.</summary>
    public Fault? Next(TranscriptChunk chunk)
    {
        foreach (var evidence in chunk.Positions)
        {
            if (_fault is null)
                Next(evidence);
        }

        return _fault;
    }

    /// <summary>After the last chunk: whether the answer could end so.</summary>
    public Fault? Finish(FinishReason reason)
    {
        if (_fault is not null)
            return _fault;
        if (_hasEnded && reason != FinishReason.EndOfSequence)
            return GoesOn();
        return !_hasEnded && reason == FinishReason.EndOfSequence && _position > 0
            ? new Fault(_position - 1, "claims to end with an end-of-generation token that is not there")
            : CheckEnd(reason);
    }

    private void Next(PositionEvidence evidence)
    {
        if (_hasEnded)
            _fault = GoesOn();
        else if (_position == parameters.MaxTokens)
            _fault = new Fault(_position, "is longer than max_tokens");
        else if (ReplayPosition(evidence, parameters, _counts, _position) is { } reason)
            _fault = new Fault(_position, reason);
        _hasEnded = !parameters.IgnoreEndOfSequence && endOfGeneration.Contains(evidence.Token);
        _counts[evidence.Token] = _counts.GetValueOrDefault(evidence.Token) + 1;
        _position++;
    }

    private Fault GoesOn() => new(_position - 1, "goes on after an end-of-generation token");

    private static string? ReplayPosition(
        PositionEvidence evidence, SamplingParameters parameters, Dictionary<int, int> counts, int position)
    {
        if (parameters is { TopK: > 0, Temperature: > 0 } && evidence.Entries.Count > parameters.TopK)
            return "has more candidates than top_k";
        var scoreBefore = double.PositiveInfinity;
        var tokenBefore = -1;
        var seen = new HashSet<int>();
        foreach (var entry in evidence.Entries)
        {
            if (!seen.Add(entry.Token))
                return "names a candidate twice";
            var adjusted = SamplerMath.Adjust(entry.Token, entry.Quanta, parameters, counts);
            var score = SamplerMath.Score(adjusted, entry.Token, parameters, position);
            if (SamplerMath.Order(scoreBefore, tokenBefore, score, entry.Token) >= 0)
                return "did not choose the candidate with the highest score";
            (scoreBefore, tokenBefore) = (score, entry.Token);
        }

        return null;
    }

    private Fault? CheckEnd(FinishReason reason) => reason switch
    {
        FinishReason.EndOfSequence when _position == 0 => new Fault(0, "claims an end-of-generation token but has no output"),
        FinishReason.Length when _position != parameters.MaxTokens => new Fault(_position, "claims to have reached max_tokens but is shorter"),
        FinishReason.StopText when parameters.Stop.Count == 0 => new Fault(_position, "claims a stop text where none was asked for"),
        FinishReason.StopText when _position == 0 => new Fault(0, "claims a stop text but has no output"),
        _ => null,
    };
}

/// <summary>What is wrong with a transcript.</summary>
/// <param name="Position">First output position at fault; the output's length when its end is at fault.</param>
/// <param name="Reason">Completes "the answer …".</param>
public sealed record Fault(int Position, string Reason);
