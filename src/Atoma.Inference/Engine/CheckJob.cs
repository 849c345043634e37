using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>One answer being checked by prefill. The engine thread alone advances it.</summary>
internal sealed class CheckJob
{
    private readonly TaskCompletionSource<CheckOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, int> _counts = [];
    private readonly IAnswerComparison _comparison;
    private readonly int[] _output;
    private int _position;
    private volatile bool _cancelled;

    /// <param name="task">What was asked.</param>
    /// <param name="output">The claimed output, at least one token.</param>
    /// <param name="first">The first position to be compared: those before it were, by a job before this one.</param>
    /// <param name="comparison">Fresh; ends at the first token outside the vocabulary, if not before.</param>
    /// <param name="vocabularySize">Tokens from this id on cannot be fed.</param>
    public CheckJob(GenerationTask task, IEnumerable<int> output, int first, IAnswerComparison comparison, int vocabularySize)
    {
        _output = [.. output];
        Invariant.Assert(first < _output.Length);
        var fed = Array.FindIndex(_output, t => t < 0 || t >= vocabularySize);
        // The last token is predicted, never fed.
        Tokens = [.. task.Prompt, .. _output.AsSpan(0, fed < 0 ? _output.Length - 1 : Math.Min(fed, _output.Length - 1))];
        Parameters = task.Parameters;
        _comparison = comparison;
        _position = first;
        FirstRow = task.Prompt.Count - 1 + first;
        foreach (var token in _output.AsSpan(0, first))
            Count(token);
    }

    /// <summary>Prompt and claimed output but its last token.</summary>
    public int[] Tokens { get; }

    public SamplingParameters Parameters { get; }

    public Task<CheckOutcome> Outcome => _outcome.Task;

    public bool IsCancelled => _cancelled;

    /// <summary>Tokens computed so far.</summary>
    public int Fed { get; set; }

    /// <summary>Index of the first token whose row predicts a position to be compared.</summary>
    public int FirstRow { get; }

    /// <summary>Takes the own row of logits for the next position; true when the check is decided.</summary>
    public bool Accept(Sampler sampler, ReadOnlySpan<float> logits)
    {
        var outcome = _comparison.Next(sampler, logits, Parameters, _counts, _position);
        Count(_output[_position++]);
        if (outcome is null)
            return false;
        _outcome.TrySetResult(outcome);
        return true;
    }

    public void Cancel() => _cancelled = true;

    public void End() => _outcome.TrySetCanceled();

    public void Fail(EngineRefusal reason, string message) => _outcome.TrySetException(new EngineRefusedException(reason, message));

    private void Count(int token) => _counts[token] = _counts.GetValueOrDefault(token) + 1;
}
