using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Inference.Engine;

/// <summary>One answer being checked by prefill. The engine thread alone advances it.</summary>
internal sealed class CheckJob : PrefillJob<CheckOutcome>
{
    private readonly SamplingState _state;
    private readonly IAnswerComparison _comparison;

    /// <param name="task">What was asked.</param>
    /// <param name="output">The claimed output, at least one token.</param>
    /// <param name="first">The first position to be compared: those before it were, by a job before this one.</param>
    /// <param name="state">The comparison's; has taken the tokens before <paramref name="first"/>.</param>
    /// <param name="comparison">Ends at the first token outside the vocabulary, if not before.</param>
    /// <param name="vocabularySize">Tokens from this id on cannot be fed.</param>
    public CheckJob(GenerationTask task, IEnumerable<int> output, int first, SamplingState state, IAnswerComparison comparison, int vocabularySize)
        : base(task.Flow)
    {
        int[] claimed = [.. output];
        Invariant.Assert(first < claimed.Length);
        Invariant.Assert(state.Position == first);
        var fed = Array.FindIndex(claimed, t => t < 0 || t >= vocabularySize);
        // The last token is predicted, never fed.
        Tokens = [.. task.Prompt, .. claimed.AsSpan(0, fed < 0 ? claimed.Length - 1 : Math.Min(fed, claimed.Length - 1))];
        FirstRow = task.Prompt.Count - 1 + first;
        _state = state;
        _comparison = comparison;
    }

    /// <summary>Prompt and claimed output but its last token.</summary>
    public override int[] Tokens { get; }

    /// <summary>Index of the first token whose row predicts a position to be compared.</summary>
    public override int FirstRow { get; }

    public override bool WantsHidden => false;

    /// <summary>Compares the next position with its own row of logits; true when the check is decided, or cannot go on.</summary>
    public override bool Take(Sampler sampler, ReadOnlySpan<float> row)
    {
        if (!LogitRows.IsUsable(row))
        {
            Fail(EngineRefusal.EngineFault, LogitRows.Unusable);
            return true;
        }

        try
        {
            if (_comparison.Next(sampler, row, _state) is not { } outcome)
                return false;
            Complete(outcome);
            return true;
        }
        catch (GrammarException e)
        {
            Fail(EngineRefusal.BadPrompt, e.Message);
            return true;
        }
    }
}
