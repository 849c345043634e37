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

    public CheckOutcome? Next(Sampler sampler, ReadOnlySpan<float> logits, SamplingState state)
    {
        var position = state.Position;
        var token = _claimed[position].Token;
        if (token < 0 || token >= logits.Length)
            return CheckOutcome.Mismatch(position, $"chose token {token}, which the model does not have");
        if (state.Grammar is { } grammar && !grammar.Fits(token))
            return CheckOutcome.Mismatch(position, $"chose token {token}, which the grammar does not allow");
        _observed.Add(sampler.Observe(logits, state, _claimed[position]));
        state.Accept(token);
        var end = finish.Next(token);
        var next = position + 1;
        if (next == _claimed.Length)
            return AnswerComparison.CompareEnd(claimed.Finish, end, next);
        return end is null ? null : CheckOutcome.Mismatch(next, $"goes on after its end ({end})");
    }
}
