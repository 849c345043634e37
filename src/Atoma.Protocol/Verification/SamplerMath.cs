using System.Runtime.Intrinsics;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>The arithmetic that the sampler and its replay share.</summary>
internal static class SamplerMath
{
    /// <summary>Doubles computed together; the bits do not depend on it.</summary>
    private const int Lanes = 4;

    /// <summary>−ln p in quanta, rounded half up, clipped to 16 bits.</summary>
    public static ushort Quantise(double logProbability)
    {
        var quanta = Math.Floor(-logProbability * VerificationLimits.QuantaPerNat + 0.5);
        return quanta <= 0 ? (ushort)0 : quanta >= ushort.MaxValue ? ushort.MaxValue : (ushort)quanta;
    }

    /// <summary>P7.1: ln p′/T − ln(−ln U) for each candidate; plain ln p′ when T = 0.</summary>
    /// <param name="adjusted">ln p′; replaced by the scores.</param>
    /// <param name="tokens">Whose they are.</param>
    /// <param name="parameters">Temperature and seed.</param>
    /// <param name="position">Output position.</param>
    public static void Score(Span<double> adjusted, ReadOnlySpan<int> tokens, SamplingParameters parameters, int position)
    {
        if (parameters.Temperature == 0)
            return;
        Span<double> lanes = stackalloc double[Lanes];
        for (var i = 0; i < adjusted.Length; i += Lanes)
        {
            // Lanes past the end have any valid number.
            var count = Math.Min(Lanes, adjusted.Length - i);
            lanes.Fill(0.5);
            for (var k = 0; k < count; k++)
                lanes[k] = Prf.Uniform(parameters.Seed, (uint)position, (uint)tokens[i + k]);
            (-ExactMath.Log(-ExactMath.Log(Vector256.Create<double>(lanes)))).CopyTo(lanes);
            for (var k = 0; k < count; k++)
                adjusted[i + k] = adjusted[i + k] / parameters.Temperature + lanes[k];
        }
    }

    /// <summary>exp(adjusted − the first) for each candidate; they fall.</summary>
    public static void Weights(ReadOnlySpan<double> adjusted, Span<double> weights)
    {
        var first = Vector256.Create(adjusted[0]);
        Span<double> lanes = stackalloc double[Lanes];
        for (var i = 0; i < adjusted.Length; i += Lanes)
        {
            var count = Math.Min(Lanes, adjusted.Length - i);
            lanes.Clear();
            adjusted.Slice(i, count).CopyTo(lanes);
            ExactMath.ExpOrZero(Vector256.Create<double>(lanes) - first).CopyTo(lanes);
            lanes[..count].CopyTo(weights[i..]);
        }
    }

    /// <summary>Higher score first, ties to the lower token id.</summary>
    public static int Order(double leftScore, int leftToken, double rightScore, int rightToken)
    {
        var byScore = rightScore.CompareTo(leftScore);
        return byScore != 0 ? byScore : leftToken.CompareTo(rightToken);
    }
}
