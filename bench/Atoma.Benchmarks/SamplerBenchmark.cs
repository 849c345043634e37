using System.CommandLine;
using System.Diagnostics;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks;

/// <summary>What choosing a token costs on one core, by vocabulary and parameters, and what stage 1 costs for 1,000 tokens.</summary>
internal static class SamplerBenchmark
{
    private const int Rows = 32;
    private const int Stage1Tokens = 8_000;

    /// <summary>Any JSON object, with white space bounded as the API's own grammar has it.</summary>
    private const string Json = """
        root ::= object
        value ::= object | array | string | number | "true" | "false" | "null"
        object ::= "{" sp (member (sp "," sp member)* sp)? "}"
        member ::= string sp ":" sp value
        array ::= "[" sp (value (sp "," sp value)* sp)? "]"
        string ::= "\"" char* "\""
        char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
        number ::= "-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})? ([eE] [+-]? [0-9]{1,2})?
        sp ::= (" " | "\n" [ \t]{0,20})?
        """;

    private static readonly (string Name, SamplingParameters Parameters)[] Cases =
    [
        ("greedy", new() { Temperature = 0 }),
        ("nucleus", new() { Temperature = 1, TopP = 0.95, Seed = 5 }),
        ("penalties", new() { Temperature = 1, TopP = 0.95, Seed = 5, RepetitionPenalty = 1.1, FrequencyPenalty = 0.2, TopLogprobs = 5 }),
    ];

    public static Command Create()
    {
        var vocabularies = new Option<string[]>("--vocabulary") { Description = "GGUF files whose vocabulary a JSON grammar is measured on; vocabulary-only files will do.", AllowMultipleArgumentsPerToken = true };
        var milliseconds = new Option<int>("--ms") { Description = "Time of each measurement.", DefaultValueFactory = _ => 1000 };
        var command = new Command("sampler", "Nanoseconds of a choice, and milliseconds of stage 1 for 1,000 tokens.") { vocabularies, milliseconds };
        command.SetAction(result => Run(result.GetValue(vocabularies) ?? [], result.GetValue(milliseconds)));
        return command;
    }

    private static int Run(string[] vocabularies, int milliseconds)
    {
        var summary = new List<string>();
        foreach (var size in (int[])[512, 32_000, 128_256])
        {
            foreach (var (name, parameters) in Cases)
            {
                var us = ChooseUs(Logits(size), () => new SamplingState(parameters, [1, 2, 3]), milliseconds);
                Console.WriteLine($"choose      {size,7} tokens  {name,-10} {us,8:F1} us");
                summary.Add($"{name}_{size}_us={us:F1}");
            }
        }

        foreach (var path in vocabularies)
            MeasureGrammar(path, milliseconds, summary);
        var stage1 = Stage1Ms(milliseconds);
        Console.WriteLine($"stage 1     {stage1:F3} ms for 1,000 tokens");
        Console.WriteLine($"sampler {string.Join(' ', summary)} stage1_ms_per_1000={stage1:F3}");
        return 0;
    }

    private static void MeasureGrammar(string path, int milliseconds, List<string> summary)
    {
        LlamaRuntime.Initialise(new LlamaLibraryOptions(), NullLogger.Instance);
        // Only the vocabulary is read: files without weights, which no engine would take, will do.
        using var model = ModelLoader.LoadVocabulary(new GgufModel(
            Path.GetFullPath(path), "", "", 0, 0, Hash32.Zero, 0, 0, new GgufDimensions(0, 0, 0, 0, 0, 0), new HashSet<uint>()));
        using var texts = new Vocabulary(model);
        var clock = Stopwatch.StartNew();
        var vocabulary = GrammarVocabulary.Build(texts.Size, texts.BytesOf, texts.EndOfGeneration);
        var buildMs = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        var program = GrammarProgram.Parse(Json);
        var parseMs = clock.Elapsed.TotalMilliseconds;
        var parameters = new SamplingParameters { Temperature = 1, TopP = 0.95, Seed = 5, Grammar = Json };
        var rows = Logits(vocabulary.Size);
        var free = ChooseUs(rows, () => new SamplingState(parameters with { Grammar = "" }, [1]), milliseconds);
        var us = ChooseUs(rows, () => new SamplingState(parameters, [1], new GrammarConstraint(program, vocabulary)), milliseconds);
        Console.WriteLine($"JSON        {vocabulary.Size,7} tokens  {us,8:F1} us, without {free:F1} us; vocabulary {buildMs:F0} ms once, grammar {parseMs:F2} ms  {Path.GetFileName(path)}");
        summary.Add($"json_{vocabulary.Size}_us={us:F1}");
    }

    /// <summary>Mean time of choosing and accepting a token, answer after answer of up to 256.</summary>
    private static double ChooseUs(float[][] rows, Func<SamplingState> start, int milliseconds)
    {
        var sampler = new Sampler();
        var answer = 0;
        return MeanUs(milliseconds, () =>
        {
            var state = start();
            var first = answer++;
            var count = 0;
            while (count < 256 && state.Grammar is not { IsOver: true })
                state.Accept(sampler.Choose(rows[(first + count++) % Rows], state).Token);
            return count;
        });
    }

    /// <summary>Processor time of one item, so that whatever else runs on the machine does not count; warmed up half as long.</summary>
    private static double MeanUs(int milliseconds, Func<int> work)
    {
        Spent(milliseconds / 2);
        var (us, count) = Spent(milliseconds);
        return us / count;

        (double Us, long Count) Spent(int atLeast)
        {
            var before = Environment.CpuUsage.TotalTime;
            for (var done = 0L; ;)
            {
                done += work();
                var spent = Environment.CpuUsage.TotalTime - before;
                if (spent.TotalMilliseconds >= atLeast)
                    return (spent.TotalMicroseconds, done);
            }
        }
    }

    private static double Stage1Ms(int milliseconds)
    {
        var parameters = new SamplingParameters { Temperature = 1, TopP = 0.95, Seed = 5, MaxTokens = Stage1Tokens, IgnoreEndOfSequence = true };
        var rows = Logits(2048);
        var sampler = new Sampler();
        var state = new SamplingState(parameters, [1, 2, 3]);
        var builder = new TranscriptBuilder(Hash32.Zero, [1, 2, 3], parameters);
        for (var i = 0; i < Stage1Tokens; i++)
        {
            var evidence = sampler.Choose(rows[i % Rows], state);
            builder.Add(evidence);
            state.Accept(evidence.Token);
        }

        var transcript = Transcript.FromBytes(builder.Finish(FinishReason.Length).ToBytes());
        var ends = new HashSet<int> { 0 };
        return MeanUs(milliseconds, () =>
        {
            Invariant.Assert(Stage1.Replay(transcript, ends) is null);
            return Stage1Tokens;
        });
    }

    /// <summary>Rows as a language model's are: normal with a few that stand out.</summary>
    private static float[][] Logits(int size)
    {
        var random = new Random(17);
        return [.. Enumerable.Range(0, Rows).Select(_ => Enumerable.Range(0, size).Select(i =>
            (float)(2.5 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())) + (random.Next(2000) == 0 ? 8 : 0)).ToArray())];
    }
}
