using System.Runtime.Intrinsics;

namespace Atoma.Protocol.Common;

/// <summary>The same operations in the same order on four doubles at once: each lane has the bits of the scalar function.</summary>
public static partial class ExactMath
{
    /// <summary>1.5·2^52: added to a whole number below 2^51 it puts that number into the low bits.</summary>
    private const double WholeNumberShift = 6755399441055744.0;

    /// <summary><see cref="Exp(double)"/> of each lane, for lanes in [−700, 700]; other lanes are not to be used.</summary>
    public static Vector256<double> Exp(Vector256<double> x)
    {
        var k = Vector256.Floor(x * InverseLn2 + Vector256.Create(0.5));
        var r = x - k * Ln2High - k * Ln2Low;
        var sum = Vector256<double>.Zero;
        foreach (var coefficient in InverseFactorials)
            sum = sum * r + Vector256.Create(coefficient);
        var exponent = (k + Vector256.Create(WholeNumberShift + 1023)).AsInt64() - Vector256.Create(WholeNumberShift).AsInt64();
        return sum * Vector256.ShiftLeft(exponent, 52).AsDouble();
    }

    /// <summary><see cref="Exp(double)"/> of each lane, for lanes up to 700: 0 below −700.</summary>
    public static Vector256<double> ExpOrZero(Vector256<double> x)
    {
        var least = Vector256.Create(-700.0);
        return Exp(Vector256.Max(x, least)) & Vector256.GreaterThanOrEqual(x, least);
    }

    /// <summary><see cref="Log(double)"/> of each lane, for normal lanes above 0.</summary>
    public static Vector256<double> Log(Vector256<double> x)
    {
        var bits = x.AsInt64();
        var exponent = Vector256.ShiftRightLogical(bits, 52) - Vector256.Create(1022L);
        var mantissa = ((bits & Vector256.Create(0x000F_FFFF_FFFF_FFFF)) | Vector256.Create(0x3FE0_0000_0000_0000)).AsDouble();
        var isSmall = Vector256.LessThan(mantissa, Vector256.Create(SquareRootOfHalf));
        mantissa = Vector256.ConditionalSelect(isSmall, mantissa * 2, mantissa);
        exponent += isSmall.AsInt64(); // all ones: −1
        var shift = Vector256.Create(WholeNumberShift);
        var whole = (exponent + shift.AsInt64()).AsDouble() - shift;
        var s = (mantissa - Vector256<double>.One) / (mantissa + Vector256<double>.One);
        var z = s * s;
        var sum = Vector256<double>.Zero;
        foreach (var coefficient in InverseOdds)
            sum = (sum + Vector256.Create(coefficient)) * z;
        var small = 2 * s * sum;
        return whole * Ln2High + (2 * s + (small + whole * Ln2Low));
    }

    /// <summary><see cref="ExpSingle(float)"/> of each lane, for lanes in its range; other lanes are not to be used.</summary>
    public static Vector256<float> ExpSingle(Vector256<float> x)
    {
        const float Shift = 12582912f; // 1.5·2^23, as WholeNumberShift
        var k = Vector256.Floor(x * SingleInverseLn2 + Vector256.Create(0.5f));
        var r = x - k * SingleLn2High - k * SingleLn2Low;
        var sum = Vector256<float>.Zero;
        foreach (var coefficient in SingleInverseFactorials)
            sum = sum * r + Vector256.Create(coefficient);
        var exponent = (k + Vector256.Create(Shift + 127)).AsInt32() - Vector256.Create(Shift).AsInt32();
        return sum * Vector256.ShiftLeft(exponent, 23).AsSingle();
    }
}
