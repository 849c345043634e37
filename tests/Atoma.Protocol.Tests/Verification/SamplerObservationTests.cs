using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Tests.Verification;

public sealed class SamplerObservationTests
{
    private static readonly SamplingParameters Greedy = new() { Temperature = 0 };

    /// <summary>ln of 0.5, 0.25, 0.125, 0.125 and nothing: the normaliser is 0.</summary>
    private static readonly float[] Logits = [MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.125f), MathF.Log(0.125f), float.NegativeInfinity];

    [Fact]
    public void Observe_TheOwnChoice_IsZeroAndZero()
    {
        var sampler = new Sampler();
        foreach (var parameters in new[] { Greedy, new SamplingParameters { Seed = 5 }, new SamplingParameters { Seed = 6, Temperature = 0.7, TopP = 0.9 } })
        {
            var state = new SamplingState(parameters, []);
            for (var position = 0; position < 50; position++)
            {
                var chosen = sampler.Choose(Logits, state);
                Assert.Equal(default, sampler.Observe(Logits, state, chosen));
                state.Accept(chosen.Token);
            }
        }
    }

    [Theory]
    [InlineData(1, 0.6931)] // ln 2 below the best
    [InlineData(2, 1.3863)]
    [InlineData(4, 4)] // impossible: the bound
    public void Observe_AnotherTokenGreedy_IsItsDistanceFromTheBest(int token, double margin) =>
        Assert.Equal(margin, Observe(Greedy, token).Margin, 0.001);

    [Fact]
    public void Observe_AnotherTemperature_GivesTheSameMarginInNats()
    {
        // The noise is scaled with the logits: at 0.01 it hardly counts, and the margin is that of the logits.
        Assert.Equal(0.6931, Observe(new SamplingParameters { Temperature = 0.001, Seed = 3 }, 1).Margin, 0.02);
    }

    [Fact]
    public void Observe_TokenThatTheFiltersLeaveOut_IsAtLeastAsFarAsItIsOutside()
    {
        // Of all seeds, also those under which the token left out has the highest score.
        for (var seed = 0UL; seed < 200; seed++)
            Assert.InRange(Observe(new SamplingParameters { TopK = 2, Seed = seed }, 2).Margin, 0.69, StatisticalLimits.MarginNats);
    }

    [Fact]
    public void Observe_TokenAtTheBoundOfTopP_IsHardlyOutsideHoweverUnlikely()
    {
        // The two likeliest hold 0.75: a bound of 0.749 leaves out the third by a thousandth, though it is ln 2 below the second.
        var closest = Enumerable.Range(0, 500).Min(seed => Observe(new SamplingParameters { TopP = 0.749, Seed = (ulong)seed }, 2).Margin);
        Assert.InRange(closest, 0.0005, 0.005);
        Assert.InRange(Enumerable.Range(0, 500).Min(seed => Observe(new SamplingParameters { TopP = 0.5, Seed = (ulong)seed }, 2).Margin), 0.4, 0.41);
    }

    [Fact]
    public void Observe_Penalties_CountTheClaimedOutput()
    {
        var parameters = new SamplingParameters { Temperature = 0, PresencePenalty = 2 };
        var state = new SamplingState(parameters, []);
        state.Accept(0);
        var margin = new Sampler().Observe(Logits, state, Claim((0, 0.5))).Margin;
        Assert.Equal(2 - Math.Log(2), margin, 0.001);
    }

    [Fact]
    public void Observe_Probabilities_AreComparedEntryByEntry()
    {
        var observed = new Sampler().Observe(Logits, new SamplingState(Greedy, []), Claim((0, 0.5 / Math.Exp(0.1)), (1, 0.25)));
        Assert.Equal((0, 0.05), (observed.Margin, Math.Round(observed.Distance, 3)));
        Assert.Equal(StatisticalLimits.DistanceNats / 2, new Sampler().Observe(Logits, new SamplingState(Greedy, []), Claim((0, 0.5), (4, 0.25))).Distance, 0.001);
        Assert.Equal(StatisticalLimits.DistanceNats / 2, new Sampler().Observe(Logits, new SamplingState(Greedy, []), Claim((0, 0.5), (99, 0.25))).Distance, 0.001);
    }

    private static PositionObservation Observe(SamplingParameters parameters, int token) => new Sampler().Observe(Logits, new SamplingState(parameters, []), Claim((token, 0.1)));

    private static PositionEvidence Claim(params (int Token, double Probability)[] entries) =>
        new([.. entries.Select(e => new EvidenceEntry(e.Token, (ushort)Math.Round(-Math.Log(e.Probability) * VerificationLimits.QuantaPerNat)))]);
}
