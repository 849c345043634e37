using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Support;

/// <summary>A model that has one answer by heart: logits follow from the position, so every node gives the same evidence.</summary>
internal sealed class FakeModel(string id, string answer)
{
    /// <summary>Wide, so that few vectors fit one request.</summary>
    public const int EmbeddingLength = 2048;

    private readonly int[] _script = [.. ByteTokenizer.Tokens(answer), ByteTokenizer.End];

    private readonly System.Collections.Concurrent.ConcurrentDictionary<(string Prompt, string Parameters), Transcript> _known = new();

    public ModelManifest Manifest { get; } = new(
        id, Hash32.Sha256(Encoding.UTF8.GetBytes(id)), "fake", "F32", ContextLength: 512, VocabularySize: 257,
        Hash32.Sha256("bytes"u8), [ByteTokenizer.End])
    {
        EmbeddingLength = EmbeddingLength,
    };

    public Echelon Echelon => new(Manifest.Digest, Hash32.Sha256("engine"u8), "cpu", "fake", Echelon.InvariantMode + ";fake");

    public IReadOnlyList<Hash32> KnownAnswers => [Hash32.Sha256("greedy"u8), Hash32.Sha256("long"u8), Manifest.Digest];

    /// <summary>
    /// The honest answer, remembered where the seed makes no difference, so that a network's own speed can be measured.
    /// </summary>
    public Transcript Remembered(GenerationTask task)
    {
        if (task.Parameters.Temperature != 0)
            return Generate(task);
        var key = new CanonicalWriter();
        (task.Parameters with { Seed = 0 }).Write(key);
        var known = _known.GetOrAdd((new string([.. task.Prompt.Select(t => (char)t)]), Convert.ToHexString(key.ToArray())), _ => Generate(task));
        return Build(task, known.Positions, known.Finish);
    }

    /// <summary>The honest answer.</summary>
    public Transcript Generate(GenerationTask task)
    {
        if (task.Parameters.IsEmbedding)
            return Transcript.OfVectors(Manifest.Digest, task.Prompt, task.Parameters, [.. task.Parameters.InputLengths.Select(Vector)]);
        if (task.Parameters.MaxTokens == 0)
            return Build(task, [], FinishReason.Length);
        List<PositionEvidence> positions = [];
        FinishReason? finish = null;
        while (finish is null)
        {
            positions.Add(Next(task, [.. positions.Select(p => p.Token)]));
            finish = End(task, [.. positions.Select(p => p.Token)]);
        }

        return Build(task, positions, finish.Value);
    }

    /// <summary>Points along the axis that has the input's length as its number.</summary>
    private static EmbeddingVector Vector(int tokens) => new([.. Enumerable.Range(0, EmbeddingLength).Select(i => i == tokens ? 1f : 0f)]);

    /// <summary>Stage 2 as an engine does it: own evidence after every claimed token.</summary>
    public CheckOutcome Check(GenerationTask task, Transcript claimed)
    {
        if (task.Parameters.IsEmbedding)
            return Generate(task).Digest() == claimed.Digest() ? CheckOutcome.Match : CheckOutcome.Mismatch(0, "not the model's");
        if (task.Parameters.MaxTokens == 0)
            return Generate(task).Digest() == claimed.Digest() ? CheckOutcome.Match : CheckOutcome.Mismatch(0, "not the model's");
        int[] output = [.. claimed.Output];
        var own = Build(task, Enumerable.Range(0, output.Length).Select(i => Next(task, output[..i])),
            claimed.Finish == FinishReason.Cancelled ? FinishReason.Cancelled : End(task, output) ?? FinishReason.Length);
        return own.FirstDifference(claimed) is { } position ? CheckOutcome.Mismatch(position, "not the model's") : CheckOutcome.Match;
    }

    public Transcript Build(GenerationTask task, IEnumerable<PositionEvidence> positions, FinishReason finish)
    {
        var builder = new TranscriptBuilder(Manifest.Digest, task.Prompt, task.Parameters);
        foreach (var position in positions)
            builder.Add(position);
        return builder.Finish(finish) with { PromptChunks = task.Parameters.ScorePrompt ? Scores(task) : [] };
    }

    /// <summary>A prompt's token is as likely as its id is low; the likeliest are the first ids.</summary>
    private static IReadOnlyList<TranscriptChunk> Scores(GenerationTask task)
    {
        EvidenceEntry[] likeliest = [.. Enumerable.Range(0, task.Parameters.TopLogprobs).Select(Entry)];
        return PromptScores.Chunked(task.Prompt.Skip(1).Select(t => new PositionEvidence([Entry(t)]) { Likeliest = likeliest }));
    }

    private static EvidenceEntry Entry(int token) => new(token, (ushort)(2048 + token));

    private PositionEvidence Next(GenerationTask task, int[] output)
    {
        var logits = new float[Manifest.VocabularySize];
        for (var token = 0; token < logits.Length; token++)
            logits[token] = Prf.Philox(7, (uint)output.Length, (uint)token) % 64 / 32f;
        logits[_script[Math.Min(output.Length, _script.Length - 1)]] = 20;
        var state = new SamplingState(task.Parameters, task.Prompt);
        foreach (var token in output)
            state.Accept(token);
        return new Sampler().Choose(logits, state);
    }

    private static FinishReason? End(GenerationTask task, int[] output)
    {
        if (output[^1] == ByteTokenizer.End)
            return FinishReason.EndOfSequence;
        if (task.Parameters.StopTokens.Contains(output[^1]))
            return FinishReason.StopToken;
        var text = Encoding.UTF8.GetString([.. output.Select(t => (byte)t)]);
        if (task.Parameters.Stop.Any(s => text.Contains(s, StringComparison.Ordinal)))
            return FinishReason.StopText;
        return output.Length == task.Parameters.MaxTokens ? FinishReason.Length : null;
    }
}
