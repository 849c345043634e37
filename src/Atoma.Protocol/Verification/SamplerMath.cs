using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>The arithmetic that the sampler and its replay share, on one candidate at a time.</summary>
internal static class SamplerMath
{
    /// <summary>−ln p in quanta, rounded half up, clipped to 16 bits.</summary>
    public static ushort Quantise(double logProbability)
    {
        var quanta = Math.Floor(-logProbability * VerificationLimits.QuantaPerNat + 0.5);
        return quanta <= 0 ? (ushort)0 : quanta >= ushort.MaxValue ? ushort.MaxValue : (ushort)quanta;
    }

    /// <summary>ln p plus bias, less penalties for what the output already holds.</summary>
    public static double Adjust(int token, ushort quanta, SamplingParameters parameters, IReadOnlyDictionary<int, int> counts)
    {
        var adjusted = -(double)quanta / VerificationLimits.QuantaPerNat;
        foreach (var bias in parameters.LogitBias)
        {
            if (bias.Token == token)
                adjusted += bias.Bias;
        }

        if ((parameters.PresencePenalty != 0 || parameters.FrequencyPenalty != 0) && counts.TryGetValue(token, out var count))
            adjusted -= parameters.PresencePenalty + parameters.FrequencyPenalty * count;
        return adjusted;
    }

    /// <summary>P7.1: ln p′/T − ln(−ln U); plain ln p′ when T = 0.</summary>
    public static double Score(double adjusted, int token, SamplingParameters parameters, int position)
    {
        if (parameters.Temperature == 0)
            return adjusted;
        var uniform = Prf.Uniform(parameters.Seed, (uint)position, (uint)token);
        return adjusted / parameters.Temperature - ExactMath.Log(-ExactMath.Log(uniform));
    }

    /// <summary>Higher score first, ties to the lower token id.</summary>
    public static int Order(double leftScore, int leftToken, double rightScore, int rightToken)
    {
        var byScore = rightScore.CompareTo(leftScore);
        return byScore != 0 ? byScore : leftToken.CompareTo(rightToken);
    }
}
