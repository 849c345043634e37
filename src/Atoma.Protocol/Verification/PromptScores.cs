using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// Evidence of a prompt's own tokens: of each but the first, which nothing comes before, its probability and the likeliest tokens
/// in its place, in chunks like an output's. Nothing was chosen there, so nothing is replayed; the form is checked.
/// </summary>
public static class PromptScores
{
    /// <summary>Chunks of the longest prompt.</summary>
    public const int ChunksMax = VerificationLimits.PromptTokens / VerificationLimits.ChunkPositions;

    /// <summary>Null when a prompt of this length may be scored as asked, else why not. Also null where no scores are asked for.</summary>
    public static string? Refusal(SamplingParameters parameters, int promptTokens)
    {
        var entries = (promptTokens - 1L) * (1 + parameters.TopLogprobs);
        return parameters.ScorePrompt && entries > VerificationLimits.PromptScoreEntries
            ? $"a prompt of {promptTokens} tokens with {parameters.TopLogprobs} alternatives each has {entries} log-probabilities; at most {VerificationLimits.PromptScoreEntries} are shown"
            : null;
    }

    /// <summary>In chunks, all full but the last.</summary>
    public static IReadOnlyList<TranscriptChunk> Chunked(IEnumerable<PositionEvidence> scores) =>
        [.. scores.Chunk(VerificationLimits.ChunkPositions).Select(c => new TranscriptChunk(c))];

    /// <summary>Stage 1 (P7.3): null when there is evidence of the right form where, and only where, it was asked for. A fault stands at position 0, before the output.</summary>
    public static Fault? Replay(Transcript transcript) =>
        Problem(transcript.PromptChunks, transcript.Prompt, transcript.Parameters) is { } problem ? new Fault(0, problem) : null;

    /// <summary>What is wrong with chunks that claim to score a prompt; completes "the answer …".</summary>
    public static string? Problem(IReadOnlyList<TranscriptChunk> chunks, IReadOnlyList<int> prompt, SamplingParameters parameters)
    {
        var count = parameters.ScorePrompt ? Math.Max(0, prompt.Count - 1) : 0;
        if (chunks.Sum(c => c.Positions.Count) != count)
            return $"scores {chunks.Sum(c => c.Positions.Count)} tokens of the prompt, not {count}";
        if (chunks.SkipLast(1).Any(c => c.Positions.Count != VerificationLimits.ChunkPositions))
            return "does not score the prompt in whole chunks";
        var token = 1;
        foreach (var score in chunks.SelectMany(c => c.Positions))
        {
            if (score.Entries.Count != 1 || score.Token != prompt[token])
                return $"does not score token {token} of the prompt, but another";
            if (Stage1.CheckLikeliest(score, parameters.TopLogprobs) is { } problem)
                return $"{problem}, at token {token} of the prompt";
            token++;
        }

        return null;
    }
}
