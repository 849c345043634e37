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
            var logits = new float[random.Next(1, 200)];
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
            var expected = LogSum.Scalar(logits, out var largestExpected);
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(LogSum.Of(logits, out var largest)));
            Assert.Equal(largestExpected, largest);
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
}
