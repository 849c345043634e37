namespace Atoma.Protocol.Verification;

/// <summary>
/// Stage 1 (P7.3): replays the sampler over the claimed evidence, without a model. A failure proves fraud by the transcript
/// alone. It cannot see whether the evidence itself is the model's, nor, without the vocabulary's texts, whether a stop text or
/// the grammar allowed what was chosen: that is stage 2.
/// </summary>
public static class Stage1
{
    /// <summary>Null when the transcript is consistent, else the first position at fault and why.</summary>
    /// <param name="transcript">The claimed answer.</param>
    /// <param name="endOfGeneration">Token ids that end an answer of this model.</param>
    public static Fault? Replay(Transcript transcript, IReadOnlySet<int> endOfGeneration)
    {
        var state = new SamplingState(transcript.Parameters, transcript.Prompt);
        var last = transcript.OutputCount - 1;
        foreach (var chunk in transcript.Chunks)
        {
            foreach (var evidence in chunk.Positions)
            {
                if ((ReplayPosition(evidence, state) ?? ReplayEnd(evidence.Token, transcript, endOfGeneration, state.Position == last)) is { } reason)
                    return new Fault(state.Position, reason);
                state.Accept(evidence.Token);
            }
        }

        return CheckEnd(transcript, state.Position);
    }

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

    /// <summary>The likeliest tokens are in order, as many as asked for at most, and agree with the candidates.</summary>
    private static string? CheckLikeliest(PositionEvidence evidence, int most)
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

    /// <summary>The answer ends where a token ends it, and says so only there.</summary>
    private static string? ReplayEnd(int token, Transcript transcript, IReadOnlySet<int> endOfGeneration, bool isLast)
    {
        var parameters = transcript.Parameters;
        var ends = !parameters.IgnoreEndOfSequence && endOfGeneration.Contains(token);
        if (ends != (isLast && transcript.Finish == FinishReason.EndOfSequence))
            return ends ? "goes on after an end-of-generation token" : "claims to end with an end-of-generation token that is not there";
        var stops = !ends && parameters.StopTokens.Contains(token);
        if (stops != (isLast && transcript.Finish == FinishReason.StopToken))
            return stops ? "goes on after a stop token" : "claims to end with a stop token that is not there";
        return null;
    }

    private static Fault? CheckEnd(Transcript transcript, int count)
    {
        var most = transcript.Parameters.MaxTokens;
        if (count > most)
            return new Fault(most, "is longer than max_tokens");
        return transcript.Finish switch
        {
            FinishReason.EndOfSequence when count == 0 => new Fault(0, "claims an end-of-generation token but has no output"),
            FinishReason.Length when count != most => new Fault(count, "claims to have reached max_tokens but is shorter"),
            FinishReason.StopToken when count == 0 => new Fault(0, "claims a stop token but has no output"),
            FinishReason.GrammarEnd when transcript.Parameters.Grammar.Length == 0 => new Fault(count, "claims a grammar's end where none was asked for"),
            FinishReason.GrammarEnd when count == 0 => new Fault(0, "claims a grammar's end but has no output"),
            FinishReason.StopText when transcript.Parameters.Stop.Count == 0 => new Fault(count, "claims a stop text where none was asked for"),
            FinishReason.StopText when count == 0 => new Fault(0, "claims a stop text but has no output"),
            _ => null,
        };
    }
}

/// <summary>What is wrong with a transcript.</summary>
/// <param name="Position">First output position at fault; the output's length when its end is at fault.</param>
/// <param name="Reason">Completes "the answer …".</param>
public sealed record Fault(int Position, string Reason);
