using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Simulation.Core;

namespace Atoma.Simulation.Model;

/// <summary>
/// A language model made of a hash: logits depend on the whole prefix and are the same everywhere, so that every answer can be
/// checked exactly. Small enough that an answer takes microseconds; the protocol's own sampler chooses the tokens.
/// </summary>
/// <param name="Salt">Another salt is another model.</param>
/// <param name="Grid">Logits are rounded to multiples of it, as coarse weights would; 0 leaves them.</param>
/// <param name="Noise">Largest difference of other hardware, in nats; drawn anew from the prefix.</param>
/// <param name="Drift">Tokens that another chat template puts before the prompt.</param>
internal sealed record Brain(ulong Salt, float Grid = 0, float Noise = 0, int Drift = 0)
{
    public const int Vocabulary = 48;
    public const int EndOfGeneration = 1;

    public static Brain Right { get; } = new(Salt: 1);

    /// <summary>The same weights on hardware of another class: honest, and never bit-equal.</summary>
    public static Brain OtherHardware { get; } = new(Salt: 1, Noise: 1e-3f);

    public static Brain Smaller { get; } = new(Salt: 2);

    public static Brain LowerQuant { get; } = new(Salt: 1, Grid: 0.25f);

    public static Brain OtherTemplate { get; } = new(Salt: 1, Drift: 3);

    public static ModelManifest Manifest { get; } = new(
        "tiny", Hash32.Sha256("tiny model file"u8), "hash", "F16", ContextLength: 4096, Vocabulary, Hash32.Sha256("tiny tokenizer"u8), [EndOfGeneration]);

    public ulong Prefix(IReadOnlyList<int> prompt)
    {
        var prefix = Drift == 0 ? 0UL : Extend(0, Drift);
        foreach (var token in prompt)
            prefix = Extend(prefix, token);
        return prefix;
    }

    public static ulong Extend(ulong prefix, int token) => Prng.Mix(unchecked((prefix ^ (ulong)token) * 0xD1342543DE82EF95UL + 0x2545F4914F6CDD1DUL));

    public void Logits(ulong prefix, Span<float> logits)
    {
        for (var token = 0; token < logits.Length; token++)
        {
            var bits = Prng.Mix(prefix ^ unchecked(Salt * 0x9E3779B97F4A7C15UL) ^ ((ulong)token << 48));
            var logit = (bits >> 40) * (8f / (1 << 24)) - 4;
            if (Noise > 0)
                logit += ((float)(bits & 0xFFFFFF) / (1 << 23) - 1) * Noise;
            logits[token] = Grid > 0 ? MathF.Round(logit / Grid) * Grid : logit;
        }

        logits[EndOfGeneration] = 1.2f;
    }

    /// <summary>Generates an answer as the protocol wants it.</summary>
    /// <param name="prompt">Prompt tokens.</param>
    /// <param name="parameters">How to sample.</param>
    /// <param name="cancelAt">Ends the answer after this many tokens.</param>
    public Transcript Answer(IReadOnlyList<int> prompt, SamplingParameters parameters, int? cancelAt = null)
    {
        var sampler = new Sampler();
        var state = new SamplingState(parameters, prompt);
        var builder = new TranscriptBuilder(Manifest.Digest, prompt, parameters);
        Span<float> logits = stackalloc float[Vocabulary];
        var prefix = Prefix(prompt);
        while (builder.Count < parameters.MaxTokens)
        {
            if (builder.Count == cancelAt)
                return builder.Finish(FinishReason.Cancelled);
            Logits(prefix, logits);
            var evidence = sampler.Choose(logits, state);
            builder.Add(evidence);
            state.Accept(evidence.Token);
            prefix = Extend(prefix, evidence.Token);
            if (evidence.Token == EndOfGeneration && !parameters.IgnoreEndOfSequence)
                return builder.Finish(FinishReason.EndOfSequence);
        }

        return builder.Finish(FinishReason.Length);
    }

    /// <summary>Stage 2 (P7.4): own evidence at every position of the claimed output, compared exactly.</summary>
    public CheckOutcome Check(Transcript claimed)
    {
        var sampler = new Sampler();
        var state = new SamplingState(claimed.Parameters, claimed.Prompt);
        var own = new TranscriptBuilder(Manifest.Digest, claimed.Prompt, claimed.Parameters);
        Span<float> logits = stackalloc float[Vocabulary];
        var prefix = Prefix(claimed.Prompt);
        var last = -1;
        foreach (var theirs in claimed.Positions)
        {
            Logits(prefix, logits);
            own.Add(sampler.Choose(logits, state));
            last = theirs.Token;
            state.Accept(last);
            prefix = Extend(prefix, last);
        }

        var mine = own.Finish(claimed.Finish);
        if (mine.FirstDifference(claimed) is { } position)
            return CheckOutcome.Mismatch(position, "another token");
        var ends = last == EndOfGeneration && !claimed.Parameters.IgnoreEndOfSequence;
        return claimed.Finish == FinishReason.Cancelled || ends || claimed.OutputCount == claimed.Parameters.MaxTokens
            ? CheckOutcome.Match
            : CheckOutcome.Mismatch(claimed.OutputCount, "ends too early");
    }
}
