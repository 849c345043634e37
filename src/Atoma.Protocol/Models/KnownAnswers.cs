using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Models;

/// <summary>
/// The prompts by which a node proves its echelon before it is admitted (P2.5): nodes of one echelon must give the same
/// transcripts bit by bit. Prompts are pseudo-random token ids, so the set fits every vocabulary.
/// </summary>
public static class KnownAnswers
{
    /// <summary>Prompts of the set: one greedy, one sampled, and one longer than any tile that a kernel computes at once.</summary>
    public const int Count = 3;

    private const int PromptTokens = 24;
    private const int LongPromptTokens = 150;
    private const int OutputTokens = 16;

    /// <summary>Tokens by which the cost of a check is measured: enough for its fixed costs not to rule, short enough for a start.</summary>
    private const int MeasuredTokens = 64;

    public static GenerationTask Task(ModelManifest model, int index)
    {
        Invariant.Assert(index is >= 0 and < Count);
        var request = Prf.Derive("atoma/known-answer/1", model.Digest.ToArray(), [(byte)index]);
        var prompt = new int[index == Count - 1 ? LongPromptTokens : PromptTokens];
        for (var i = 0; i < prompt.Length; i++)
            prompt[i] = (int)(Prf.Philox(request.High64, (uint)i, 0) % (ulong)model.VocabularySize);
        return new GenerationTask(request, prompt, new SamplingParameters
        {
            Temperature = index == 0 ? 0 : 1,
            MaxTokens = OutputTokens,
            IgnoreEndOfSequence = true,
            Seed = request.High64,
        });
    }

    /// <summary>Runs the set.</summary>
    /// <returns>One transcript digest per prompt.</returns>
    public static async Task<IReadOnlyList<Hash32>> AnswerAsync(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        var answers = new Hash32[Count];
        for (var i = 0; i < Count; i++)
            answers[i] = (await GenerateAsync(engine, Task(engine.Model, i), cancellationToken).ConfigureAwait(false)).Digest();
        return answers;
    }

    /// <summary>
    /// What an operator must know before collateral is at stake: whether this machine gives the same bits when the set is computed
    /// alone, side by side, and by a check. Engines of an echelon that is not exact need not.
    /// </summary>
    /// <returns>Null when it does, else what differs.</returns>
    public static async Task<string?> SelfTestAsync(IInferenceEngine engine, CancellationToken cancellationToken)
    {
        var alone = new Transcript[Count];
        for (var i = 0; i < Count; i++)
            alone[i] = await GenerateAsync(engine, Task(engine.Model, i), cancellationToken).ConfigureAwait(false);
        var together = await System.Threading.Tasks.Task.WhenAll(Enumerable.Range(0, Count)
            .Select(i => GenerateAsync(engine, Task(engine.Model, i), cancellationToken))).ConfigureAwait(false);
        for (var i = 0; i < Count; i++)
        {
            if (alone[i].FirstDifference(together[i]) is { } position)
                return $"known answer {i} differs at position {position} when others are computed beside it";
            var outcome = await engine.CheckAsync(Task(engine.Model, i), alone[i], cancellationToken).ConfigureAwait(false);
            if (outcome.Verdict != Verdict.Match)
                return $"known answer {i}, checked by prefill, {outcome.Reason}";
        }

        return null;
    }

    /// <summary>
    /// v as this machine has it now (P4): time of a check over time of generating what is checked, in permille, 1 or more. The
    /// second of two runs counts.
    /// </summary>
    /// <param name="engine">Loaded; the set was run before.</param>
    /// <param name="time">A clock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<int> MeasureCheckAsync(IInferenceEngine engine, TimeProvider time, CancellationToken cancellationToken)
    {
        var task = Task(engine.Model, 0);
        task = task with { Parameters = task.Parameters with { MaxTokens = MeasuredTokens } };
        var permille = 0.0;
        for (var run = 0; run < 2; run++)
        {
            var started = time.GetTimestamp();
            var answer = await GenerateAsync(engine, task, cancellationToken).ConfigureAwait(false);
            var generated = time.GetElapsedTime(started);
            started = time.GetTimestamp();
            await engine.CheckAsync(task, answer, cancellationToken).ConfigureAwait(false);
            permille = time.GetElapsedTime(started) / generated * 1000;
        }

        return (int)Math.Clamp(Math.Ceiling(permille), 1, PriceTerms.CheckPermilleMax);
    }

    private static async Task<Transcript> GenerateAsync(IInferenceEngine engine, GenerationTask task, CancellationToken cancellationToken)
    {
        var transcript = new TranscriptBuilder(engine.Model.Digest, task.Prompt, task.Parameters);
        FinishReason? finish = null;
        await foreach (var step in engine.GenerateAsync(task, cancellationToken).ConfigureAwait(false))
        {
            transcript.Add(step.Evidence);
            finish = step.Finish;
        }

        Invariant.Assert(finish is not null);
        return transcript.Finish(finish.Value);
    }
}
