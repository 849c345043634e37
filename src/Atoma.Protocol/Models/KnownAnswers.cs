using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Models;

/// <summary>
/// The prompts by which a node proves its echelon before it is admitted (P2.5): nodes of one echelon must give the same
/// transcripts bit by bit. Prompts are pseudo-random token ids, so the set fits every vocabulary.
/// </summary>
public static class KnownAnswers
{
    /// <summary>Prompts of the set: one greedy, one sampled.</summary>
    public const int Count = 2;

    private const int PromptTokens = 24;
    private const int OutputTokens = 16;

    public static GenerationTask Task(ModelManifest model, int index)
    {
        Invariant.Assert(index is >= 0 and < Count);
        var request = Prf.Derive("atoma/known-answer/1", model.Digest.ToArray(), [(byte)index]);
        var prompt = new int[PromptTokens];
        for (var i = 0; i < PromptTokens; i++)
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
        {
            var task = Task(engine.Model, i);
            var transcript = new TranscriptBuilder(engine.Model.Digest, task.Prompt, task.Parameters);
            FinishReason? finish = null;
            await foreach (var step in engine.GenerateAsync(task, cancellationToken).ConfigureAwait(false))
            {
                transcript.Add(step.Evidence);
                finish = step.Finish;
            }

            Invariant.Assert(finish is not null);
            answers[i] = transcript.Finish(finish.Value).Digest();
        }

        return answers;
    }
}
