using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

public sealed partial class Sampler
{
    /// <summary>Compares a claimed choice with what this row gives (P7.4), whether or not the claimed token is among the own best.</summary>
    /// <param name="logits">As for <see cref="Choose"/>.</param>
    /// <param name="parameters">As for <see cref="Choose"/>.</param>
    /// <param name="counts">How often each token occurs in the <em>claimed</em> output so far.</param>
    /// <param name="position">As for <see cref="Choose"/>.</param>
    /// <param name="claimed">Its first token is within the vocabulary.</param>
    public PositionObservation Observe(
        ReadOnlySpan<float> logits, SamplingParameters parameters, IReadOnlyDictionary<int, int> counts, int position, PositionEvidence claimed)
    {
        Invariant.Assert(claimed.Token >= 0 && claimed.Token < logits.Length);
        Choose(logits, parameters, counts, position);
        return new PositionObservation(Margin(logits, parameters, counts, position, claimed.Token), Distance(logits, claimed));
    }

    private double Margin(
        ReadOnlySpan<float> logits, SamplingParameters parameters, IReadOnlyDictionary<int, int> counts, int position, int token)
    {
        var best = _kept[0];
        if (best.Token == token)
            return 0;
        if (float.IsNegativeInfinity(logits[token]))
            return StatisticalLimits.MarginNats;
        var adjusted = SamplerMath.Adjust(token, SamplerMath.Quantise(logits[token] - _normaliser), parameters, counts);
        var scale = parameters.Temperature == 0 ? 1 : parameters.Temperature;
        var margin = Math.Max(0, (best.Score - SamplerMath.Score(adjusted, token, parameters, position)) * scale);
        // A token that the filters leave out may well have the highest score: what counts is how far outside it is.
        var lowest = double.PositiveInfinity;
        var isKept = false;
        foreach (var candidate in _kept)
        {
            lowest = Math.Min(lowest, candidate.Adjusted);
            isKept |= candidate.Token == token;
        }

        return Math.Min(StatisticalLimits.MarginNats, isKept ? margin : Math.Max(margin, lowest - adjusted));
    }

    private double Distance(ReadOnlySpan<float> logits, PositionEvidence claimed)
    {
        var sum = 0.0;
        foreach (var entry in claimed.Entries)
        {
            var isKnown = entry.Token >= 0 && entry.Token < logits.Length && logits[entry.Token] > float.NegativeInfinity;
            sum += isKnown
                ? Math.Min(StatisticalLimits.DistanceNats, Math.Abs(entry.Quanta - SamplerMath.Quantise(logits[entry.Token] - _normaliser)) / (double)VerificationLimits.QuantaPerNat)
                : StatisticalLimits.DistanceNats;
        }

        return sum / claimed.Entries.Count;
    }
}
