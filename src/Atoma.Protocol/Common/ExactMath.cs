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

    /// <summary>1/14! down to 1/0!.</summary>
    private static ReadOnlySpan<double> InverseFactorials =>
    [
        1.0 / 87178291200, 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
        1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1.0, 1.0,
    ];

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
        for (var k = 21; k >= 3; k -= 2)
            sum = (sum + 1.0 / k) * z;
        var small = 2 * s * sum;
        return exponent * Ln2High + (2 * s + (small + exponent * Ln2Low));
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
