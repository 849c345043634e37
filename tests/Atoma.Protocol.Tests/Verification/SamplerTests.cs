using Atoma.Protocol.Common;
using Atoma.Protocol.Tests.Verification.Grammar;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification;

public sealed class SamplerTests
{
    /// <summary>Twelve logits of docs/engine.md; tokens 2 and 7 tie.</summary>
    private static readonly float[] Logits = [0.5f, -1f, 2f, 0f, 1.25f, -3f, 1f, 2f, -0.5f, 0.75f, float.NegativeInfinity, -20f];

    private static string Show(PositionEvidence evidence) =>
        Show(evidence.Entries) + (evidence.Likeliest.Count == 0 ? "" : " of " + Show(evidence.Likeliest));

    private static string Show(IReadOnlyList<EvidenceEntry> entries) => string.Join(' ', entries.Select(e => $"{e.Token}:{e.Quanta}"));

    public static TheoryData<string, SamplingParameters, string> Golden => new()
    {
        { "T=0", new SamplingParameters { Temperature = 0 }, "2:2637 7:2637 4:4173 6:4685 9:5197 0:5709 3:6733 8:7757" },
        { "T=1", new SamplingParameters { Seed = 42 }, "7:2637 2:2637 0:5709 4:4173 9:5197 1:8781 8:7757 6:4685" },
        { "T=0.5", new SamplingParameters { Seed = 42, Temperature = 0.5 }, "7:2637 2:2637 4:4173 0:5709 9:5197 6:4685 1:8781 8:7757" },
        { "top-k", new SamplingParameters { Seed = 42, TopK = 3 }, "7:2637 2:2637 4:4173" },
        { "top-p", new SamplingParameters { Seed = 42, TopP = 0.7 }, "7:2637 2:2637 4:4173 6:4685" },
        { "min-p", new SamplingParameters { Seed = 42, MinP = 0.3 }, "7:2637 2:2637 4:4173 6:4685" },
        { "penalties", new SamplingParameters { Temperature = 0, PresencePenalty = 0.5, FrequencyPenalty = 0.25 }, "7:2637 2:2637 6:4685 9:5197 0:5709 4:4173 3:6733 8:7757" },
        { "repetition", new SamplingParameters { Temperature = 0, RepetitionPenalty = 1.5, RepetitionWindow = 4 }, "7:2637 2:2637 6:4685 9:5197 0:5709 4:4173 3:6733 8:7757" },
        { "window", new SamplingParameters { Temperature = 0, RepetitionPenalty = 1.5, RepetitionWindow = 1 }, "7:2637 2:2637 4:4173 6:4685 9:5197 0:5709 3:6733 8:7757" },
        { "all three", new SamplingParameters { Temperature = 0, RepetitionPenalty = 2, RepetitionWindow = 2, PresencePenalty = -1, LogitBias = [new(2, -1)] }, "7:2637 6:4685 9:5197 2:2637 0:5709 4:4173 3:6733 8:7757" },
        { "grammar", new SamplingParameters { Seed = 42, Grammar = "root ::= [cdf]+" }, "2:2637 3:6733 5:12877" },
        { "grammar ends", new SamplingParameters { Temperature = 0, Grammar = "root ::= [a-h]*" }, "2:2637 7:2637 4:4173 6:4685 0:5709 3:6733 1:8781 5:12877" },
        { "excluded", new SamplingParameters { Temperature = 0, Grammar = "root ::= \"k\"" }, "10:65535" },
        { "top logprobs", new SamplingParameters { Seed = 42, TopK = 3, TopLogprobs = 4 }, "7:2637 2:2637 4:4173 of 2:2637 7:2637 4:4173 6:4685" },
        { "bias", new SamplingParameters { Temperature = 0, LogitBias = [new(2, -100), new(5, 100)] }, "5:12877 7:2637 4:4173 6:4685 9:5197 0:5709 3:6733 8:7757" },
    };

    /// <summary>Token i reads as the i-th small letter; the last one ends the answer.</summary>
    private static readonly GrammarVocabulary Letters = GrammarVocabulary.Build(Logits.Length, t => t < 11 ? [(byte)('a' + t)] : [], [11]);

    [Theory, MemberData(nameof(Golden))]
    public void Choose_GoldenLogits_GivesTheGoldenEvidence(string name, SamplingParameters parameters, string evidence)
    {
        var state = State(parameters, [9, 5], name is "penalties" or "repetition" or "window" or "all three" ? [2, 4, 2] : [], at: 3, Letters);
        var chosen = Show(new Sampler().Choose(Logits, state));
        Assert.True(evidence == chosen, $"{name}: {chosen}");
    }

    [Fact]
    public void Choose_EqualLogitsAtTemperatureZero_TakesTheLowestIds() => Assert.Equal(
        [0, 1, 2, 3, 4, 5, 6, 7],
        new Sampler().Choose(new float[50_000], new SamplingState(new SamplingParameters { Temperature = 0 }, [])).Entries.Select(e => e.Token));

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
                seen[sampler.Choose(logits, State(new SamplingParameters { Temperature = temperature, Seed = (ulong)i * 7919 }, [], [], at: i % 11)).Token]++;
            var weights = logits.Select(l => Math.Exp(l / temperature)).ToArray();
            var chiSquare = seen.Select((n, t) => Math.Pow(n - Draws * weights[t] / weights.Sum(), 2) / (Draws * weights[t] / weights.Sum())).Sum();
            Assert.True(chiSquare < 20.5, $"chi-square {chiSquare} at T={temperature}"); // 5 degrees of freedom, p = 0.001
        }
    }

    /// <summary>A state after an output; filled up with a token that no row has to reach a position.</summary>
    private static SamplingState State(SamplingParameters parameters, int[] prompt, int[] output, int at = 0, GrammarVocabulary? vocabulary = null)
    {
        var grammar = parameters.Grammar.Length > 0 ? new GrammarConstraint(GrammarProgram.Parse(parameters.Grammar), vocabulary!) : null;
        var state = new SamplingState(parameters, prompt, grammar);
        // A token without a text leaves the grammar where it is.
        foreach (var token in output.Length == 0 ? Enumerable.Repeat(11, at) : output)
            state.Accept(token);
        return state;
    }

    internal static readonly Gen<SamplingParameters> Parameters =
        from temperature in Gen.OneOf(Gen.Const(0.0), Gen.Double[0.05, 2])
        from topP in Gen.OneOf(Gen.Const(1.0), Gen.Double[0.05, 1])
        from topK in Gen.OneOf(Gen.Const(0), Gen.Int[1, 256])
        from minP in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 0.5])
        from presence in Gen.OneOf(Gen.Const(0.0), Gen.Double[-2, 2])
        from frequency in Gen.OneOf(Gen.Const(0.0), Gen.Double[-2, 2])
        from repetition in Gen.OneOf(Gen.Const(1.0), Gen.Double[1, 2])
        from window in Gen.OneOf(Gen.Const(64), Gen.Int[0, 8])
        from shown in Gen.OneOf(Gen.Const(0), Gen.Int[1, 20])
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
            RepetitionPenalty = repetition,
            RepetitionWindow = window,
            TopLogprobs = shown,
            LogitBias = [.. biases.DistinctBy(b => b.Item1).OrderBy(b => b.Item1).Select(b => new LogitBias(b.Item1, b.Item2))],
            Seed = seed,
        };

    private static readonly Gen<float> AnyLogit =
        Gen.OneOf(Gen.Float[-8, 8], Gen.Float[-60, 20], Gen.Int[-2, 2].Select(i => (float)i), Gen.Float[3f, 3.001f], Gen.Const(float.NegativeInfinity));

    [Fact]
    public void Choose_RandomCase_EqualsTheObviousSampler() =>
        Gen.Select(
            AnyLogit.Array[1, 3000].Select(l => l.Append(0f).ToArray()), Parameters, Gen.Int[0, 120].Array[0, 9], Gen.Int[0, 99].Array[0, 9]).Sample((logits, parameters, prompt, output) =>
            Assert.Equal(Show(SlowSampler.Choose(logits, parameters, prompt, output)), Show(new Sampler().Choose(logits, State(parameters, prompt, output)))), iter: 200);

    /// <summary>Rows whose best come in the worst order for a scan: ascending, all in one group, ties everywhere.</summary>
    [Fact]
    public void Choose_AwkwardRows_EqualTheObviousSampler()
    {
        float[][] rows =
        [
            [.. Enumerable.Range(0, 9000).Select(i => i / 900f)], [.. Enumerable.Range(0, 9000).Select(i => -i / 90_000f)],
            [.. Enumerable.Range(0, 9000).Select(i => i % 1024 == 5 ? 9f : -i / 9000f)], [.. Enumerable.Range(0, 9000).Select(i => i % 2)], new float[9000],
            [.. Enumerable.Range(0, 9000).Select(i => i % 31 == 0 ? float.NegativeInfinity : 20_000f + i % 7)], [.. Enumerable.Repeat(float.NegativeInfinity, 2000), 1f],
            [.. Enumerable.Range(0, 9000).Select(i => -1e30f * (i % 3))],
        ];
        var sampler = new Sampler();
        foreach (var row in rows)
        {
            foreach (var temperature in new[] { 0, 1.0 })
            {
                var parameters = new SamplingParameters { Temperature = temperature, Seed = 3, TopLogprobs = 20, PresencePenalty = 0.5, LogitBias = [new(3, 2), new(4000, 1)] };
                int[] output = [.. Enumerable.Range(0, 900).Select(i => i * 7 % 9001)];
                Assert.Equal(Show(SlowSampler.Choose(row, parameters, [], output)), Show(sampler.Choose(row, State(parameters, [], output))));
            }
        }
    }

    [Fact]
    public void Choose_WithAGrammar_EqualsTheObviousSampler()
    {
        const int Size = 4000;
        var random = new Random(11);
        byte[][] texts = [.. Enumerable.Range(0, Size).Select(i => i % 50 == 7 ? [] : Enumerable.Range(0, random.Next(1, 4)).Select(_ => (byte)"abc{}\":, 1"[random.Next(10)]).ToArray())];
        var vocabulary = GrammarVocabulary.Build(Size, t => texts[t], [7, 57]);
        string[] grammars = [Grammars.Json, "root ::= [a-c]*", "root ::= [^a]{0,9}", "root ::= \"{\" [a-c1]* \"}\""];
        Gen.Select(AnyLogit.Array[Size], Parameters, Gen.Int[0, grammars.Length - 1]).Sample((logits, parameters, which) =>
        {
            parameters = parameters with { Grammar = grammars[which] };
            var sampler = new Sampler();
            var state = new SamplingState(parameters, [1, 2, 3], new GrammarConstraint(GrammarProgram.Parse(parameters.Grammar), vocabulary));
            var output = new List<int>();
            while (output.Count < 6 && !state.Grammar!.IsOver)
            {
                logits[random.Next(Size)] = random.Next(10);
                var chosen = sampler.Choose(logits, state);
                Assert.Equal(Show(SlowSampler.Choose(logits, parameters, [1, 2, 3], output, state.Grammar.Fits)), Show(chosen));
                state.Accept(chosen.Token);
                output.Add(chosen.Token);
            }
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void Choose_NotANumber_BreaksAnInvariant()
    {
        foreach (var length in (int[])[1, 2000])
        {
            var logits = new float[length];
            logits[^1] = float.NaN;
            Assert.Throws<InvariantException>(() => new Sampler().Choose(logits, new SamplingState(new SamplingParameters(), [])));
            logits[^1] = 0;
            logits[0] = float.NaN;
            Assert.Throws<InvariantException>(() => new Sampler().Choose(logits, new SamplingState(new SamplingParameters(), [])));
        }
    }

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
            (new() { MaxTokens = 16_385 }, "max_tokens"), (new() { RepetitionPenalty = 0.9 }, "repetition_penalty"), (new() { RepetitionPenalty = double.NaN }, "repetition_penalty"),
            (new() { RepetitionWindow = -1 }, "repetition_window"), (new() { StopTokens = [.. Enumerable.Range(0, 17)] }, "stop_token_ids"),
            (new() { StopTokens = [2, 1] }, "stop_token_ids"), (new() { StopTokens = [-1] }, "stop_token_ids"),
            (new() { Grammar = new string('a', 65_537) }, "grammar"), (new() { TopLogprobs = 21 }, "top_logprobs"),
        ];
        foreach (var (bad, names) in cases)
            Assert.Contains(names, bad.Problem(), StringComparison.Ordinal);
        Assert.Null(new SamplingParameters().Problem());
    }
}
