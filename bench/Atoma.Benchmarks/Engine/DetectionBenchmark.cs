using System.CommandLine;
using System.Diagnostics;
using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// Inside an echelon: of each attack's answers, how many stage 1 and the exact stage 2 find, and that honest answers never are.
/// An answer that equals the honest one byte by byte is no fraud and is counted apart.
/// </summary>
internal static class DetectionBenchmark
{
    /// <summary>Attacks must be found in at least this share of their answers (issue 3).</summary>
    private const double Required = 0.999;

    public static Command Create()
    {
        var models = new Option<string[]>("--model") { Description = "GGUF files, best in F16; the demo model by default.", AllowMultipleArgumentsPerToken = true };
        var other = new Option<string?>("--other") { Description = "Another model to be served instead." };
        var answers = new Option<int>("--answers") { Description = "Answers of each attack and model.", DefaultValueFactory = _ => 1000 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of an answer before it is truncated.", DefaultValueFactory = _ => 88 };
        var command = new Command("detection", "Attacks found inside an echelon, by stage 1 and stage 2.") { models, other, answers, tokens };
        command.SetAction(async (given, cancellationToken) =>
        {
            LlamaRuntime.Initialise(new LlamaLibraryOptions(), NullLogger.Instance);
            using var variants = new ModelVariants();
            var worst = new Tally();
            var falseAlarms = 0;
            var (attacks, failed) = (0, 0);
            foreach (var model in given.GetValue(models) is { Length: > 0 } some ? some : [ModelFiles.Demo()])
            {
                await using var run = await Run.StartAsync(model, given.GetValue(other), variants, given.GetValue(answers), given.GetValue(tokens), cancellationToken);
                Console.WriteLine($"{Path.GetFileName(model)}: {run.Seconds:F0} s for {given.GetValue(answers)} honest answers");
                Console.WriteLine($"  {"attack",-34} {"fraud",6} {"found",6} {"stage 1",8} {"stage 2",8} {"no fraud",9} {"s",6}");
                await foreach (var (name, tally) in run.AttacksAsync())
                {
                    Console.WriteLine($"  {name,-34} {tally.Fraud,6} {tally.Found,6} {tally.Stage1,8} {tally.Stage2,8} {tally.Same,9} {tally.Seconds,6:F0}");
                    falseAlarms += tally.FalseAlarms;
                    if (name == Run.Honest)
                        continue;
                    attacks++;
                    failed += tally.Fraud == 0 || tally.Share < Required ? 1 : 0;
                    worst = worst.Fraud == 0 || tally.Share < worst.Share ? tally : worst;
                }
            }

            Console.WriteLine($"detection attacks={attacks} below_{Required}={failed} worst={worst.Found}/{worst.Fraud} honest_at_fault={falseAlarms}");
            return failed == 0 && falseAlarms == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>One attack's answers.</summary>
    private sealed record Tally
    {
        public int Fraud { get; set; }

        public int Stage1 { get; set; }

        public int Stage2 { get; set; }

        public int Same { get; set; }

        /// <summary>Answers equal to the honest one that were called a mismatch.</summary>
        public int FalseAlarms { get; set; }

        public double Seconds { get; set; }

        public int Found => Stage1 + Stage2;

        public double Share => (double)Found / Fraud;
    }

    /// <summary>One model's attacks.</summary>
    private sealed class Run : IAsyncDisposable
    {
        public const string Honest = "none (honest)";

        /// <summary>Where a single token is put in, and which of the runners-up.</summary>
        private static readonly Func<int, (int, int)> OneToken = i => (i % 64, 1);

        private readonly string _model;
        private readonly string? _other;
        private readonly ModelVariants _variants;
        private readonly LlamaEngine _engine;
        private readonly GenerationTask[] _tasks;
        private readonly Transcript[] _honest;
        private readonly CancellationToken _cancellation;
        private readonly HashSet<int> _ends;
        private readonly int _contextTokens;

        private Run(string model, string? other, ModelVariants variants, LlamaEngine engine, GenerationTask[] tasks, Transcript[] honest, int contextTokens, CancellationToken cancellation)
        {
            (_model, _other, _variants, _engine, _tasks, _honest, _contextTokens, _cancellation) = (model, other, variants, engine, tasks, honest, contextTokens, cancellation);
            _ends = [.. engine.Model.EndOfGeneration];
        }

        public double Seconds { get; private init; }

        public static async Task<Run> StartAsync(string model, string? other, ModelVariants variants, int answers, int tokens, CancellationToken cancellation)
        {
            const int PromptTokensMax = 96;
            var contextTokens = PromptTokensMax + tokens + 8;
            var engine = await LlamaEngine.LoadAsync(BenchmarkTasks.Options(model, contextTokens), NullLogger.Instance, cancellation);
            GenerationTask[] tasks = [.. Enumerable.Range(0, answers).Select(i => BenchmarkTasks.Task(engine.Tokenizer, i, tokens))];
            var watch = Stopwatch.StartNew();
            var honest = await BenchmarkTasks.AnswerAsync(engine, tasks, cancellation);
            return new Run(model, other, variants, engine, tasks, honest, contextTokens, cancellation) { Seconds = watch.Elapsed.TotalSeconds };
        }

        public async IAsyncEnumerable<(string Name, Tally Tally)> AttacksAsync()
        {
            var cheats = new Cheats(_engine, _tasks, _honest);
            yield return await JudgeAsync(Honest, () => Task.FromResult(_tasks.Select((t, i) => new CheatAnswer(t, _honest[i], _honest[i]))));
            foreach (var type in new[] { "Q8_0", "Q4_0" })
            {
                CheatAnswer[] cheap = [];
                yield return await JudgeAsync($"served {type}", async () => cheap = [.. await ServedByAsync(cheats, _variants.Make(_model, type, new LlamaLibraryOptions(), NullLogger.Instance))]);
                yield return await JudgeAsync($"pre-fill attack with {type}", () => Task.FromResult<IEnumerable<CheatAnswer>>(Dressed(cheap)));
            }

            if (_other is not null)
                yield return await JudgeAsync("other model", () => ServedByAsync(cheats, _other));
            if (GgufModel.Open(_model).Dimensions.HeadSize % 32 == 0)
                yield return await JudgeAsync("quantised KV (Q8_0)", () => Task.FromResult(WithContext(RawOptions.QuantisedCache, cheats, null)));
            yield return await JudgeAsync("temperature 0.1 higher", () => cheats.WithParametersAsync(p => p with { Temperature = p.Temperature + 0.1 }, _cancellation));
            yield return await JudgeAsync("top-p 0.05 lower", () => cheats.WithParametersAsync(p => p with { TopP = p.TopP - 0.05 }, _cancellation));
            yield return await JudgeAsync("penalty left out or put in", () => cheats.WithParametersAsync(p => p with { FrequencyPenalty = p.FrequencyPenalty == 0 ? 0.2 : 0 }, _cancellation));
            CheatAnswer[] swapped = [];
            yield return await JudgeAsync("sampler swap (other seed)", async () => swapped = [.. await cheats.WithParametersAsync(p => p with { Seed = p.Seed + 1, Temperature = Math.Max(p.Temperature, 0.7) }, _cancellation)]);
            yield return await JudgeAsync("sampler swap, evidence dressed", () => Task.FromResult<IEnumerable<CheatAnswer>>(Dressed(swapped)));
            yield return await JudgeAsync("prompt swap (last 3 tokens cut)", () => cheats.WithPromptAsync((t, _) => [.. t.Prompt.SkipLast(3)], _cancellation));
            yield return await JudgeAsync("other template", () => cheats.WithPromptAsync((_, i) => _engine.Tokenizer.TokenizeChat([new ChatMessage("user", PromptTexts.Opening(i))]), _cancellation));
            yield return await JudgeAsync("cached answer", () => Task.FromResult(cheats.CachedAnswer()));
            yield return await JudgeAsync("truncated", () => Task.FromResult(cheats.Truncated()));
            yield return await JudgeAsync("false end of sequence", () => Task.FromResult(cheats.FalseEnd()));
            yield return await JudgeAsync("skipped end of sequence", () => cheats.SkippedEndAsync(_cancellation));
            yield return await JudgeAsync("padded counts", () => Task.FromResult(cheats.Padded()));
            yield return await JudgeAsync("one token put in", () => Task.FromResult(WithContext(new RawOptions(Repack: false), cheats, OneToken)));
            yield return await JudgeAsync("evidence off by 1/2048 nat once", () => Task.FromResult(cheats.EvidenceNudged()));
        }

        public ValueTask DisposeAsync() => _engine.DisposeAsync();

        private async Task<IEnumerable<CheatAnswer>> ServedByAsync(Cheats cheats, string model)
        {
            await using var other = await LlamaEngine.LoadAsync(BenchmarkTasks.Options(model, _contextTokens), NullLogger.Instance, _cancellation);
            return (CheatAnswer[])[.. await cheats.ServedByAsync(other, _cancellation)];
        }

        private CheatAnswer[] Dressed(IEnumerable<CheatAnswer> answers)
        {
            using var context = new RawContext(_model, new RawOptions(Repack: false), 256);
            return [.. Cheats.Dressed(answers, context)];
        }

        private IEnumerable<CheatAnswer> WithContext(RawOptions options, Cheats cheats, Func<int, (int, int)>? forced)
        {
            using var context = new RawContext(_model, options, 256);
            return (CheatAnswer[])[.. cheats.FromContext(context, forced)];
        }

        private async Task<(string, Tally)> JudgeAsync(string name, Func<Task<IEnumerable<CheatAnswer>>> make)
        {
            var watch = Stopwatch.StartNew();
            CheatAnswer[] answers = [.. await make()];
            var tally = new Tally();
            await BenchmarkTasks.EachAsync(answers.Length, async i =>
            {
                var (task, claimed, honest) = answers[i];
                var isFraud = honest is null || claimed.Digest() != honest.Digest();
                var stage1 = Stage1.Replay(claimed, _ends) is not null;
                var stage2 = !stage1 && (await _engine.CheckAsync(task, claimed, _cancellation)).Verdict == Verdict.Mismatch;
                lock (tally)
                {
                    tally.Fraud += isFraud ? 1 : 0;
                    tally.Same += isFraud ? 0 : 1;
                    tally.Stage1 += isFraud && stage1 ? 1 : 0;
                    tally.Stage2 += isFraud && stage2 ? 1 : 0;
                    tally.FalseAlarms += !isFraud && (stage1 || stage2) ? 1 : 0;
                }
            }, _cancellation);
            tally.Seconds = watch.Elapsed.TotalSeconds;
            return (name, tally);
        }
    }
}
