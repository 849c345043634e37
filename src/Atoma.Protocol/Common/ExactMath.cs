namespace Atoma.Protocol.Common;

/// <summary>
/// ln and exp from IEEE-754 double additions, multiplications and divisions alone, so that every platform gets the same bits
/// (the run-time library's own differ between platforms). Relative error below 4e-16 in the ranges given.
/// </summary>
public static partial class ExactMath
{
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double InverseLn2 = 1.44269504088896338700e+00;
    private const double SquareRootOfHalf = 0.70710678118654752440;

    private const float SingleInverseLn2 = 1.44269504f;
    private const float SingleLn2High = 0.693359375f;
    private const float SingleLn2Low = -2.12194440e-4f;

    /// <summary>1/6! down to 1/0!.</summary>
    private static ReadOnlySpan<float> SingleInverseFactorials => [1f / 720, 1f / 120, 1f / 24, 1f / 6, 1f / 2, 1f, 1f];

    /// <summary>1/14! down to 1/0!.</summary>
    private static ReadOnlySpan<double> InverseFactorials =>
    [
        1.0 / 87178291200, 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
        1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1.0, 1.0,
    ];

    /// <summary>1/21 down to 1/3.</summary>
    private static ReadOnlySpan<double> InverseOdds =>
        [1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3];

    /// <summary>ln x for normal x &gt; 0: x = m·2^e with m in [√½, √2), ln m = 2·artanh((m−1)/(m+1)) by its series.</summary>
    public static double Log(double x)
    {
        Invariant.Assert(x is > 0 and < double.PositiveInfinity);
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1022;
        Invariant.Assert(exponent > -1022);
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FE0_0000_0000_0000);
        if (mantissa < SquareRootOfHalf)
        {
            mantissa *= 2;
            exponent--;
        }

        var s = (mantissa - 1) / (mantissa + 1);
        var z = s * s;
        var sum = 0.0;
        foreach (var coefficient in InverseOdds)
            sum = (sum + coefficient) * z;
        var small = 2 * s * sum;
        return exponent * Ln2High + (2 * s + (small + exponent * Ln2Low));
    }

    /// <summary>
    /// exp x in single precision for x in (−80, 0], relative error below 5e-7: for sums whose logarithm is all that counts.
    /// ln 2 is split so that k·ln2 is exact in its upper part.
    /// </summary>
    public static float ExpSingle(float x)
    {
        Invariant.Assert(x is > -80 and <= 0);
        var k = MathF.Floor(x * SingleInverseLn2 + 0.5f);
        var r = x - k * SingleLn2High - k * SingleLn2Low;
        var sum = 0f;
        foreach (var coefficient in SingleInverseFactorials)
            sum = sum * r + coefficient;
        return sum * BitConverter.Int32BitsToSingle(((int)k + 127) << 23);
    }

    /// <summary>exp x for x in [−700, 700]; 0 below. exp(k·ln2 + r) = 2^k·exp(r), |r| ≤ ½·ln2, by the Taylor series.</summary>
    public static double Exp(double x)
    {
        Invariant.Assert(x <= 700);
        if (x < -700)
            return 0;
        var k = Math.Floor(x * InverseLn2 + 0.5);
        var r = x - k * Ln2High - k * Ln2Low;
        var sum = 0.0;
        foreach (var coefficient in InverseFactorials)
            sum = sum * r + coefficient;
        return sum * BitConverter.Int64BitsToDouble(((long)k + 1023) << 52);
    }
}
