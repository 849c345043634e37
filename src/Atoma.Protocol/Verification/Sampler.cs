using Atoma.Protocol.Common;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Protocol.Verification;

/// <summary>
/// The protocol's sampler (P7.1): a function of logits and of the answer so far, the same bits on every platform. Steps, in this
/// order (docs/engine.md): log-softmax → quantise → penalties and bias → grammar → the 256 best → top-k → top-p → min-p →
/// ln p′/T + Gumbel noise → best first. From the quantised log-probabilities on everything but the grammar can be replayed from
/// the evidence alone (<see cref="Stage1"/>). Keeps scratch space: one for each thread.
/// </summary>
public sealed partial class Sampler
{
    /// <summary>Best tokens that are held against a grammar before the whole vocabulary is: inside a text most of them fit.</summary>
    private const int LookAhead = 2 * VerificationLimits.Candidates;

    private readonly Shortlist _shortlist = new();
    private readonly float[] _maxima = new float[LogitScan.Groups];
    private readonly List<int> _fitting = [];
    private readonly Ranked[] _kept = new Ranked[VerificationLimits.Candidates];
    private readonly int[] _tokens = new int[VerificationLimits.Candidates];
    private readonly double[] _values = new double[VerificationLimits.Candidates];
    private readonly double[] _weights = new double[VerificationLimits.Candidates];

    /// <summary>ln Σ exp(logit) of the row chosen from last, its candidates, and those that its filters left.</summary>
    private double _normaliser;
    private int _considered;
    private int _count;

    /// <param name="logits">One row, a value for each token id; finite or −∞, one of them finite.</param>
    /// <param name="state">The answer so far.</param>
    /// <exception cref="GrammarException">The grammar needs too many steps.</exception>
    public PositionEvidence Choose(ReadOnlySpan<float> logits, SamplingState state)
    {
        Invariant.Assert(state.Grammar is null || state.Grammar.VocabularySize == logits.Length);
        var largest = LogitScan.Maxima(logits, _maxima);
        Invariant.Assert(float.IsFinite(largest));
        _normaliser = LogSum.Of(logits, largest);
        var likeliest = state.Parameters.TopLogprobs == 0 ? [] : Likeliest(logits, _normaliser, state.Parameters.TopLogprobs);
        var count = Keep(logits, _normaliser, state);
        Invariant.Assert(count > 0);
        _considered = count;
        _count = Filter(state.Parameters, count);
        return new PositionEvidence(BestOf(state, _count)) { Likeliest = likeliest };
    }

    /// <summary>The probability of a token that was not chosen but given (a prompt's), and the likeliest in its place, by the same arithmetic.</summary>
    /// <param name="logits">The row before the token.</param>
    /// <param name="token">In the vocabulary.</param>
    /// <param name="likeliest">How many, ≥ 1.</param>
    public PositionEvidence Score(ReadOnlySpan<float> logits, int token, int likeliest)
    {
        var largest = LogitScan.Maxima(logits, _maxima);
        Invariant.Assert(float.IsFinite(largest));
        var normaliser = LogSum.Of(logits, largest);
        return new PositionEvidence([new EvidenceEntry(token, SamplerMath.Quantise(logits[token] - normaliser))])
        {
            Likeliest = Likeliest(logits, normaliser, likeliest),
        };
    }

    /// <summary>The best candidates that may be chosen, best first, into <see cref="_kept"/>; returns how many.</summary>
    private int Keep(ReadOnlySpan<float> logits, double normaliser, SamplingState state)
    {
        if (state.Grammar is not { } grammar)
        {
            var best = Best(logits, normaliser, state, VerificationLimits.Candidates);
            best.CopyTo(_kept);
            return best.Length;
        }

        var count = 0;
        var ahead = Best(logits, normaliser, state, LookAhead);
        foreach (var candidate in ahead)
        {
            if (count < VerificationLimits.Candidates && grammar.Fits(candidate.Token))
                _kept[count++] = candidate;
        }

        // Complete when enough fit, or when there was nothing further to look at.
        return count == VerificationLimits.Candidates || (count > 0 && ahead.Length < LookAhead)
            ? count
            : KeepFitting(logits, normaliser, state, grammar);
    }

    /// <summary>The best of all tokens that fit the grammar.</summary>
    private int KeepFitting(ReadOnlySpan<float> logits, double normaliser, SamplingState state, GrammarConstraint grammar)
    {
        _fitting.Clear();
        grammar.AddFitting(_fitting);
        _shortlist.Clear(VerificationLimits.Candidates);
        foreach (var token in _fitting)
        {
            if (logits[token] > float.NegativeInfinity)
                Rank(token, logits[token], normaliser, state);
        }

        if (_shortlist.IsEmpty)
        {
            // The grammar leaves only tokens that the model excludes: it comes first.
            foreach (var token in _fitting)
                Rank(token, logits[token], normaliser, state);
        }

        var best = _shortlist.Best();
        best.CopyTo(_kept);
        return best.Length;
    }

    /// <summary>The best tokens after penalties and bias, best first, without those at −∞; valid until the next use.</summary>
    private ReadOnlySpan<Ranked> Best(ReadOnlySpan<float> logits, double normaliser, SamplingState state, int limit)
    {
        _shortlist.Clear(limit);
        var touched = state.Touched;
        foreach (var token in touched)
        {
            if (token < logits.Length && logits[token] > float.NegativeInfinity)
                Rank(token, logits[token], normaliser, state);
        }

        // As many groups have a maximum this high, so as many tokens have; of those at most the touched ones rank otherwise.
        var floor = FloorOf(LogitScan.Largest(_maxima, limit + touched.Length), normaliser);
        for (var token = LogitScan.Next(logits, floor, 0); token < logits.Length; token = LogitScan.Next(logits, floor, token + 1))
        {
            if (!state.IsTouched(token))
                Rank(token, logits[token], normaliser, state);
        }

        return _shortlist.Best();
    }

    /// <summary>The likeliest tokens by the model alone, the likeliest first, ties to the lower id.</summary>
    private EvidenceEntry[] Likeliest(ReadOnlySpan<float> logits, double normaliser, int limit)
    {
        _shortlist.Clear(limit);
        var floor = FloorOf(LogitScan.Largest(_maxima, limit), normaliser);
        for (var token = LogitScan.Next(logits, floor, 0); token < logits.Length; token = LogitScan.Next(logits, floor, token + 1))
        {
            var quanta = SamplerMath.Quantise(logits[token] - normaliser);
            _shortlist.Add(-quanta, token, quanta);
        }

        var best = _shortlist.Best();
        var entries = new EvidenceEntry[best.Length];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = new EvidenceEntry(best[i].Token, best[i].Quanta);
        return entries;
    }

    private void Rank(int token, float logit, double normaliser, SamplingState state)
    {
        var quanta = SamplerMath.Quantise(logit - normaliser);
        _shortlist.Add(state.Adjust(token, quanta), token, quanta);
    }

    /// <summary>A logit below which none has the quanta of this one or fewer; finite, so that it leaves out −∞.</summary>
    private static float FloorOf(float logit, double normaliser)
    {
        var quanta = float.IsFinite(logit) ? SamplerMath.Quantise(logit - normaliser) : ushort.MaxValue;
        if (quanta == ushort.MaxValue)
            return float.MinValue;
        // Half a quantum further is where the next one starts; a whole one leaves room for rounding.
        return Math.Max(float.MinValue, MathF.BitDecrement((float)(normaliser - (quanta + 1.0) / VerificationLimits.QuantaPerNat)));
    }

    /// <summary>top-k, then top-p and min-p over the probabilities of what is left; returns how many stay. Greedy sampling needs none of them.</summary>
    private int Filter(SamplingParameters parameters, int count)
    {
        if (parameters.Temperature == 0)
            return count;
        if (parameters.TopK > 0)
            count = Math.Min(count, parameters.TopK);
        if (parameters is { TopP: 1, MinP: 0 })
            return count;

        for (var i = 0; i < count; i++)
            _values[i] = _kept[i].Value;
        SamplerMath.Weights(_values.AsSpan(0, count), _weights);
        var total = 0.0;
        foreach (var weight in _weights.AsSpan(0, count))
            total += weight;
        var sum = _weights[0];
        var keep = 1;
        while (keep < count && sum < parameters.TopP * total && _weights[keep] >= parameters.MinP)
            sum += _weights[keep++];
        return keep;
    }

    /// <summary>The best by score, best first.</summary>
    private EvidenceEntry[] BestOf(SamplingState state, int count)
    {
        for (var i = 0; i < count; i++)
            (_tokens[i], _values[i]) = (_kept[i].Token, _kept[i].Value);
        SamplerMath.Score(_values.AsSpan(0, count), _tokens, state.Parameters, state.Position);
        Span<int> best = stackalloc int[VerificationLimits.EvidenceEntries];
        var found = 0;
        for (var i = 0; i < count; i++)
        {
            var at = found;
            for (; at > 0 && SamplerMath.Order(_values[best[at - 1]], _tokens[best[at - 1]], _values[i], _tokens[i]) > 0; at--)
            {
                if (at < best.Length)
                    best[at] = best[at - 1];
            }

            if (at < best.Length)
                best[at] = i;
            found = Math.Min(found + 1, best.Length);
        }

        var entries = new EvidenceEntry[found];
        for (var i = 0; i < found; i++)
            entries[i] = new EvidenceEntry(_tokens[best[i]], _kept[best[i]].Quanta);
        return entries;
    }
}
