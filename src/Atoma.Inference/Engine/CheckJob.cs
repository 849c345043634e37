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
    private readonly ScoreComparison _scores;
    private readonly bool _hasOutput;

    /// <param name="task">What was asked.</param>
    /// <param name="scores">Of the claimed scores of the prompt.</param>
    /// <param name="output">The claimed output; at least one token where no scores are claimed.</param>
    /// <param name="first">The first position to be compared: those before it were, by a job before this one.</param>
    /// <param name="state">The comparison's; has taken the tokens before <paramref name="first"/>.</param>
    /// <param name="comparison">Ends at the first token outside the vocabulary, if not before.</param>
    /// <param name="vocabularySize">Tokens from this id on cannot be fed.</param>
    public CheckJob(GenerationTask task, ScoreComparison scores, IEnumerable<int> output, int first, SamplingState state, IAnswerComparison comparison, int vocabularySize)
        : base(task.Flow)
    {
        int[] claimed = [.. output];
        Invariant.Assert(first < claimed.Length || (scores.Left > 0 && first == 0));
        Invariant.Assert(state.Position == first);
        var fed = Array.FindIndex(claimed, t => t < 0 || t >= vocabularySize);
        int[] whole = [.. task.Prompt, .. fed < 0 ? claimed : claimed.AsSpan(0, fed + 1)];
        // The last token is predicted, never fed.
        Tokens = whole[..^1];
        FirstRow = scores.Left > 0 ? 0 : task.Prompt.Count - 1 + first;
        _scores = scores;
        _hasOutput = claimed.Length > 0;
        _state = state;
        _comparison = comparison;
    }

    /// <summary>Prompt and claimed output but its last token.</summary>
    public override int[] Tokens { get; }

    /// <summary>Index of the first token whose row predicts a position to be compared, of the prompt too where it is scored.</summary>
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
            if (Next(sampler, row) is not { } outcome)
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

    private CheckOutcome? Next(Sampler sampler, ReadOnlySpan<float> row)
    {
        if (_scores.Left == 0)
            return _comparison.Next(sampler, row, _state);
        var mismatch = _scores.Next(sampler, row, _state.Parameters.TopLogprobs);
        return mismatch is null && _scores.Left == 0 && !_hasOutput ? CheckOutcome.Match : mismatch;
    }
}
