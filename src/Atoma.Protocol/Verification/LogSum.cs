using System.Runtime.Intrinsics;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// ln Σ exp(logit) over a row, the same bits on every platform: term i goes to sum i mod 4, the four sums are added as
/// (s₀ + s₁) + (s₂ + s₃). A vector unit does the four at once; <see cref="Scalar"/> is the definition.
/// </summary>
public static class LogSum
{
    private const int Lanes = 4;

    /// <summary>Elements of one round: independent terms, so that their long chains of operations overlap.</summary>
    private const int Round = 4 * Lanes;

    /// <param name="logits">At least one; finite or −∞, one of them finite.</param>
    /// <param name="largest">The largest logit.</param>
    public static double Of(ReadOnlySpan<float> logits, out float largest)
    {
        largest = Largest(logits);
        var sums = Vector256<double>.Zero;
        var i = 0;
        for (; i <= logits.Length - Round; i += Round)
        {
            var (a, b) = Vector256.Widen(Vector256.Create(logits.Slice(i, 8)));
            var (c, d) = Vector256.Widen(Vector256.Create(logits.Slice(i + 8, 8)));
            var (termA, termB) = (Terms(a, largest), Terms(b, largest));
            var (termC, termD) = (Terms(c, largest), Terms(d, largest));
            sums = sums + termA + termB + termC + termD;
        }

        Span<double> lanes = stackalloc double[Lanes];
        sums.CopyTo(lanes);
        return Finish(logits, largest, lanes, i);
    }

    /// <summary>One term after another.</summary>
    public static double Scalar(ReadOnlySpan<float> logits, out float largest)
    {
        largest = Largest(logits);
        Span<double> lanes = stackalloc double[Lanes];
        lanes.Clear();
        return Finish(logits, largest, lanes, 0);
    }

    private static double Finish(ReadOnlySpan<float> logits, float largest, Span<double> lanes, int from)
    {
        for (var i = from; i < logits.Length; i++)
        {
            var below = (double)logits[i] - largest;
            if (below > -VerificationLimits.LogSumCutoffNats)
                lanes[i & (Lanes - 1)] += ExactMath.Exp(below);
        }

        return largest + ExactMath.Log(lanes[0] + lanes[1] + (lanes[2] + lanes[3]));
    }

    /// <summary>exp(logit − largest), +0 below the cutoff: adding it leaves a sum as it is.</summary>
    private static Vector256<double> Terms(Vector256<double> logits, float largest)
    {
        var below = logits - Vector256.Create((double)largest);
        return ExactMath.Exp(below) & Vector256.GreaterThan(below, Vector256.Create(-VerificationLimits.LogSumCutoffNats));
    }

    private static float Largest(ReadOnlySpan<float> logits)
    {
        Invariant.Assert(logits.Length > 0);
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            Invariant.Assert(!float.IsNaN(logit));
            if (logit > largest)
                largest = logit;
        }

        Invariant.Assert(float.IsFinite(largest));
        return largest;
    }
}
