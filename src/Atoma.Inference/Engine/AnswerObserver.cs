using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>
/// Stage 2 across echelons (P7.4): observes how far each claimed position is from the own model, and judges only what no
/// arithmetic explains: tokens outside the vocabulary, and the end. Its Match says that there is nothing of that kind.
/// </summary>
/// <param name="claimed">At least one position.</param>
/// <param name="finish">Fresh.</param>
internal sealed class AnswerObserver(Transcript claimed, FinishRule finish) : IAnswerComparison
{
    private readonly PositionEvidence[] _claimed = [.. claimed.Positions];
    private readonly List<PositionObservation> _observed = [];

    /// <summary>To be read when the comparison has ended.</summary>
    public IReadOnlyList<PositionObservation> Observed => _observed;

    public CheckOutcome? Next(Sampler sampler, ReadOnlySpan<float> logits, SamplingParameters parameters, IReadOnlyDictionary<int, int> counts, int position)
    {
        var token = _claimed[position].Token;
        if (token < 0 || token >= logits.Length)
            return CheckOutcome.Mismatch(position, $"chose token {token}, which the model does not have");
        _observed.Add(sampler.Observe(logits, parameters, counts, position, _claimed[position]));
        var end = finish.Next(token);
        var next = position + 1;
        if (next == _claimed.Length)
            return AnswerComparison.CompareEnd(claimed.Finish, end, next);
        return end is null ? null : CheckOutcome.Mismatch(next, $"goes on after its end ({end})");
    }
}
