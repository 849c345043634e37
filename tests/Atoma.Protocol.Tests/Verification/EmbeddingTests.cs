using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification;

public sealed class EmbeddingTests
{
    private static readonly Transcript Honest = Transcript.OfVectors(
        Hash32.Zero, [1, 2, 3], new SamplingParameters { MaxTokens = 0, InputLengths = [1, 2] }, [new([0.6f, -0.8f]), new([0, 1])]);

    /// <summary>Bits that every platform has to give.</summary>
    [Fact]
    public void Normalised_GoldenSum_HasTheGoldenBits()
    {
        var vector = EmbeddingVector.Normalised([0.1, -2.75, 1e-3, 123.456])!;
        Assert.Equal("3a544907 bcb66ec2 3707dcd2 3f7fefba", string.Join(' ', vector.Values.Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8"))));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1e-200, 0)]
    public void Normalised_NothingToPointAlong_IsNull(double first, double second) => Assert.Null(EmbeddingVector.Normalised([first, second]));

    [Fact]
    public void Normalised_AnySum_PassesStage1() => Gen.Double[-1e6, 1e6].Array[1, 2000].Where(v => v.Any(x => Math.Abs(x) > 1)).Sample(
        sum => Assert.Null(EmbeddingRules.Replay(Honest with { Parameters = Honest.Parameters with { InputLengths = [3] }, Vectors = [EmbeddingVector.Normalised(sum)!] }, sum.Length)),
        iter: 200);

    [Fact]
    public void Replay_EachFault_IsFoundWhereItIs()
    {
        Assert.Null(EmbeddingRules.Replay(Honest, 2));
        (Transcript Bent, int Position)[] cases =
        [
            (Honest with { Finish = FinishReason.EndOfSequence }, 0),
            (Honest with { Chunks = [new TranscriptChunk([new([new(1, 0)])])] }, 0),
            (Honest with { Vectors = [Honest.Vectors[0]] }, 1),
            (Honest with { Vectors = [.. Honest.Vectors, Honest.Vectors[0]] }, 2),
            (Honest with { Vectors = [Honest.Vectors[0], new([0, 0, 1])] }, 1),
            (Honest with { Vectors = [Honest.Vectors[0], new([0, 1.00001f])] }, 1),
            (Honest with { Vectors = [new([float.NaN, 1]), Honest.Vectors[1]] }, 0),
            (Honest with { Vectors = [new([float.PositiveInfinity, 1]), Honest.Vectors[1]] }, 0),
        ];
        foreach (var (bent, position) in cases)
            Assert.Equal(position, EmbeddingRules.Replay(bent, 2)?.Position);
    }

    [Fact]
    public void Stage1_EmbeddingsForAnAnswer_AreAFault() =>
        Assert.NotNull(Stage1.Replay(Honest with { Parameters = new SamplingParameters() }, new HashSet<int>()));

    [Fact]
    public void Problem_InputsOutOfRange_SaysSo()
    {
        Assert.Null(Honest.Parameters.Problem());
        SamplingParameters[] wrong =
        [
            Honest.Parameters with { MaxTokens = 1 }, Honest.Parameters with { InputLengths = [0] }, Honest.Parameters with { InputLengths = [int.MaxValue, int.MaxValue] },
            Honest.Parameters with { InputLengths = [.. Enumerable.Repeat(1, VerificationLimits.EmbeddingInputs + 1)] }, new SamplingParameters { MaxTokens = 0 },
        ];
        Assert.All(wrong, p => Assert.NotNull(p.Problem()));
    }
}
