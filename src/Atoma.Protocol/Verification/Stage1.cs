namespace Atoma.Protocol.Verification;

/// <summary>
/// Stage 1 (P7.3): replays the sampler over the claimed evidence, without a model. A failure proves fraud by the transcript
/// alone. It cannot see whether the evidence itself is the model's: that is stage 2.
/// </summary>
public static class Stage1
{
    /// <summary>Null when the transcript is consistent, else the first position at fault and why.</summary>
    /// <param name="transcript">The claimed answer.</param>
    /// <param name="endOfGeneration">Token ids that end an answer of this model.</param>
    public static Fault? Replay(Transcript transcript, IReadOnlySet<int> endOfGeneration)
    {
        var parameters = transcript.Parameters;
        var counts = new Dictionary<int, int>();
        var last = transcript.OutputCount - 1;
        var position = 0;
        foreach (var evidence in transcript.Positions)
        {
            if (ReplayPosition(evidence, parameters, counts, position) is { } reason)
                return new Fault(position, reason);
            var ends = !parameters.IgnoreEndOfSequence && endOfGeneration.Contains(evidence.Token);
            if (ends != (position == last && transcript.Finish == FinishReason.EndOfSequence))
            {
                return new Fault(position, ends
                    ? "goes on after an end-of-generation token"
                    : "claims to end with an end-of-generation token that is not there");
            }

            counts[evidence.Token] = counts.GetValueOrDefault(evidence.Token) + 1;
            position++;
        }

        return CheckEnd(transcript, position);
    }

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

    private static Fault? CheckEnd(Transcript transcript, int count)
    {
        var most = transcript.Parameters.MaxTokens;
        if (count > most)
            return new Fault(most, "is longer than max_tokens");
        return transcript.Finish switch
        {
            FinishReason.EndOfSequence when count == 0 => new Fault(0, "claims an end-of-generation token but has no output"),
            FinishReason.Length when count != most => new Fault(count, "claims to have reached max_tokens but is shorter"),
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
