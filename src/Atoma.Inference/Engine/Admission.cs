using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>What is refused before it reaches the queue, first match wins.</summary>
internal static class Admission
{
    /// <summary>Of a task for an answer.</summary>
    /// <exception cref="EngineRefusedException">Bad prompt or parameters, or longer than the context.</exception>
    public static void Require(GenerationTask task, int vocabularySize, int contextTokens)
    {
        if (task.Parameters.IsEmbedding)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, "The task asks for embeddings, which are not generated: EmbedAsync gives them, CheckAsync of a whole transcript checks them.");
        RequireTokens(task, vocabularySize);
        if (PromptScores.Refusal(task.Parameters, task.Prompt.Count) is { } problem)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, $"The prompt cannot be scored: {problem}.");
        // Both in full: the last output token is never fed, which leaves a free cell for filling gaps in a batch.
        var needed = (long)task.Prompt.Count + task.Parameters.MaxTokens;
        if (needed > contextTokens)
            throw new EngineRefusedException(EngineRefusal.ContextExceeded,
                $"A prompt of {task.Prompt.Count} tokens and max_tokens of {task.Parameters.MaxTokens} need {needed}; this engine has {contextTokens}.");
    }

    /// <summary>Of a task for embeddings.</summary>
    /// <exception cref="EngineRefusedException">Bad inputs or parameters, or an input longer than the context.</exception>
    public static void RequireInputs(GenerationTask task, int vocabularySize, int contextTokens)
    {
        RequireTokens(task, vocabularySize);
        var lengths = task.Parameters.InputLengths;
        if (lengths.Count == 0 || lengths.Sum() != task.Prompt.Count)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, $"The inputs have {lengths.Sum()} tokens, the prompt that they should make up has {task.Prompt.Count}.");
        if (lengths.Max() > contextTokens)
            throw new EngineRefusedException(EngineRefusal.ContextExceeded, $"An input of {lengths.Max()} tokens does not fit; this engine has {contextTokens}.");
    }

    private static void RequireTokens(GenerationTask task, int vocabularySize)
    {
        if (task.Prompt.Count == 0)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, "The prompt is empty.");
        foreach (var token in task.Prompt)
        {
            if (token < 0 || token >= vocabularySize)
                throw new EngineRefusedException(EngineRefusal.BadPrompt, $"Token {token} of the prompt is not one of the model's {vocabularySize}.");
        }

        if (task.Parameters.Problem() is { } problem)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, $"The parameters are out of range: {problem}.");
    }

    /// <summary>What can be said of a claimed answer without the model: null when it must be computed.</summary>
    public static CheckOutcome? Judge(GenerationTask task, Transcript claimed, Hash32 model)
    {
        if (JudgeTask(task, claimed, model) is { } other)
            return other;
        if (claimed.Vectors.Count > 0 || !IsWellFormed(claimed))
            return CheckOutcome.Mismatch(0, "is not in whole chunks with evidence at every position");
        if (claimed.OutputCount > task.Parameters.MaxTokens)
            return CheckOutcome.Mismatch(task.Parameters.MaxTokens, "is longer than max_tokens");
        if (PromptScores.Replay(claimed) is { } fault)
            return CheckOutcome.Mismatch(fault.Position, fault.Reason);
        if (claimed.OutputCount > 0)
            return null;
        if (claimed.Finish == FinishReason.Length && task.Parameters.MaxTokens == 0)
            return claimed.PromptChunks.Count > 0 ? null : CheckOutcome.Match;
        return claimed.Finish == FinishReason.Cancelled ? CheckOutcome.Match : CheckOutcome.Mismatch(0, $"claims {claimed.Finish} but has no output");
    }

    /// <summary>Whether it is for this model and task; null when it is.</summary>
    public static CheckOutcome? JudgeTask(GenerationTask task, Transcript claimed, Hash32 model)
    {
        if (claimed.Model != model)
            return CheckOutcome.Mismatch(0, "is by another model");
        if (!claimed.Prompt.SequenceEqual(task.Prompt))
            return CheckOutcome.Mismatch(0, "answers another prompt");
        if (!SameParameters(claimed.Parameters, task.Parameters))
            return CheckOutcome.Mismatch(0, "was generated with other parameters or another seed");
        return null;
    }

    private static bool IsWellFormed(Transcript claimed)
    {
        for (var i = 0; i < claimed.Chunks.Count; i++)
        {
            var positions = claimed.Chunks[i].Positions;
            if (positions.Count is 0 or > VerificationLimits.ChunkPositions
                || (i < claimed.Chunks.Count - 1 && positions.Count != VerificationLimits.ChunkPositions)
                || positions.Any(p => p.Entries.Count == 0))
                return false;
        }

        return true;
    }

    private static bool SameParameters(SamplingParameters left, SamplingParameters right)
    {
        var (leftBytes, rightBytes) = (new CanonicalWriter(), new CanonicalWriter());
        left.Write(leftBytes);
        right.Write(rightBytes);
        return leftBytes.ToArray().AsSpan().SequenceEqual(rightBytes.ToArray());
    }
}
