using System.Runtime.Intrinsics;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// ln Σ exp(logit) over a row, the same bits on every platform. In blocks of 1,024 tokens: token i's term goes to the single-precision
/// sum i mod 16; at the block's end the sixteen sums are added, from the first to the last, to one double. A vector unit does
/// sixteen at once; <see cref="Scalar"/> is the definition. The error stays below 1e-5 nat, a fiftieth of a quantum.
/// </summary>
public static class LogSum
{
    /// <summary>Short enough that single-precision sums lose nothing that counts.</summary>
    private const int Block = 1024;

    private const int Lanes = 16;

    /// <param name="logits">At least one; finite or −∞.</param>
    /// <param name="largest">The largest of them; finite.</param>
    public static double Of(ReadOnlySpan<float> logits, float largest)
    {
        Span<float> lanes = stackalloc float[Lanes];
        var total = 0.0;
        for (var start = 0; start < logits.Length; start += Block)
        {
            var block = logits.Slice(start, Math.Min(Block, logits.Length - start));
            var (low, high) = (Vector256<float>.Zero, Vector256<float>.Zero);
            var i = 0;
            for (; i <= block.Length - Lanes; i += Lanes)
            {
                low += Terms(Vector256.Create(block.Slice(i, Lanes / 2)), largest);
                high += Terms(Vector256.Create(block.Slice(i + Lanes / 2, Lanes / 2)), largest);
            }

            low.CopyTo(lanes);
            high.CopyTo(lanes[(Lanes / 2)..]);
            total = Add(total, block, largest, lanes, i);
        }

        return largest + ExactMath.Log(total);
    }

    /// <summary>One term after another.</summary>
    public static double Scalar(ReadOnlySpan<float> logits, float largest)
    {
        Span<float> lanes = stackalloc float[Lanes];
        var total = 0.0;
        for (var start = 0; start < logits.Length; start += Block)
        {
            lanes.Clear();
            total = Add(total, logits.Slice(start, Math.Min(Block, logits.Length - start)), largest, lanes, 0);
        }

        return largest + ExactMath.Log(total);
    }

    /// <summary>Adds the block's terms from an index on to its lanes, and the lanes to the total.</summary>
    private static double Add(double total, ReadOnlySpan<float> block, float largest, Span<float> lanes, int from)
    {
        for (var i = from; i < block.Length; i++)
        {
            var below = block[i] - largest;
            if (below > -VerificationLimits.LogSumCutoffNats)
                lanes[i % Lanes] += ExactMath.ExpSingle(below);
        }

        foreach (var lane in lanes)
            total += lane;
        return total;
    }

    /// <summary>exp(logit − largest), +0 below the cutoff: adding it leaves a sum as it is.</summary>
    private static Vector256<float> Terms(Vector256<float> logits, float largest)
    {
        var below = logits - Vector256.Create(largest);
        return ExactMath.ExpSingle(below) & Vector256.GreaterThan(below, Vector256.Create(-VerificationLimits.LogSumCutoffNats));
    }
}
