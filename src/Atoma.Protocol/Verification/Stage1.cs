namespace Atoma.Protocol.Verification;

/// <summary>
/// Stage 1 (P7.3): replays the sampler over the claimed evidence, without a model. A failure proves fraud by the transcript
/// alone. It cannot see whether the evidence itself is the model's, nor, without the vocabulary's texts, whether a stop text or
/// the grammar allowed what was chosen: that is stage 2.
/// </summary>
public sealed class Stage1(IReadOnlyList<int> prompt, SamplingParameters parameters, IReadOnlySet<int> endOfGeneration)
{
    private readonly SamplingState _state = new(parameters, prompt);
    private FinishReason? _end;
    private Fault? _fault;

    /// <summary>Null when the transcript is consistent, else the first position at fault and why.</summary>
    /// <param name="transcript">The claimed answer.</param>
    /// <param name="endOfGeneration">Token ids that end an answer of this model.</param>
    public static Fault? Replay(Transcript transcript, IReadOnlySet<int> endOfGeneration)
    {
        if (transcript.Vectors.Count > 0)
            return new Fault(0, "has embeddings where an output was asked for");
        if (PromptScores.Replay(transcript) is { } prompt)
            return prompt;
        var replay = new Stage1(transcript.Prompt, transcript.Parameters, endOfGeneration);
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

    /// <summary>After the last chunk: whether the answer ends where a token ends it, and says so only there.</summary>
    public Fault? Finish(FinishReason reason)
    {
        if (_fault is not null)
            return _fault;
        if (_end is not null && _end != reason)
            return GoesOn();
        if (_end is null && _state.Position > 0 && reason is FinishReason.EndOfSequence or FinishReason.StopToken)
            return new Fault(_state.Position - 1, $"claims to end with {NameOf(reason)} that is not there");
        return CheckEnd(reason, _state.Position);
    }

    private void Next(PositionEvidence evidence)
    {
        if (_end is not null)
            _fault = GoesOn();
        else if (_state.Position == parameters.MaxTokens)
            _fault = new Fault(_state.Position, "is longer than max_tokens");
        else if (ReplayPosition(evidence, _state) is { } reason)
            _fault = new Fault(_state.Position, reason);
        if (_fault is not null)
            return;
        _end = !parameters.IgnoreEndOfSequence && endOfGeneration.Contains(evidence.Token) ? FinishReason.EndOfSequence
            : parameters.StopTokens.Contains(evidence.Token) ? FinishReason.StopToken
            : null;
        _state.Accept(evidence.Token);
    }

    private Fault GoesOn() => new(_state.Position - 1, $"goes on after {NameOf(_end!.Value)}");

    private static string NameOf(FinishReason end) => end == FinishReason.StopToken ? "a stop token" : "an end-of-generation token";

    private static string? ReplayPosition(PositionEvidence evidence, SamplingState state)
    {
        var count = evidence.Entries.Count;
        if (count is 0 or > VerificationLimits.EvidenceEntries)
            return $"does not have 1 to {VerificationLimits.EvidenceEntries} candidates";
        if (state.Parameters is { TopK: > 0, Temperature: > 0 } && count > state.Parameters.TopK)
            return "has more candidates than top_k";
        Span<int> tokens = stackalloc int[VerificationLimits.EvidenceEntries];
        Span<double> scores = stackalloc double[VerificationLimits.EvidenceEntries];
        for (var i = 0; i < count; i++)
        {
            var entry = evidence.Entries[i];
            if (tokens[..i].Contains(entry.Token))
                return "names a candidate twice";
            (tokens[i], scores[i]) = (entry.Token, state.Adjust(entry.Token, entry.Quanta));
        }

        SamplerMath.Score(scores[..count], tokens, state.Parameters, state.Position);
        for (var i = 1; i < count; i++)
        {
            if (SamplerMath.Order(scores[i - 1], tokens[i - 1], scores[i], tokens[i]) >= 0)
                return "did not choose the candidate with the highest score";
        }

        return CheckLikeliest(evidence, state.Parameters.TopLogprobs);
    }

    /// <summary>The likeliest tokens are in order, as many as asked for at most, and agree with the candidates; also those of a scored prompt.</summary>
    internal static string? CheckLikeliest(PositionEvidence evidence, int most)
    {
        var likeliest = evidence.Likeliest;
        if (likeliest.Count > most || (likeliest.Count == 0) != (most == 0))
            return "does not show as many likeliest tokens as asked for";
        for (var i = 1; i < likeliest.Count; i++)
        {
            if (SamplerMath.Order(-likeliest[i - 1].Quanta, likeliest[i - 1].Token, -likeliest[i].Quanta, likeliest[i].Token) >= 0)
                return "shows its likeliest tokens out of order";
        }

        foreach (var entry in likeliest.Count == 0 ? [] : evidence.Entries)
        {
            var isShown = false;
            foreach (var shown in likeliest)
            {
                if (shown.Token == entry.Token && shown.Quanta != entry.Quanta)
                    return "gives a token two probabilities";
                isShown |= shown.Token == entry.Token;
            }

            if (!isShown && SamplerMath.Order(-likeliest[^1].Quanta, likeliest[^1].Token, -entry.Quanta, entry.Token) >= 0)
                return "has a candidate that is likelier than the likeliest tokens it shows";
        }

        return null;
    }

    private Fault? CheckEnd(FinishReason reason, int count) => reason switch
    {
        FinishReason.EndOfSequence when count == 0 => new Fault(0, "claims an end-of-generation token but has no output"),
        FinishReason.Length when count != parameters.MaxTokens => new Fault(count, "claims to have reached max_tokens but is shorter"),
        FinishReason.StopToken when count == 0 => new Fault(0, "claims a stop token but has no output"),
        FinishReason.GrammarEnd when parameters.Grammar.Length == 0 => new Fault(count, "claims a grammar's end where none was asked for"),
        FinishReason.GrammarEnd when count == 0 => new Fault(0, "claims a grammar's end but has no output"),
        FinishReason.StopText when parameters.Stop.Count == 0 => new Fault(count, "claims a stop text where none was asked for"),
        FinishReason.StopText when count == 0 => new Fault(0, "claims a stop text but has no output"),
        _ => null,
    };
}

/// <summary>What is wrong with a transcript.</summary>
/// <param name="Position">First output position at fault; the output's length when its end is at fault.</param>
/// <param name="Reason">Completes "the answer …".</param>
public sealed record Fault(int Position, string Reason);
