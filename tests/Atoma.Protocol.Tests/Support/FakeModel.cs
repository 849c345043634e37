using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Support;

/// <summary>A model made of a hash: logits that depend on the whole prefix, the same everywhere. Another salt is another model.</summary>
internal sealed class FakeModel(ulong salt = 1)
{
    public const int EndOfGeneration = 1;

    public static ModelManifest Manifest { get; } = new(
        "fake-model", Hash32.Sha256("fake model file"u8), "llama", "F16", ContextLength: 4096, VocabularySize: 200,
        Hash32.Sha256("fake tokenizer"u8), [EndOfGeneration])
    {
        EmbeddingLength = 8,
    };

    public float[] Logits(ulong prefix)
    {
        var logits = new float[Manifest.VocabularySize];
        for (var token = 0; token < logits.Length; token++)
            logits[token] = (float)(Prf.Uniform(prefix ^ salt, 0xF00D, (uint)token) * 8 - 4);
        logits[EndOfGeneration] = 2.5f;
        return logits;
    }

    public static ulong Extend(ulong prefix, int token) => Prf.Philox(prefix, 0xBEEF, (uint)token);

    /// <summary>Generates an answer; with <paramref name="forced"/> it follows the claimed tokens as a checker does.</summary>
    public Transcript Answer(
        IReadOnlyList<int> prompt, SamplingParameters parameters, int? cancelAt = null, IReadOnlyList<int>? forced = null, Action<int>? shown = null)
    {
        if (parameters.IsEmbedding)
            return Transcript.OfVectors(Manifest.Digest, prompt, parameters, Embed(prompt, parameters.InputLengths));
        return Generate(prompt, parameters, cancelAt, forced, shown) with { PromptChunks = Score(prompt, parameters) };
    }

    private IReadOnlyList<TranscriptChunk> Score(IReadOnlyList<int> prompt, SamplingParameters parameters)
    {
        var (sampler, prefix) = (new Sampler(), 0UL);
        var scores = new List<PositionEvidence>();
        for (var i = 1; parameters.ScorePrompt && i < prompt.Count; i++)
        {
            prefix = Extend(prefix, prompt[i - 1]);
            scores.Add(sampler.Score(Logits(prefix), prompt[i], parameters.TopLogprobs));
        }

        return PromptScores.Chunked(scores);
    }

    private Transcript Generate(IReadOnlyList<int> prompt, SamplingParameters parameters, int? cancelAt, IReadOnlyList<int>? forced, Action<int>? shown)
    {
        var sampler = new Sampler();
        var prefix = prompt.Aggregate(0UL, Extend);
        var state = new SamplingState(parameters, prompt);
        var builder = new TranscriptBuilder(Manifest.Digest, prompt, parameters);
        for (var position = 0; position < (forced?.Count ?? parameters.MaxTokens); position++)
        {
            if (position == cancelAt)
                return builder.Finish(FinishReason.Cancelled);
            var evidence = sampler.Choose(Logits(prefix), state);
            builder.Add(evidence);
            shown?.Invoke(evidence.Token);
            var token = forced?[position] ?? evidence.Token;
            state.Accept(token);
            prefix = Extend(prefix, token);
            if (forced is null && token == EndOfGeneration && !parameters.IgnoreEndOfSequence)
                return builder.Finish(FinishReason.EndOfSequence);
            if (forced is null && parameters.StopTokens.Contains(token))
                return builder.Finish(FinishReason.StopToken);
        }

        return builder.Finish(FinishReason.Length);
    }

    private EmbeddingVector[] Embed(IReadOnlyList<int> prompt, IReadOnlyList<int> lengths)
    {
        var starts = lengths.Select((_, i) => lengths.Take(i).Sum());
        return [.. starts.Zip(lengths, (start, length) => prompt.Skip(start).Take(length).Aggregate(0UL, Extend))
            .Select(prefix => EmbeddingVector.Normalised([.. Logits(prefix).Take(Manifest.EmbeddingLength).Select(v => (double)v)])!)];
    }

    /// <summary>Stage 2: own evidence at every position of the claimed output, compared exactly.</summary>
    public CheckOutcome Check(Transcript claimed)
    {
        if (claimed.Parameters.IsEmbedding)
            return Answer(claimed.Prompt, claimed.Parameters).Digest() == claimed.Digest() ? CheckOutcome.Match : CheckOutcome.Mismatch(0, "other vectors");
        int[] output = [.. claimed.Output];
        var own = Answer(claimed.Prompt, claimed.Parameters, forced: output);
        if (!own.PromptChunks.SequenceEqual(claimed.PromptChunks))
            return CheckOutcome.Mismatch(0, "other scores of the prompt");
        var position = 0;
        foreach (var (mine, theirs) in own.Positions.Zip(claimed.Positions))
        {
            if (!mine.Equals(theirs))
                return CheckOutcome.Mismatch(position, "another token");
            position++;
        }

        var ends = output.Length > 0 && output[^1] == EndOfGeneration && !claimed.Parameters.IgnoreEndOfSequence;
        return claimed.Finish == FinishReason.Cancelled || ends || output.Length == claimed.Parameters.MaxTokens
            ? CheckOutcome.Match
            : CheckOutcome.Mismatch(output.Length, "ends too early");
    }
}
