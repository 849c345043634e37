using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification;

public sealed class SamplerTests
{
    private static readonly Dictionary<int, int> NoCounts = [];

    /// <summary>Twelve logits of docs/engine.md; tokens 2 and 7 tie.</summary>
    private static readonly float[] Logits = [0.5f, -1f, 2f, 0f, 1.25f, -3f, 1f, 2f, -0.5f, 0.75f, float.NegativeInfinity, -20f];

    private static string Show(PositionEvidence evidence) => string.Join(' ', evidence.Entries.Select(e => $"{e.Token}:{e.Quanta}"));

    public static TheoryData<string, SamplingParameters, string> Golden => new()
    {
        { "T=0", new SamplingParameters { Temperature = 0 }, "2:2637 7:2637 4:4173 6:4685 9:5197 0:5709 3:6733 8:7757" },
        { "T=1", new SamplingParameters { Seed = 42 }, "7:2637 2:2637 0:5709 4:4173 9:5197 1:8781 8:7757 6:4685" },
        { "T=0.5", new SamplingParameters { Seed = 42, Temperature = 0.5 }, "7:2637 2:2637 4:4173 0:5709 9:5197 6:4685 1:8781 8:7757" },
        { "top-k", new SamplingParameters { Seed = 42, TopK = 3 }, "7:2637 2:2637 4:4173" },
        { "top-p", new SamplingParameters { Seed = 42, TopP = 0.7 }, "7:2637 2:2637 4:4173 6:4685" },
        { "min-p", new SamplingParameters { Seed = 42, MinP = 0.3 }, "7:2637 2:2637 4:4173 6:4685" },
        { "penalties", new SamplingParameters { Temperature = 0, PresencePenalty = 0.5, FrequencyPenalty = 0.25 }, "7:2637 2:2637 6:4685 9:5197 0:5709 4:4173 3:6733 8:7757" },
        { "bias", new SamplingParameters { Temperature = 0, LogitBias = [new(2, -100), new(5, 100)] }, "5:12877 7:2637 4:4173 6:4685 9:5197 0:5709 3:6733 8:7757" },
    };

    [Theory, MemberData(nameof(Golden))]
    public void Choose_GoldenLogits_GivesTheGoldenEvidence(string name, SamplingParameters parameters, string evidence)
    {
        var counts = name == "penalties" ? new Dictionary<int, int> { [2] = 2, [4] = 1 } : NoCounts;
        var chosen = Show(new Sampler().Choose(Logits, parameters, counts, position: 3));
        Assert.True(evidence == chosen, chosen);
    }

    [Fact]
    public void Choose_EqualLogitsAtTemperatureZero_TakesTheLowestIds() => Assert.Equal(
        [0, 1, 2, 3, 4, 5, 6, 7],
        new Sampler().Choose(new float[5000], new SamplingParameters { Temperature = 0 }, NoCounts, 0).Entries.Select(e => e.Token));

    [Fact]
    public void Choose_OverSeeds_FollowsTheSoftmax()
    {
        float[] logits = [1f, 0f, -1f, 2f, 0.5f, -0.5f];
        foreach (var temperature in new[] { 0.7, 1.0, 1.6 })
        {
            const int Draws = 30_000;
            var seen = new int[logits.Length];
            var sampler = new Sampler();
            for (var i = 0; i < Draws; i++)
                seen[sampler.Choose(logits, new SamplingParameters { Temperature = temperature, Seed = (ulong)i * 7919 }, NoCounts, i % 11).Token]++;
            var weights = logits.Select(l => Math.Exp(l / temperature)).ToArray();
            var chiSquare = seen.Select((n, t) => Math.Pow(n - Draws * weights[t] / weights.Sum(), 2) / (Draws * weights[t] / weights.Sum())).Sum();
            Assert.True(chiSquare < 20.5, $"chi-square {chiSquare} at T={temperature}"); // 5 degrees of freedom, p = 0.001
        }
    }

    internal static readonly Gen<SamplingParameters> Parameters =
        from temperature in Gen.OneOf(Gen.Const(0.0), Gen.Double[0.05, 2])
        from topP in Gen.OneOf(Gen.Const(1.0), Gen.Double[0.05, 1])
        from topK in Gen.OneOf(Gen.Const(0), Gen.Int[1, 256])
        from minP in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 0.5])
        from presence in Gen.OneOf(Gen.Const(0.0), Gen.Double[-2, 2])
        from frequency in Gen.OneOf(Gen.Const(0.0), Gen.Double[-2, 2])
        from biases in Gen.Select(Gen.Int[0, 99], Gen.Double[-100, 100]).Array[0, 3]
        from seed in Gen.ULong
        select new SamplingParameters
        {
            Temperature = temperature,
            TopP = topP,
            TopK = topK,
            MinP = minP,
            PresencePenalty = presence,
            FrequencyPenalty = frequency,
            LogitBias = [.. biases.DistinctBy(b => b.Item1).OrderBy(b => b.Item1).Select(b => new LogitBias(b.Item1, b.Item2))],
            Seed = seed,
        };

    [Fact]
    public void Choose_RandomCase_EqualsTheObviousSampler()
    {
        var logit = Gen.OneOf(Gen.Float[-8, 8], Gen.Float[-60, 20], Gen.Int[-2, 2].Select(i => (float)i), Gen.Const(float.NegativeInfinity));
        var cases = Gen.Select(
            logit.Array[1, 3000].Select(l => l.Append(0f).ToArray()), Parameters,
            Gen.Select(Gen.Int[0, 99], Gen.Int[1, 5]).Array[0, 5].Select(c => c.DistinctBy(x => x.Item1).ToDictionary(x => x.Item1, x => x.Item2)),
            Gen.Int[0, 20_000]);
        cases.Sample((logits, parameters, counts, position) => Assert.Equal(
            Show(SlowSampler.Choose(logits, parameters, counts, position)), Show(new Sampler().Choose(logits, parameters, counts, position))), iter: 150);
    }

    [Fact]
    public void Choose_NotANumber_BreaksAnInvariant() =>
        Assert.Throws<InvariantException>(() => new Sampler().Choose([float.NaN], new SamplingParameters(), NoCounts, 0));

    [Fact]
    public void Problem_EveryFieldOutOfRange_IsNamed()
    {
        (SamplingParameters Bad, string Names)[] cases =
        [
            (new() { Temperature = 2.1 }, "temperature"), (new() { Temperature = double.NaN }, "temperature"), (new() { TopP = 0 }, "top_p"),
            (new() { TopK = 257 }, "top_k"), (new() { MinP = -0.1 }, "min_p"), (new() { PresencePenalty = 3 }, "presence_penalty"),
            (new() { FrequencyPenalty = -3 }, "frequency_penalty"), (new() { LogitBias = [new(1, 101)] }, "logit_bias"),
            (new() { LogitBias = [new(2, 0), new(1, 0)] }, "logit_bias"), (new() { LogitBias = [new(-1, 0)] }, "logit_bias"),
            (new() { Stop = ["a", "b", "c", "d", "e"] }, "stop"), (new() { Stop = [""] }, "stop"), (new() { MaxTokens = 0 }, "max_tokens"),
            (new() { MaxTokens = 16_385 }, "max_tokens"),
        ];
        foreach (var (bad, names) in cases)
            Assert.Contains(names, bad.Problem(), StringComparison.Ordinal);
        Assert.Null(new SamplingParameters().Problem());
    }
}
