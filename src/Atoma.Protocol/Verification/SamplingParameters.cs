using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Protocol.Verification;

/// <summary>Added to one token's log-probability before sampling.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Bias">Nats, −100 to 100; ±100 forbids or forces in practice.</param>
public readonly record struct LogitBias(int Token, double Bias);

/// <summary>
/// How the next token is chosen (P7.1). Part of the signed work order: two nodes given the same parameters, seed and
/// logits choose the same token.
/// </summary>
public sealed record SamplingParameters
{
    /// <summary>As llama.cpp's.</summary>
    public const int RepetitionWindowDefault = 64;

    /// <summary>0 to 2; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keep the likeliest tokens whose probabilities reach this sum; (0, 1], 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keep this many; 0 means as many as <see cref="VerificationLimits.Candidates"/>.</summary>
    public int TopK { get; init; }

    /// <summary>Keep tokens at least this fraction as likely as the likeliest; [0, 1], 0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>Subtracted once from a token that already occurs in the output; −2 to 2.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted for each occurrence in the output; −2 to 2.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>
    /// ln p of a token among the last <see cref="RepetitionWindow"/> tokens is multiplied by this, which takes p to its power;
    /// 1 to 2, 1 leaves it alone.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Tokens of prompt and output that the repetition penalty looks back on; 0 to <see cref="VerificationLimits.RepetitionWindow"/>.</summary>
    public int RepetitionWindow { get; init; } = RepetitionWindowDefault;

    /// <summary>At most <see cref="VerificationLimits.LogitBiases"/>, in ascending token order.</summary>
    public IReadOnlyList<LogitBias> LogitBias { get; init; } = [];

    /// <summary>Texts that end the answer; at most <see cref="VerificationLimits.StopTexts"/>.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Tokens that end the answer; at most <see cref="VerificationLimits.StopTokens"/>, ascending.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>GBNF that the answer's text must fit, rule <c>root</c>; empty for none. At most <see cref="GrammarLimits.TextBytes"/>. Whether it is well formed is known only when it is compiled.</summary>
    public string Grammar { get; init; } = "";

    /// <summary>Evidence also names this many of the likeliest tokens of each position; 0 to <see cref="VerificationLimits.TopLogprobs"/>.</summary>
    public int TopLogprobs { get; init; }

    /// <summary>
    /// The transcript also has evidence of the prompt's own tokens, all but the first: their probability and
    /// <see cref="TopLogprobs"/> of the likeliest in their place, ≥ 1 then. Bounded by <see cref="PromptScores.Refusal"/>.
    /// </summary>
    public bool ScorePrompt { get; init; }

    /// <summary>Most tokens to generate, ≥ 1; 0 where embeddings are asked for, or may be where the prompt is scored.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Go on after an end-of-generation token.</summary>
    public bool IgnoreEndOfSequence { get; init; }

    /// <summary>Key of the sampler's random numbers (P7.1): the requester's seed, or drawn by the beacon (P3.2).</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Where embeddings are asked for instead of an answer: tokens of each input, which one after the other make up the prompt; at
    /// most <see cref="VerificationLimits.EmbeddingInputs"/>. Empty for an answer.
    /// </summary>
    public IReadOnlyList<int> InputLengths { get; init; } = [];

    /// <summary>Embeddings of the prompt's inputs are asked for; nothing is sampled.</summary>
    public bool IsEmbedding => InputLengths.Count > 0;

    /// <summary>Null when every field is in its range, else what is wrong.</summary>
    public string? Problem()
    {
        if (!(Temperature is >= 0 and <= 2)) return "temperature must be between 0 and 2";
        if (!(TopP is > 0 and <= 1)) return "top_p must be above 0 and at most 1";
        if (TopK is < 0 or > VerificationLimits.Candidates) return $"top_k must be between 0 and {VerificationLimits.Candidates}";
        if (!(MinP is >= 0 and <= 1)) return "min_p must be between 0 and 1";
        if (!(PresencePenalty is >= -2 and <= 2)) return "presence_penalty must be between -2 and 2";
        if (!(FrequencyPenalty is >= -2 and <= 2)) return "frequency_penalty must be between -2 and 2";
        if (!(RepetitionPenalty is >= 1 and <= 2)) return "repetition_penalty must be between 1 and 2";
        if (RepetitionWindow is < 0 or > VerificationLimits.RepetitionWindow) return $"repetition_window must be between 0 and {VerificationLimits.RepetitionWindow}";
        if (LogitBias.Count > VerificationLimits.LogitBiases) return $"logit_bias may name at most {VerificationLimits.LogitBiases} tokens";
        if (LogitBias.Any(b => !(b.Bias is >= -100 and <= 100) || b.Token < 0)) return "logit_bias must map token ids to values between -100 and 100";
        if (!IsAscending(LogitBias, static b => b.Token)) return "logit_bias must name each token once, in ascending order";
        if (Stop.Count > VerificationLimits.StopTexts) return $"at most {VerificationLimits.StopTexts} stop texts";
        if (Stop.Any(s => s.Length is 0 or > VerificationLimits.StopTextLength)) return $"a stop text has 1 to {VerificationLimits.StopTextLength} characters";
        if (StopTokens.Count > VerificationLimits.StopTokens) return $"stop_token_ids may name at most {VerificationLimits.StopTokens} tokens";
        if (StopTokens.Any(t => t < 0) || !IsAscending(StopTokens, static t => t)) return "stop_token_ids must name each token id once, in ascending order";
        if (Encoding.UTF8.GetByteCount(Grammar) > GrammarLimits.TextBytes) return $"grammar has at most {GrammarLimits.TextBytes} bytes";
        if (TopLogprobs is < 0 or > VerificationLimits.TopLogprobs) return $"top_logprobs must be between 0 and {VerificationLimits.TopLogprobs}";
        if (ScorePrompt && TopLogprobs == 0) return "top_logprobs must be at least 1 where the prompt is scored";
        if (IsEmbedding) return EmbeddingProblem();
        if (ScorePrompt && MaxTokens == 0) return null;
        return MaxTokens is < 1 or > VerificationLimits.OutputTokens ? $"max_tokens must be between 1 and {VerificationLimits.OutputTokens}" : null;
    }

    private string? EmbeddingProblem()
    {
        if (InputLengths.Count > VerificationLimits.EmbeddingInputs) return $"at most {VerificationLimits.EmbeddingInputs} inputs are embedded at once";
        if (InputLengths.Any(n => n < 1) || InputLengths.Sum(n => (long)n) > VerificationLimits.PromptTokens) return $"inputs have at least one token each and {VerificationLimits.PromptTokens} together";
        if (ScorePrompt) return "embeddings have no probabilities of their prompt";
        return MaxTokens != 0 ? "max_tokens must be 0 where embeddings are asked for" : null;
    }

    public void Write(CanonicalWriter writer)
    {
        writer.Float64(Temperature).Float64(TopP).Int32(TopK).Float64(MinP).Float64(PresencePenalty).Float64(FrequencyPenalty)
            .Float64(RepetitionPenalty).Int32(RepetitionWindow);
        writer.Count(LogitBias.Count);
        foreach (var bias in LogitBias)
            writer.Int32(bias.Token).Float64(bias.Bias);
        writer.Count(Stop.Count);
        foreach (var stop in Stop)
            writer.Text(stop);
        writer.Tokens([.. StopTokens]).Text(Grammar).Byte((byte)TopLogprobs);
        writer.Int32(MaxTokens).Bool(IgnoreEndOfSequence).UInt64(Seed).Tokens([.. InputLengths]).Bool(ScorePrompt);
    }

    /// <exception cref="CanonicalFormatException">Not well formed, or a field out of its range.</exception>
    public static SamplingParameters Read(ref CanonicalReader reader)
    {
        var temperature = reader.Float64();
        var topP = reader.Float64();
        var topK = reader.Int32();
        var minP = reader.Float64();
        var presence = reader.Float64();
        var frequency = reader.Float64();
        var repetition = reader.Float64();
        var window = reader.Int32();
        var biases = new LogitBias[reader.Count(VerificationLimits.LogitBiases)];
        for (var i = 0; i < biases.Length; i++)
            biases[i] = new LogitBias(reader.Int32(), reader.Float64());
        var stops = new string[reader.Count(VerificationLimits.StopTexts)];
        for (var i = 0; i < stops.Length; i++)
            stops[i] = reader.Text(VerificationLimits.StopTextLength * 4);
        var parameters = new SamplingParameters
        {
            Temperature = temperature,
            TopP = topP,
            TopK = topK,
            MinP = minP,
            PresencePenalty = presence,
            FrequencyPenalty = frequency,
            RepetitionPenalty = repetition,
            RepetitionWindow = window,
            LogitBias = biases,
            Stop = stops,
            StopTokens = reader.Tokens(VerificationLimits.StopTokens),
            Grammar = reader.Text(GrammarLimits.TextBytes),
            TopLogprobs = reader.Byte(),
            MaxTokens = reader.Int32(),
            IgnoreEndOfSequence = reader.Bool(),
            Seed = reader.UInt64(),
            InputLengths = reader.Tokens(VerificationLimits.EmbeddingInputs),
            ScorePrompt = reader.Bool(),
        };
        return parameters.Problem() is { } problem ? throw new CanonicalFormatException(problem) : parameters;
    }

    private static bool IsAscending<T>(IReadOnlyList<T> items, Func<T, int> key)
    {
        for (var i = 1; i < items.Count; i++)
        {
            if (key(items[i]) <= key(items[i - 1]))
                return false;
        }

        return true;
    }
}
