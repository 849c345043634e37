using System.CommandLine;
using System.Diagnostics;
using Atoma.Inference.Engine;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// v: what a check costs relative to generating the answer (P4, P6.4), at one stream and at eight; the check against the library's
/// own prefill of the same tokens; and what a held prompt and an early start save. One engine answers, another checks.
/// </summary>
internal static class CheckCostBenchmark
{
    private static readonly (int Prompt, int Output)[] Shapes = [(128, 128), (512, 512), (64, 1024)];
    private static readonly int[] Streams = [1, 8];

    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "GGUF file; the demo model by default." };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 5 };
        var command = new Command("check-cost", "v = check / generate for prompt/answer 128/128, 512/512, 64/1024, at 1 and 8 streams.") { model, runs };
        command.SetAction(async (given, cancellationToken) =>
        {
            var path = given.GetValue(model) ?? ModelFiles.Demo();
            var line = "check-cost";
            foreach (var (prompt, output) in Shapes)
            {
                var options = new EngineOptions { ModelPath = path, Slots = Streams[^1], Threads = 1, ContextTokens = prompt + output };
                await using var writer = await LlamaEngine.LoadAsync(options, NullLogger.Instance, cancellationToken);
                await using var checker = await LlamaEngine.LoadAsync(options with { Slots = 1 }, NullLogger.Instance, cancellationToken);
                if (writer.ContextTokens < prompt + output)
                {
                    Console.WriteLine($"{prompt}/{output} does not fit the model's context of {writer.ContextTokens}");
                    continue;
                }

                var shape = new Shape(writer, checker, path, prompt, output, cancellationToken);
                foreach (var streams in Streams)
                {
                    var v = await shape.MeasureAsync(streams, given.GetValue(runs));
                    line += $" v_{prompt}_{output}_x{streams}={v:F3}";
                }

                line += $" prefill_ratio_{prompt}_{output}={await shape.CompareWithPrefillAsync(given.GetValue(runs)):F3}";
                await shape.StreamAsync(given.GetValue(runs));
            }

            Console.WriteLine(line);
            return 0;
        });
        return command;
    }

    private sealed class Shape(LlamaEngine writer, LlamaEngine checker, string path, int prompt, int output, CancellationToken cancellationToken)
    {
        private int _seed;

        /// <summary>Median of check / generate.</summary>
        public async Task<double> MeasureAsync(int streams, int runs)
        {
            List<double> ratios = [], rates = [], again = [], stage1 = [];
            for (var run = 0; run < runs; run++)
            {
                GenerationTask[] tasks = [.. Enumerable.Range(0, streams).Select(_ => NewTask())];
                var watch = Stopwatch.StartNew();
                var answers = await Task.WhenAll(tasks.Select(t => BenchmarkTasks.AnswerAsync(writer, t, cancellationToken)));
                var generate = watch.Elapsed.TotalSeconds;
                var check = await CheckAllAsync(tasks, answers);
                ratios.Add(check / generate);
                rates.Add(streams * output / generate);
                again.Add(await CheckAllAsync(tasks, answers) / check);
                watch.Restart();
                if (Stage1.Replay(answers[0], checker.Model.EndOfGeneration.ToHashSet()) is { } fault)
                    throw new InvalidOperationException($"An honest answer gave {fault}.");
                stage1.Add(watch.Elapsed.TotalMilliseconds * 1000 / output);
            }

            Console.WriteLine($"{prompt}/{output} x{streams}: v {Median(ratios):F3} (min {ratios.Min():F3}, max {ratios.Max():F3}), generating {Median(rates):F0} tokens/s, "
                + $"checked again {Median(again):F2} of that, stage 1 {Median(stage1):F2} ms per 1,000 tokens");
            return Median(ratios);
        }

        /// <summary>The check against the library's prefill of the same tokens with the same rows, in turn.</summary>
        public async Task<double> CompareWithPrefillAsync(int runs)
        {
            using var same = new RawContext(path, RawOptions.Invariant, prompt + output, sequences: 2);
            using var defaults = new RawContext(path, RawOptions.Defaults, prompt + output, sequences: 2);
            List<double> ratios = [], ofDefaults = [], ofFew = [];
            for (var run = 0; run < runs; run++)
            {
                var task = NewTask();
                var answer = await BenchmarkTasks.AnswerAsync(writer, task, cancellationToken);
                int[] tokens = [.. task.Prompt, .. answer.Output.SkipLast(1)];
                var check = await CheckAllAsync([task], [answer]);
                ratios.Add(check / Time(() => same.Prefill(tokens, output)));
                ofDefaults.Add(check / Time(() => defaults.Prefill(tokens, output)));
                ofFew.Add(check / Time(() => same.Prefill(tokens, 2)));
            }

            Console.WriteLine($"{prompt}/{output}: a check takes {Median(ratios):F2} of the library's prefill with the same flags and rows, {Median(ofDefaults):F2} of one with its default flags, {Median(ofFew):F2} of one without the rows' logits");
            return Median(ratios);
        }

        /// <summary>How long after the last token the verdict is there, checked as a whole and while it was written.</summary>
        public async Task StreamAsync(int runs)
        {
            List<double> whole = [], streamed = [];
            for (var run = 0; run < runs; run++)
            {
                var task = NewTask();
                var answer = await BenchmarkTasks.AnswerAsync(writer, task, cancellationToken);
                whole.Add(await CheckAllAsync([task], [answer]));
                streamed.Add(await StreamAsync(NewTask()));
            }

            Console.WriteLine($"{prompt}/{output}: verdict {Median(whole) * 1000:F0} ms after the last token, {Median(streamed) * 1000:F0} ms when chunks are checked as they come");
        }

        private async Task<double> StreamAsync(GenerationTask task)
        {
            var chunks = System.Threading.Channels.Channel.CreateUnbounded<TranscriptChunk>();
            var end = new TaskCompletionSource<CommittedEnd>();
            var check = checker.CheckAsync(task, chunks.Reader.ReadAllAsync(cancellationToken), end.Task, cancellationToken);
            var transcript = new TranscriptBuilder(writer.Model.Digest, task.Prompt, task.Parameters);
            List<PositionEvidence> open = [];
            await foreach (var step in writer.GenerateAsync(task, cancellationToken))
            {
                open.Add(step.Evidence);
                transcript.Add(step.Evidence);
                if (open.Count < VerificationLimits.ChunkPositions && step.Finish is null)
                    continue;
                chunks.Writer.TryWrite(TranscriptChunk.Thinned(open));
                open = [];
            }

            var watch = Stopwatch.StartNew();
            chunks.Writer.Complete();
            end.SetResult(new CommittedEnd(FinishReason.Length, transcript.Finish(FinishReason.Length).Digest()));
            RequireMatch(await check);
            return watch.Elapsed.TotalSeconds;
        }

        /// <summary>Seconds for all of them, one after another as an engine's check sequence takes them.</summary>
        private async Task<double> CheckAllAsync(GenerationTask[] tasks, Transcript[] answers)
        {
            var watch = Stopwatch.StartNew();
            foreach (var outcome in await Task.WhenAll(tasks.Select((t, i) => checker.CheckAsync(t, answers[i], cancellationToken))))
                RequireMatch(outcome);
            return watch.Elapsed.TotalSeconds;
        }

        private GenerationTask NewTask()
        {
            var seed = (ulong)_seed++;
            int[] tokens = [.. Enumerable.Range(0, prompt).Select(i => (int)(Prf.Philox(seed, (uint)i, 1) % (ulong)writer.Model.VocabularySize))];
            return new GenerationTask(Hash32.Zero, tokens, new SamplingParameters { MaxTokens = output, IgnoreEndOfSequence = true, Temperature = 1, Seed = seed });
        }

        private static void RequireMatch(CheckOutcome outcome)
        {
            if (outcome.Verdict != Verdict.Match)
                throw new InvalidOperationException($"An honest answer gave {outcome}.");
        }

        private static double Time(Action action)
        {
            var watch = Stopwatch.StartNew();
            action();
            return watch.Elapsed.TotalSeconds;
        }

        private static double Median(IEnumerable<double> sample) => Statistics.Quantile(sample, 0.5);
    }
}
