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
/// Many requests at once on one engine, some cancelled, some whose reader just goes: no slot may leak, no other answer may change
/// by a bit, memory may not grow.
/// </summary>
internal static class SoakBenchmark
{
    /// <summary>Different tasks; each is asked many times.</summary>
    private const int Tasks = 50;

    /// <summary>Of the first requests, those after which memory is taken as settled.</summary>
    private const double Settled = 0.2;

    /// <summary>Resident bytes may grow by so much after that, for what a collector leaves for later: of 8,000 requests less than 2 kB each.</summary>
    private const long GrowthMax = 12_000_000;

    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "GGUF file; the demo model by default." };
        var requests = new Option<int>("--requests") { DefaultValueFactory = _ => 10_000 };
        var concurrency = new Option<int>("--concurrency") { DefaultValueFactory = _ => 32 };
        var tokens = new Option<int>("--tokens") { Description = "Most tokens of an answer.", DefaultValueFactory = _ => 48 };
        var command = new Command("soak", "Requests with random cancels and disconnects on one engine.") { model, requests, concurrency, tokens };
        command.SetAction(async (given, cancellationToken) =>
        {
            var slots = given.GetValue(concurrency) / 2;
            // Half of the slots: the other half waits, so that cancels also meet tasks in the queue.
            await using var engine = await LlamaEngine.LoadAsync(
                new EngineOptions { ModelPath = given.GetValue(model) ?? ModelFiles.Demo(), Slots = slots, ContextTokens = 256, Threads = 1, QueueLimit = given.GetValue(concurrency) }, NullLogger.Instance, cancellationToken);
            var run = new Run(engine, given.GetValue(tokens), given.GetValue(requests));
            await run.PrepareAsync(cancellationToken);
            var watch = Stopwatch.StartNew();
            await Parallel.ForEachAsync(Enumerable.Range(0, given.GetValue(requests)),
                new ParallelOptions { MaxDegreeOfParallelism = given.GetValue(concurrency), CancellationToken = cancellationToken }, run.AskAsync);
            var capacity = await run.IdleAsync(cancellationToken);
            var after = Run.Memory();
            Console.WriteLine($"soak requests={given.GetValue(requests)} whole={run.Whole} cancelled={run.Cancelled} left={run.Left} checked={run.Checked} disturbed={run.Disturbed} "
                + $"busy={capacity.Busy} queued={capacity.Queued} rss_before_mb={run.MemoryBefore / 1e6:F1} rss_after_mb={after / 1e6:F1} s={watch.Elapsed.TotalSeconds:F0}");
            return run.Disturbed == 0 && capacity is { Busy: 0, Queued: 0 } && after - run.MemoryBefore < GrowthMax ? 0 : 1;
        });
        return command;
    }

    private sealed class Run(LlamaEngine engine, int tokens, int requests)
    {
        private readonly List<(GenerationTask Task, Transcript Alone)> _tasks = [];
        private int _whole, _cancelled, _left, _checked, _disturbed, _done;
        private long _before;

        public int Whole => _whole;

        public int Cancelled => _cancelled;

        public int Left => _left;

        public int Checked => _checked;

        public int Disturbed => _disturbed;

        public long MemoryBefore => _before;

        /// <summary>Each task's answer with nothing else running.</summary>
        public async Task PrepareAsync(CancellationToken cancellationToken)
        {
            for (var i = 0; i < Tasks; i++)
            {
                var task = BenchmarkTasks.Task(engine.Tokenizer, i, 1 + (i * 7 + 11) % tokens);
                _tasks.Add((task, await BenchmarkTasks.AnswerAsync(engine, task, cancellationToken)));
            }
        }

        public async ValueTask AskAsync(int request, CancellationToken cancellationToken)
        {
            var dice = Prf.Philox(1, (uint)request, 0);
            var (task, alone) = _tasks[(int)(dice % Tasks)];
            var stopAfter = (int)((dice >> 32) % (ulong)task.Parameters.MaxTokens);
            switch ((dice >> 16) % 4)
            {
                case 0:
                    await CancelAsync(task, alone, stopAfter);
                    break;
                case 1:
                    await LeaveAsync(task, alone, stopAfter);
                    break;
                default:
                    Judge(ref _whole, (await BenchmarkTasks.AnswerAsync(engine, task, cancellationToken)).Digest() == alone.Digest());
                    if (request % 16 == 0)
                        Judge(ref _checked, (await engine.CheckAsync(task, alone, cancellationToken)).Verdict == Verdict.Match);
                    break;
            }

            if (Interlocked.Increment(ref _done) == (int)(requests * Settled))
                _before = Memory();
        }

        /// <summary>Waits until the engine has let go of the last cancelled task: its own thread does that.</summary>
        public async Task<EngineCapacity> IdleAsync(CancellationToken cancellationToken)
        {
            // A whole answer after all cancels: the engine takes them in before it.
            await BenchmarkTasks.AnswerAsync(engine, _tasks[0].Task, cancellationToken);
            return engine.Capacity;
        }

        private async Task CancelAsync(GenerationTask task, Transcript alone, int stopAfter)
        {
            using var cancel = new CancellationTokenSource();
            var same = true;
            var position = 0;
            try
            {
                await foreach (var step in engine.GenerateAsync(task, cancel.Token))
                {
                    same &= IsAsAlone(step, alone, position);
                    if (position++ == stopAfter)
                        await cancel.CancelAsync();
                }
            }
            catch (OperationCanceledException)
            {
                // What was asked for.
            }

            Judge(ref _cancelled, same);
        }

        private async Task LeaveAsync(GenerationTask task, Transcript alone, int stopAfter)
        {
            var same = true;
            var position = 0;
            await foreach (var step in engine.GenerateAsync(task, CancellationToken.None))
            {
                same &= IsAsAlone(step, alone, position);
                if (position++ == stopAfter)
                    break;
            }

            Judge(ref _left, same);
        }

        /// <summary>The transcript's evidence is thinned, a step's is not yet.</summary>
        private static bool IsAsAlone(GeneratedStep step, Transcript alone, int position)
        {
            var expected = alone.Chunks[position / VerificationLimits.ChunkPositions].Positions[position % VerificationLimits.ChunkPositions];
            return step.Evidence.Entries.Take(expected.Entries.Count).SequenceEqual(expected.Entries);
        }

        private void Judge(ref int count, bool isRight)
        {
            Interlocked.Increment(ref count);
            if (!isRight)
                Interlocked.Increment(ref _disturbed);
        }

        public static long Memory()
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true);
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }
}
