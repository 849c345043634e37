using System.Runtime.Intrinsics;

namespace Atoma.Inference.Engine;

/// <summary>What the sampler may be given.</summary>
internal static class LogitRows
{
    public const string Unusable = "The model gave logits that are not numbers.";

    private const int Lanes = 8;

    /// <summary>Whether a row has a finite value and neither NaN nor +∞: a broken model fails its own sequence, not the engine.</summary>
    public static bool IsUsable(ReadOnlySpan<float> logits)
    {
        var allBelow = Vector256<float>.AllBitsSet;
        var anyAbove = Vector256<float>.Zero;
        var i = 0;
        for (; i <= logits.Length - Lanes; i += Lanes)
        {
            var values = Vector256.Create(logits.Slice(i, Lanes));
            allBelow &= Vector256.LessThan(values, Vector256.Create(float.PositiveInfinity));
            anyAbove |= Vector256.GreaterThan(values, Vector256.Create(float.NegativeInfinity));
        }

        var finite = anyAbove.ExtractMostSignificantBits() != 0;
        for (; i < logits.Length; i++)
        {
            if (!(logits[i] < float.PositiveInfinity))
                return false;
            finite |= logits[i] > float.NegativeInfinity;
        }

        return finite && allBelow.ExtractMostSignificantBits() == (1u << Lanes) - 1;
    }
}
