using Atoma.Inference.Engine;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Support;

/// <summary>Prompts and whole answers.</summary>
internal static class Answers
{
    private static readonly string[] Openings =
    [
        "Once upon a time", "One day, Lily", "Tom was very happy because", "The little dog and Ben went to the park. They",
        "Sara and her mom", "In the big forest, Max saw", "Anna had a red ball. She", "There was a cat who",
    ];

    public static string Opening(int index) => Openings[index % Openings.Length] + (index >= Openings.Length ? $" {index}" : "");

    public static GenerationTask Task(LlamaEngine engine, int index, double temperature = 1, int maxTokens = 48) =>
        Task(engine, Opening(index), new SamplingParameters { Temperature = temperature, MaxTokens = maxTokens, Seed = 1000 + (ulong)index });

    public static GenerationTask Task(LlamaEngine engine, string prompt, SamplingParameters parameters) =>
        new(Hash32.Sha256(System.Text.Encoding.UTF8.GetBytes(prompt)), engine.Tokenizer.Tokenize(prompt), parameters);

    /// <summary>Reads an answer to its end.</summary>
    public static async Task<Transcript> GenerateAsync(LlamaEngine engine, GenerationTask task, CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TestTimeouts.Answer);
        var builder = new TranscriptBuilder(engine.Model.Digest, task.Prompt, task.Parameters);
        FinishReason? finish = null;
        await foreach (var step in engine.GenerateAsync(task, timeout.Token))
        {
            Assert.Null(finish);
            builder.Add(step.Evidence);
            finish = step.Finish;
        }

        Assert.NotNull(finish);
        return builder.Finish(finish.Value);
    }

    public static Task<CheckOutcome> CheckAsync(LlamaEngine engine, GenerationTask task, Transcript claimed) =>
        engine.CheckAsync(task, claimed, CancellationToken.None).WaitAsync(TestTimeouts.Answer);

    /// <summary>The same answer with another list of positions, in whole chunks.</summary>
    public static Transcript With(this Transcript transcript, IEnumerable<PositionEvidence> positions) =>
        transcript with { Chunks = [.. positions.Chunk(VerificationLimits.ChunkPositions).Select(c => new TranscriptChunk(c))] };

    public static string Text(LlamaEngine engine, Transcript transcript) =>
        System.Text.Encoding.UTF8.GetString([.. transcript.Output.SelectMany(engine.Tokenizer.TokenBytes)]);
}
