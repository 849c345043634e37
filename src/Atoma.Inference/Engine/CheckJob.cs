using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>One answer being checked by prefill. The engine thread alone advances it.</summary>
internal sealed class CheckJob
{
    private readonly TaskCompletionSource<CheckOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, int> _counts = [];
    private readonly AnswerComparison _comparison;
    private readonly int _promptLength;
    private volatile bool _cancelled;

    /// <param name="task">What was asked.</param>
    /// <param name="claimed">At least one position.</param>
    /// <param name="finish">Fresh.</param>
    /// <param name="vocabularySize">Tokens from this id on cannot be fed; the comparison ends at the first.</param>
    public CheckJob(GenerationTask task, Transcript claimed, FinishRule finish, int vocabularySize)
    {
        int[] output = [.. claimed.Output];
        Invariant.Assert(output.Length > 0);
        var fed = Array.FindIndex(output, t => t < 0 || t >= vocabularySize);
        // The last token is predicted, never fed.
        Tokens = [.. task.Prompt, .. output.AsSpan(0, fed < 0 ? output.Length - 1 : Math.Min(fed, output.Length - 1))];
        Parameters = task.Parameters;
        _promptLength = task.Prompt.Count;
        _comparison = new AnswerComparison(claimed, finish);
    }

    /// <summary>Prompt and claimed output but its last token.</summary>
    public int[] Tokens { get; }

    public SamplingParameters Parameters { get; }

    public Task<CheckOutcome> Outcome => _outcome.Task;

    public bool IsCancelled => _cancelled;

    /// <summary>Tokens computed so far.</summary>
    public int Fed { get; set; }

    /// <summary>Index of the first token whose row predicts an output token.</summary>
    public int FirstRow => _promptLength - 1;

    public IReadOnlyDictionary<int, int> Counts => _counts;

    /// <summary>Takes the own evidence of the next position; true when the check is decided.</summary>
    public bool Accept(PositionEvidence own)
    {
        _counts[own.Token] = _counts.GetValueOrDefault(own.Token) + 1;
        if (_comparison.Next(own) is not { } outcome)
            return false;
        _outcome.TrySetResult(outcome);
        return true;
    }

    public void Cancel() => _cancelled = true;

    public void End() => _outcome.TrySetCanceled();

    public void Fail(EngineRefusal reason, string message) => _outcome.TrySetException(new EngineRefusedException(reason, message));
}
