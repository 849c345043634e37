using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Atoma.Inference.Native;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Verification;

namespace Atoma.Benchmarks.Engine;

/// <summary>One answer generated with nothing else running: what is fed, and the row of logits that each output token was chosen from.</summary>
/// <param name="PromptLength">Tokens of the prompt.</param>
/// <param name="Tokens">Prompt and output but its last token.</param>
/// <param name="Rows">One row for each output token, back to back.</param>
/// <param name="VocabularySize">Logits of a row.</param>
internal sealed record ReferenceAnswer(int PromptLength, int[] Tokens, float[] Rows, int VocabularySize)
{
    public int Count => Tokens.Length - PromptLength + 1;

    /// <summary>The expected logits after the first <paramref name="fed"/> tokens, at least the prompt's.</summary>
    public ReadOnlySpan<float> RowAfter(int fed) => Rows.AsSpan((fed - PromptLength) * VocabularySize, VocabularySize);
}

/// <summary>Makes <see cref="ReferenceAnswer"/>s: each prompt in one piece, each output token one step alone in the smallest context.</summary>
internal static class ReferenceAnswers
{
    /// <summary>Most tokens of one prefill in every context of the matrix.</summary>
    public const int ChunkTokens = 256;

    /// <summary>Every fourth prompt is this long, the others 16 to 88 tokens.</summary>
    private const int LongPrompt = 200;

    public static IReadOnlyList<ReferenceAnswer> Generate(SafeModelHandle model, ContextRecipe recipe, LlamaTokenizer tokenizer, int contextTokens, int answers, int tokens)
    {
        using var context = new DecodeContext(model, recipe, new ContextShape(2, contextTokens, ChunkTokens, ChunkTokens, Threads: 1), tokenizer.VocabularySize);
        var sampler = new Sampler();
        return [.. Enumerable.Range(0, answers).Select(index =>
        {
            var length = Math.Min(index % 4 == 3 ? LongPrompt : 16 + index % 4 * 24 + index, contextTokens - tokens);
            return Generate(context, sampler, PromptTexts.Tokens(tokenizer.Tokenize, index, length), tokens, (ulong)index, tokenizer.VocabularySize);
        })];
    }

    /// <summary>SHA-256 over every logit of every row.</summary>
    public static string Digest(IEnumerable<ReferenceAnswer> answers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var answer in answers)
            hash.AppendData(MemoryMarshal.AsBytes(answer.Rows.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static ReferenceAnswer Generate(DecodeContext context, Sampler sampler, int[] prompt, int tokens, ulong seed, int vocabularySize)
    {
        var parameters = new SamplingParameters { Temperature = 1, MaxTokens = tokens, Seed = seed, IgnoreEndOfSequence = true };
        var state = new SamplingState(parameters, prompt);
        var rows = new float[tokens * vocabularySize];
        var all = new List<int>(prompt);
        context.Clear(0);
        context.Prefill(0, prompt, 1);
        for (var position = 0; position < tokens; position++)
        {
            if (position > 0)
                context.Step([new SequenceToken(0, all[^1])]);
            var logits = context.Logits(0);
            logits.CopyTo(rows.AsSpan(position * vocabularySize));
            var token = sampler.Choose(logits, state).Token;
            state.Accept(token);
            all.Add(token);
        }

        return new ReferenceAnswer(prompt.Length, [.. all.Take(all.Count - 1)], rows, vocabularySize);
    }
}
