using System.Runtime.Intrinsics;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>Passes over a row of logits that only narrow down where the best are: what they say is exact, how they get there is not part of the protocol.</summary>
internal static class LogitScan
{
    /// <summary>Groups of a row: token i belongs to group i mod this.</summary>
    public const int Groups = 1024;

    private const int Lanes = 8;

    /// <summary>The largest logit of each group; −∞ for groups without one. Returns the largest of all.</summary>
    /// <param name="logits">At least one; not NaN.</param>
    /// <param name="maxima"><see cref="Groups"/> values.</param>
    public static float Maxima(ReadOnlySpan<float> logits, Span<float> maxima)
    {
        Invariant.Assert(logits.Length > 0);
        maxima.Fill(float.NegativeInfinity);
        var numbers = Vector256<float>.AllBitsSet;
        for (var start = 0; start < logits.Length; start += Groups)
        {
            var row = logits.Slice(start, Math.Min(Groups, logits.Length - start));
            var i = 0;
            for (; i <= row.Length - Lanes; i += Lanes)
            {
                var values = Vector256.Create(row.Slice(i, Lanes));
                numbers &= Vector256.Equals(values, values);
                Vector256.MaxNative(Vector256.Create<float>(maxima.Slice(i, Lanes)), values).CopyTo(maxima[i..]);
            }

            for (; i < row.Length; i++)
            {
                Invariant.Assert(!float.IsNaN(row[i]));
                maxima[i] = Math.Max(maxima[i], row[i]);
            }
        }

        Invariant.Assert(Vector256.EqualsAll(numbers.AsInt32(), Vector256<int>.AllBitsSet));
        var largest = float.NegativeInfinity;
        foreach (var maximum in maxima)
            largest = Math.Max(largest, maximum);
        return largest;
    }

    /// <summary>The <paramref name="rank"/>-th largest value, from 1; −∞ when there are not so many. Reorders them.</summary>
    public static float Largest(Span<float> values, int rank)
    {
        if (rank > values.Length)
            return float.NegativeInfinity;
        var (from, to) = (0, values.Length - 1);
        while (from < to)
        {
            var pivot = values[from + (to - from) / 2];
            var (left, right) = (from, to);
            while (left <= right)
            {
                while (values[left] > pivot)
                    left++;
                while (values[right] < pivot)
                    right--;
                if (left <= right)
                {
                    (values[left], values[right]) = (values[right], values[left]);
                    left++;
                    right--;
                }
            }

            if (rank - 1 <= right)
                to = right;
            else if (rank - 1 >= left)
                from = left;
            else
                break;
        }

        return values[rank - 1];
    }

    /// <summary>Index of the next logit ≥ <paramref name="floor"/> from <paramref name="from"/> on; the row's length when there is none.</summary>
    public static int Next(ReadOnlySpan<float> logits, float floor, int from)
    {
        var i = from;
        var floors = Vector256.Create(floor);
        for (; i <= logits.Length - Lanes; i += Lanes)
        {
            var mask = Vector256.GreaterThanOrEqual(Vector256.Create(logits.Slice(i, Lanes)), floors).ExtractMostSignificantBits();
            if (mask != 0)
                return i + System.Numerics.BitOperations.TrailingZeroCount(mask);
        }

        for (; i < logits.Length; i++)
        {
            if (logits[i] >= floor)
                return i;
        }

        return i;
    }
}
