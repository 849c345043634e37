using Atoma.Protocol.Common;
using CsCheck;

namespace Atoma.Protocol.Tests.Common;

public sealed class ExactMathTests
{
    private const double RelativeError = 4e-16;

    [Fact]
    public void Log_RandomArgument_IsCloseToTheLibrarys() => Gen.Double[-740, 700].Select(Math.Exp).Where(x => x > 3e-308).Sample(
        x => Math.Abs(ExactMath.Log(x) - Math.Log(x)) <= RelativeError * Math.Abs(Math.Log(x)) + double.Epsilon, iter: 50_000);

    [Fact]
    public void Log_NearOne_IsCloseToTheLibrarys() => Gen.Double[0.5, 2].Sample(
        x => Math.Abs(ExactMath.Log(x) - Math.Log(x)) <= RelativeError * Math.Abs(Math.Log(x)), iter: 50_000);

    [Fact]
    public void Exp_RandomArgument_IsCloseToTheLibrarys() => Gen.Double[-700, 700].Sample(
        x => Math.Abs(ExactMath.Exp(x) - Math.Exp(x)) <= RelativeError * Math.Exp(x), iter: 50_000);

    [Fact]
    public void Exp_SmallArgument_IsCloseToTheLibrarys() => Gen.Double[-40, 0].Sample(
        x => Math.Abs(ExactMath.Exp(x) - Math.Exp(x)) <= RelativeError * Math.Exp(x), iter: 50_000);

    // The bits are part of the protocol: they may never change.
    [Theory]
    [InlineData(1.0, 0x0000000000000000)]
    [InlineData(2.0, 0x3fe62e42fefa39ef)]
    [InlineData(0.1, unchecked((long)0xc0026bb1bbb55515))]
    [InlineData(0.5000001, unchecked((long)0xbfe62e42939a7039))]
    [InlineData(1.4142135, 0x3fd62e42cf9ee3ec)]
    [InlineData(36.7, 0x400cd27c9e8e3110)]
    [InlineData(1e-300, unchecked((long)0xc085963447f87fb5))]
    public void Log_GoldenArgument_GivesTheGoldenBits(double x, long bits) =>
        Assert.Equal(bits.ToString("x16"), BitConverter.DoubleToInt64Bits(ExactMath.Log(x)).ToString("x16"));

    [Theory]
    [InlineData(0.0, 0x3ff0000000000000)]
    [InlineData(1.0, 0x4005bf0a8b14576a)]
    [InlineData(-0.5, 0x3fe368b2fc6f960a)]
    [InlineData(-13.37, 0x3eba31ad57ba12f4)]
    [InlineData(-39.9, 0x3c55a7104ddea036)]
    [InlineData(700.0, 0x7f0d945df4f8ec8e)]
    [InlineData(-701.0, 0)]
    public void Exp_GoldenArgument_GivesTheGoldenBits(double x, long bits) =>
        Assert.Equal(bits.ToString("x16"), BitConverter.DoubleToInt64Bits(ExactMath.Exp(x)).ToString("x16"));

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.Epsilon)]
    public void Log_OutsideItsRange_BreaksAnInvariant(double x) => Assert.Throws<InvariantException>(() => ExactMath.Log(x));

    [Theory]
    [InlineData(701.0)]
    [InlineData(double.NaN)]
    public void Exp_OutsideItsRange_BreaksAnInvariant(double x) => Assert.Throws<InvariantException>(() => ExactMath.Exp(x));
}
