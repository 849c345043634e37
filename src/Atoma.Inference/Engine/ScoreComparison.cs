using Atoma.Protocol.Verification;

namespace Atoma.Inference.Engine;

/// <summary>Stage 2 of a scored prompt (P7.4): own evidence of each of its tokens against the claimed one, exactly.</summary>
/// <param name="claimed">For this prompt, of the form that stage 1 asks for; none where it was not to be scored.</param>
internal sealed class ScoreComparison(IReadOnlyList<TranscriptChunk> claimed)
{
    private readonly PositionEvidence[] _claimed = [.. claimed.SelectMany(c => c.Positions)];
    private int _next;

    /// <summary>Rows that are still to be given to <see cref="Next"/>.</summary>
    public int Left => _claimed.Length - _next;

    /// <summary>Takes the own row of logits before the next token; null when it is as claimed.</summary>
    public CheckOutcome? Next(Sampler sampler, ReadOnlySpan<float> logits, int likeliest)
    {
        var theirs = _claimed[_next++];
        return sampler.Score(logits, theirs.Token, likeliest).Equals(theirs)
            ? null
            : CheckOutcome.Mismatch(0, $"claims probabilities at token {_next} of the prompt that the model does not give");
    }
}
