using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

public sealed partial class Sampler
{
    /// <summary>Compares a claimed choice with what this row gives (P7.4), whether or not the claimed token is among the own best.</summary>
    /// <param name="logits">As for <see cref="Choose"/>.</param>
    /// <param name="state">Of the <em>claimed</em> output so far.</param>
    /// <param name="claimed">Its first token is within the vocabulary.</param>
    public PositionObservation Observe(ReadOnlySpan<float> logits, SamplingState state, PositionEvidence claimed)
    {
        Invariant.Assert(claimed.Token >= 0);
        Invariant.Assert(claimed.Token < logits.Length);
        var own = Choose(logits, state).Token;
        return new PositionObservation(own == claimed.Token ? 0 : Margin(logits, state, claimed.Token), Distance(logits, claimed));
    }

    /// <summary>How far a token other than the own choice is from being chosen. Nats.</summary>
    private double Margin(ReadOnlySpan<float> logits, SamplingState state, int token)
    {
        if (float.IsNegativeInfinity(logits[token]))
            return StatisticalLimits.MarginNats;
        // A token that the filters leave out may well have the highest score: what counts is how far outside it is.
        var (best, lowest) = (double.NegativeInfinity, double.PositiveInfinity);
        var isKept = false;
        for (var i = 0; i < _count; i++)
        {
            best = Math.Max(best, _values[i]);
            lowest = Math.Min(lowest, _kept[i].Value);
            isKept |= _tokens[i] == token;
        }

        var adjusted = state.Adjust(token, SamplerMath.Quantise(logits[token] - _normaliser));
        Span<double> score = [adjusted];
        SamplerMath.Score(score, [token], state.Parameters, state.Position);
        var margin = Math.Max(0, (best - score[0]) * (state.Parameters.Temperature == 0 ? 1 : state.Parameters.Temperature));
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
