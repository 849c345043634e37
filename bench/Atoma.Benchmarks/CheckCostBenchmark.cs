using System.CommandLine;
using System.Diagnostics;
using Atoma.Inference.Engine;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks;

/// <summary>v: what a check costs relative to generating the answer (P4, P6.4), one stream, one thread.</summary>
internal static class CheckCostBenchmark
{
    private static readonly (int Prompt, int Output)[] Shapes = [(128, 128), (512, 512), (64, 1024)];

    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "GGUF file; the demo model by default." };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 5 };
        var command = new Command("check-cost", "v = check / generate for prompt/answer 128/128, 512/512, 64/1024.") { model, runs };
        command.SetAction(async (given, cancellationToken) =>
        {
            await using var engine = await LlamaEngine.LoadAsync(
                new EngineOptions { ModelPath = given.GetValue(model) ?? ModelFiles.Demo(), Slots = 1, Threads = 1 }, NullLogger.Instance, cancellationToken);
            var line = $"check-cost model={engine.Model.Id}";
            foreach (var (prompt, output) in Shapes)
            {
                if (prompt + output > engine.ContextTokens)
                {
                    Console.WriteLine($"{prompt}/{output} does not fit the context of {engine.ContextTokens}");
                    continue;
                }

                List<double> ratios = [], rates = [];
                for (var run = 0; run < given.GetValue(runs); run++)
                {
                    var (generate, check) = await MeasureAsync(engine, prompt, output, run, cancellationToken);
                    ratios.Add(check / generate);
                    rates.Add(output / generate);
                }

                Console.WriteLine($"{prompt}/{output}: v {Statistics.Quantile(ratios, 0.5):F3} (min {ratios.Min():F3}, max {ratios.Max():F3}), generating {Statistics.Quantile(rates, 0.5):F0} tokens/s");
                line += $" v_{prompt}_{output}={Statistics.Quantile(ratios, 0.5):F3}";
            }

            Console.WriteLine(line);
            return 0;
        });
        return command;
    }

    private static async Task<(double Generate, double Check)> MeasureAsync(LlamaEngine engine, int prompt, int output, int run, CancellationToken cancellationToken)
    {
        int[] tokens = [.. Enumerable.Range(0, prompt).Select(i => (int)(Prf.Philox((ulong)run, (uint)i, 1) % (ulong)engine.Model.VocabularySize))];
        var parameters = new SamplingParameters { MaxTokens = output, IgnoreEndOfSequence = true, Temperature = 1, Seed = (ulong)run };
        var task = new GenerationTask(Hash32.Sha256([(byte)run]), tokens, parameters);
        var transcript = new TranscriptBuilder(engine.Model.Digest, tokens, parameters);
        FinishReason? finish = null;
        var watch = Stopwatch.StartNew();
        await foreach (var step in engine.GenerateAsync(task, cancellationToken))
        {
            transcript.Add(step.Evidence);
            finish = step.Finish;
        }

        var generate = watch.Elapsed.TotalSeconds;
        var claimed = transcript.Finish(finish!.Value);
        watch.Restart();
        var outcome = await engine.CheckAsync(task, claimed, cancellationToken);
        var check = watch.Elapsed.TotalSeconds;
        return outcome.Verdict == Verdict.Match ? (generate, check) : throw new InvalidOperationException($"An honest answer gave {outcome}.");
    }
}
