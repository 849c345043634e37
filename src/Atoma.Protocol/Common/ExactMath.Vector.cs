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
}
