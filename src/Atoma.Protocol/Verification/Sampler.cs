using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// The protocol's sampler (P7.1): a function of logits, parameters, output so far and position, the same bits on every
/// platform. Steps, in this order (docs/engine.md):
/// log-softmax → quantise → bias and penalties → the 256 best → top-k → top-p → min-p → ln p′/T + Gumbel noise → best first.
/// From the quantised log-probabilities on everything can be replayed from the evidence alone (<see cref="Stage1"/>).
/// Not thread-safe: it keeps scratch space. One instance per engine thread.
/// </summary>
public sealed partial class Sampler
{
    private readonly record struct Candidate(int Token, ushort Quanta, double Adjusted, double Score);

    private readonly List<Candidate> _kept = new(VerificationLimits.Candidates * 4);

    /// <summary>Of the row chosen from last.</summary>
    private double _normaliser;

    /// <param name="logits">One row, a value for each token id; finite or −∞.</param>
    /// <param name="parameters">Within their ranges.</param>
    /// <param name="counts">How often each token occurs in the output so far.</param>
    /// <param name="position">Index of the token to choose in the output, from 0.</param>
    public PositionEvidence Choose(
        ReadOnlySpan<float> logits, SamplingParameters parameters, IReadOnlyDictionary<int, int> counts, int position)
    {
        Invariant.Assert(logits.Length > 0);
        _normaliser = LogSum.Of(logits, out var largest);
        Collect(logits, _normaliser, largest, parameters, counts);
        Filter(parameters);
        for (var i = 0; i < _kept.Count; i++)
            _kept[i] = _kept[i] with { Score = SamplerMath.Score(_kept[i].Adjusted, _kept[i].Token, parameters, position) };
        _kept.Sort(static (x, y) => SamplerMath.Order(x.Score, x.Token, y.Score, y.Token));

        var entries = new EvidenceEntry[Math.Min(_kept.Count, VerificationLimits.EvidenceEntries)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new EvidenceEntry(_kept[i].Token, _kept[i].Quanta);
        return new PositionEvidence(entries);
    }

    /// <summary>Quantises, applies bias and penalties, keeps the best candidates in falling order.</summary>
    private void Collect(
        ReadOnlySpan<float> logits, double normaliser, float largest, SamplingParameters parameters, IReadOnlyDictionary<int, int> counts)
    {
        _kept.Clear();
        var adjusting = parameters.LogitBias.Count > 0
            || ((parameters.PresencePenalty != 0 || parameters.FrequencyPenalty != 0) && counts.Count > 0);
        var floor = double.NegativeInfinity;
        for (var token = 0; token < logits.Length; token++)
        {
            var logit = logits[token];
            // Cheap way out for most of a large vocabulary: without adjustments a lower logit never ranks higher.
            if (!adjusting && logit - normaliser < floor - 1.0 / VerificationLimits.QuantaPerNat)
                continue;
            if (float.IsNegativeInfinity(logit) && largest > float.NegativeInfinity)
                continue;
            var quanta = SamplerMath.Quantise(logit - normaliser);
            var adjusted = SamplerMath.Adjust(token, quanta, parameters, counts);
            if (adjusted < floor)
                continue;
            _kept.Add(new Candidate(token, quanta, adjusted, 0));
            if (_kept.Count == VerificationLimits.Candidates * 4)
                floor = Trim();
        }

        Trim();
    }

    private double Trim()
    {
        _kept.Sort(static (x, y) => SamplerMath.Order(x.Adjusted, x.Token, y.Adjusted, y.Token));
        if (_kept.Count > VerificationLimits.Candidates)
            _kept.RemoveRange(VerificationLimits.Candidates, _kept.Count - VerificationLimits.Candidates);
        return _kept.Count == VerificationLimits.Candidates ? _kept[^1].Adjusted : double.NegativeInfinity;
    }

    /// <summary>top-k, then top-p and min-p over the probabilities of what is left. Greedy sampling needs none of them.</summary>
    private void Filter(SamplingParameters parameters)
    {
        if (parameters.Temperature == 0)
            return;
        if (parameters.TopK > 0 && _kept.Count > parameters.TopK)
            _kept.RemoveRange(parameters.TopK, _kept.Count - parameters.TopK);
        if (parameters is { TopP: 1, MinP: 0 })
            return;

        var best = _kept[0].Adjusted;
        var total = 0.0;
        foreach (var candidate in _kept)
            total += ExactMath.Exp(candidate.Adjusted - best);
        var keep = 0;
        var sum = 0.0;
        while (keep < _kept.Count)
        {
            var weight = ExactMath.Exp(_kept[keep].Adjusted - best);
            if (keep > 0 && (sum >= parameters.TopP * total || weight < parameters.MinP))
                break;
            sum += weight;
            keep++;
        }

        _kept.RemoveRange(keep, _kept.Count - keep);
    }
}
