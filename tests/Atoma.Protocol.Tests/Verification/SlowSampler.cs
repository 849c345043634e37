using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Verification;

/// <summary>docs/engine.md, read line by line: slow and obviously right.</summary>
internal static class SlowSampler
{
    /// <param name="logits">One row.</param>
    /// <param name="p">Parameters.</param>
    /// <param name="prompt">Tokens before the output.</param>
    /// <param name="output">Tokens so far.</param>
    /// <param name="fits">Whether the grammar lets a token follow; null without a grammar.</param>
    public static PositionEvidence Choose(float[] logits, SamplingParameters p, IReadOnlyList<int> prompt, IReadOnlyList<int> output, Func<int, bool>? fits = null)
    {
        var normaliser = Normaliser(logits);
        var window = prompt.Concat(output).TakeLast(p.RepetitionWindow).ToHashSet();
        var tokens = Enumerable.Range(0, logits.Length).Where(t => fits is null || fits(t)).ToArray();
        if (tokens.Any(t => !float.IsNegativeInfinity(logits[t])))
            tokens = [.. tokens.Where(t => !float.IsNegativeInfinity(logits[t]))];
        var all = tokens.Select(token =>
        {
            var quanta = Quanta(logits[token], normaliser);
            var adjusted = -(double)quanta / 2048;
            if (window.Contains(token))
                adjusted *= p.RepetitionPenalty;
            adjusted += p.LogitBias.Where(b => b.Token == token).Sum(b => b.Bias);
            if (output.Count(t => t == token) is > 0 and var count)
                adjusted -= p.PresencePenalty + p.FrequencyPenalty * count;
            return (Token: token, Quanta: quanta, Adjusted: adjusted);
        });
        var kept = all.OrderByDescending(c => c.Adjusted).ThenBy(c => c.Token).Take(256).ToList();
        if (p.Temperature > 0)
        {
            if (p.TopK > 0)
                kept = [.. kept.Take(p.TopK)];
            if (p.TopP < 1 || p.MinP > 0)
                kept = Nucleus(kept, p);
        }

        return new PositionEvidence([.. kept
            .Select(c => (c.Token, c.Quanta, Score: p.Temperature == 0
                ? c.Adjusted
                : c.Adjusted / p.Temperature - ExactMath.Log(-ExactMath.Log(Prf.Uniform(p.Seed, (uint)output.Count, (uint)c.Token)))))
            .OrderByDescending(c => c.Score).ThenBy(c => c.Token).Take(8).Select(c => new EvidenceEntry(c.Token, c.Quanta))])
        {
            Likeliest = [.. Enumerable.Range(0, logits.Length).Where(t => !float.IsNegativeInfinity(logits[t]))
                .Select(t => new EvidenceEntry(t, Quanta(logits[t], normaliser))).OrderBy(e => e.Quanta).ThenBy(e => e.Token).Take(p.TopLogprobs)],
        };
    }

    private static double Normaliser(float[] logits)
    {
        var largest = logits.Max();
        var total = 0.0;
        foreach (var block in logits.Chunk(1024))
        {
            var lanes = new float[16];
            for (var i = 0; i < block.Length; i++)
            {
                if (block[i] - largest > -40)
                    lanes[i % 16] += ExactMath.ExpSingle(block[i] - largest);
            }

            foreach (var lane in lanes)
                total += lane;
        }

        return largest + ExactMath.Log(total);
    }

    private static ushort Quanta(float logit, double normaliser) =>
        float.IsNegativeInfinity(logit) ? (ushort)65535 : (ushort)Math.Clamp(Math.Floor(-(logit - normaliser) * 2048 + 0.5), 0, 65535);

    private static List<(int Token, ushort Quanta, double Adjusted)> Nucleus(List<(int Token, ushort Quanta, double Adjusted)> kept, SamplingParameters p)
    {
        var weights = kept.Select(c => ExactMath.Exp(c.Adjusted - kept[0].Adjusted)).ToArray();
        var total = weights.Sum();
        var keep = 1;
        while (keep < kept.Count && weights.Take(keep).Sum() < p.TopP * total && weights[keep] >= p.MinP)
            keep++;
        return kept[..keep];
    }
}
