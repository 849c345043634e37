using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Verification;

/// <summary>docs/engine.md, read line by line: slow and obviously right.</summary>
internal static class SlowSampler
{
    public static PositionEvidence Choose(float[] logits, SamplingParameters p, IReadOnlyDictionary<int, int> counts, int position)
    {
        var largest = logits.Max();
        var lanes = new double[4];
        for (var i = 0; i < logits.Length; i++)
        {
            if ((double)logits[i] - largest > -40)
                lanes[i % 4] += ExactMath.Exp((double)logits[i] - largest);
        }

        var normaliser = largest + ExactMath.Log(lanes[0] + lanes[1] + (lanes[2] + lanes[3]));
        var all = Enumerable.Range(0, logits.Length).Where(t => !float.IsNegativeInfinity(logits[t])).Select(token =>
        {
            var quanta = (ushort)Math.Clamp(Math.Floor(-(logits[token] - normaliser) * 2048 + 0.5), 0, 65535);
            var adjusted = -(double)quanta / 2048 + p.LogitBias.Where(b => b.Token == token).Sum(b => b.Bias);
            if (counts.TryGetValue(token, out var count))
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
                : c.Adjusted / p.Temperature - ExactMath.Log(-ExactMath.Log(Prf.Uniform(p.Seed, (uint)position, (uint)c.Token)))))
            .OrderByDescending(c => c.Score).ThenBy(c => c.Token).Take(8).Select(c => new EvidenceEntry(c.Token, c.Quanta))]);
    }

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
