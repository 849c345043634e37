using Atoma.Inference.Engine;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Benchmarks.Engine;

/// <summary>Requests as a mixed public asks them, and their answers from an engine that serves many at once.</summary>
internal static class BenchmarkTasks
{
    /// <summary>Slots of an engine for these benchmarks: batching makes tiny models several times faster.</summary>
    public const int Slots = 32;

    /// <summary>Ways to sample, taken in turn.</summary>
    private static readonly SamplingParameters[] Mix =
    [
        new() { Temperature = 1 },
        new() { Temperature = 0.7, TopP = 0.9 },
        new() { Temperature = 0 },
        new() { Temperature = 1, TopK = 40, MinP = 0.05, FrequencyPenalty = 0.2 },
    ];

    public static EngineOptions Options(string model, int contextTokens) =>
        new() { ModelPath = model, Slots = Slots, ContextTokens = contextTokens, Threads = 1, QueueLimit = Slots, CheckQueueLimit = Slots };

    public static GenerationTask Task(ITokenizer tokenizer, int index, int tokens) =>
        new(Hash32.Sha256(BitConverter.GetBytes(index)), tokenizer.Tokenize(PromptTexts.Opening(index)),
            // Not simply in turn: whoever takes every fourth task shall meet them all.
            Mix[(index + index / 20) % Mix.Length] with { MaxTokens = tokens, IgnoreEndOfSequence = true, Seed = Prf.Derive("atoma/benchmark/1", BitConverter.GetBytes(index), []).High64 });

    /// <summary>The engine's answers in the order of the tasks.</summary>
    public static async Task<Transcript[]> AnswerAsync(IInferenceEngine engine, IReadOnlyList<GenerationTask> tasks, CancellationToken cancellationToken)
    {
        var answers = new Transcript[tasks.Count];
        await EachAsync(tasks.Count, async i => answers[i] = await AnswerAsync(engine, tasks[i], cancellationToken), cancellationToken);
        return answers;
    }

    public static async Task<Transcript> AnswerAsync(IInferenceEngine engine, GenerationTask task, CancellationToken cancellationToken)
    {
        var transcript = new TranscriptBuilder(engine.Model.Digest, task.Prompt, task.Parameters);
        var finish = FinishReason.Cancelled;
        await foreach (var step in engine.GenerateAsync(task, cancellationToken))
        {
            transcript.Add(step.Evidence);
            finish = step.Finish ?? finish;
        }

        return transcript.Finish(finish);
    }

    /// <summary>As many at a time as there are slots.</summary>
    public static Task EachAsync(int count, Func<int, Task> each, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = Slots, CancellationToken = cancellationToken },
        (i, _) => new ValueTask(each(i)));
}
