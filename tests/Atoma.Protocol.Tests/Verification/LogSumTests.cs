using System.Runtime.Intrinsics;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Verification;

public class LogSumTests
{
    [Fact]
    public void Of_AnyRow_HasTheBitsOfTheScalarSum()
    {
        var random = new Random(23);
        for (var round = 0; round < 2000; round++)
        {
            var logits = new float[random.Next(1, round % 10 == 0 ? 5000 : 200)];
            for (var i = 0; i < logits.Length; i++)
            {
                logits[i] = random.Next(12) switch
                {
                    0 => float.NegativeInfinity,
                    1 => -2000 * random.NextSingle(),
                    2 => 0f,
                    3 => -0f,
                    _ => (float)(random.NextDouble() * 90 - 45),
                };
            }

            logits[random.Next(logits.Length)] = 3;
            var largest = LogitScan.Maxima(logits, new float[LogitScan.Groups]);
            Assert.Equal(logits.Max(), largest);
            Assert.Equal(BitConverter.DoubleToInt64Bits(LogSum.Scalar(logits, largest)), BitConverter.DoubleToInt64Bits(LogSum.Of(logits, largest)));
            var precise = largest + Math.Log(logits.Sum(l => Math.Exp((double)l - largest)));
            Assert.InRange(LogSum.Of(logits, largest) - precise, -1e-5, 1e-5);
        }
    }

    [Fact]
    public void Exp_EachLane_HasTheBitsOfTheScalarFunction()
    {
        var random = new Random(29);
        for (var round = 0; round < 20_000; round++)
        {
            var x = Enumerable.Range(0, 4).Select(_ => random.NextDouble() * 1400 - 700).ToArray();
            var lanes = ExactMath.Exp(Vector256.Create(x));
            for (var i = 0; i < 4; i++)
                Assert.Equal(BitConverter.DoubleToInt64Bits(ExactMath.Exp(x[i])), BitConverter.DoubleToInt64Bits(lanes[i]));
        }
    }

    [Fact]
    public void ExpOrZero_EachLane_HasTheBitsOfTheScalarFunction()
    {
        var random = new Random(31);
        for (var round = 0; round < 20_000; round++)
        {
            var x = Enumerable.Range(0, 4).Select(_ => random.NextDouble() * 4000 - 3300).ToArray();
            x[0] = Math.Min(x[0], -700 + (round % 3 - 1) * 1e-9);
            var lanes = ExactMath.ExpOrZero(Vector256.Create(x));
            for (var i = 0; i < 4; i++)
                Assert.Equal(BitConverter.DoubleToInt64Bits(ExactMath.Exp(x[i])), BitConverter.DoubleToInt64Bits(lanes[i]));
        }
    }

    [Fact]
    public void ExpSingle_EachLane_HasTheBitsOfTheScalarFunctionAndIsClose()
    {
        var random = new Random(37);
        for (var round = 0; round < 20_000; round++)
        {
            var x = Enumerable.Range(0, 8).Select(_ => random.NextSingle() * -79).ToArray();
            var lanes = ExactMath.ExpSingle(Vector256.Create(x));
            for (var i = 0; i < 8; i++)
            {
                Assert.Equal(BitConverter.SingleToInt32Bits(ExactMath.ExpSingle(x[i])), BitConverter.SingleToInt32Bits(lanes[i]));
                Assert.InRange(lanes[i] / Math.Exp(x[i]), 1 - 5e-7, 1 + 5e-7);
            }
        }
    }

    [Fact]
    public void Log_EachLane_HasTheBitsOfTheScalarFunction()
    {
        var random = new Random(41);
        for (var round = 0; round < 20_000; round++)
        {
            var x = Enumerable.Range(0, 4).Select(_ => Math.Exp(random.NextDouble() * 1300 - 650)).ToArray();
            x[3] = 1 - random.NextDouble() / 1e9;
            var lanes = ExactMath.Log(Vector256.Create(x));
            for (var i = 0; i < 4; i++)
                Assert.Equal(BitConverter.DoubleToInt64Bits(ExactMath.Log(x[i])), BitConverter.DoubleToInt64Bits(lanes[i]));
        }
    }
}
