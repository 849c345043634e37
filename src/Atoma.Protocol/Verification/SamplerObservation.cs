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
        var best = double.NegativeInfinity;
        for (var i = 0; i < _count; i++)
            best = Math.Max(best, _values[i]);
        var adjusted = state.Adjust(token, SamplerMath.Quantise(logits[token] - _normaliser));
        Span<double> score = [adjusted];
        SamplerMath.Score(score, [token], state.Parameters, state.Position);
        var margin = (best - score[0]) * (state.Parameters.Temperature == 0 ? 1 : state.Parameters.Temperature);
        return Math.Clamp(Math.Max(margin, Outside(state.Parameters, token, adjusted)), 0, StatisticalLimits.MarginNats);
    }

    /// <summary>
    /// How far the filters leave a token out, 0 or less when they do not: the change of the logits that would let it in. It may
    /// well have the highest score. For top-p that is how far the probability before it is past the bound, not how likely it is
    /// itself: an honest node's last bits decide over a token at the bound, however unlikely.
    /// </summary>
    private double Outside(SamplingParameters parameters, int token, double adjusted)
    {
        var at = Array.FindIndex(_kept, 0, _considered, c => c.Token == token);
        if (at < 0)
            return _kept[_considered - 1].Value - adjusted;
        if (parameters.Temperature == 0)
            return 0;
        var count = parameters.TopK > 0 ? Math.Min(parameters.TopK, _considered) : _considered;
        var outside = at < count ? 0 : _kept[count - 1].Value - adjusted;
        if (parameters.MinP > 0)
            outside = Math.Max(outside, _kept[0].Value + ExactMath.Log(parameters.MinP) - adjusted);
        if (parameters.TopP == 1 || at == 0)
            return outside;
        double before = 0, total = 0;
        for (var i = 0; i < count; i++)
        {
            var weight = ExactMath.Exp(_kept[i].Value - _kept[0].Value);
            total += weight;
            before += i < at ? weight : 0;
        }

        return Math.Max(outside, ExactMath.Log(before / (parameters.TopP * total)));
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
