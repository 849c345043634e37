using System.CommandLine;
using System.Diagnostics;
using Atoma.Api.Tests.Fuzz;
using Atoma.Grains.Tests.Fuzz;

namespace Atoma.Benchmarks;

/// <summary>Spoiled HTTP requests, resumed streams and node messages, by the million: no fault, no crash, no memory that only grows.</summary>
internal static class FuzzBenchmark
{
    /// <summary>Clients of the API at once.</summary>
    private const int Clients = 4;

    /// <summary>Of a thousand: sent to the API, read by decoders; the rest is said to live grains.</summary>
    private const int HttpPermille = 600;
    private const int DecoderPermille = 350;

    /// <summary>Findings printed; one is enough to fail.</summary>
    private const int FindingsMax = 20;

    /// <summary>Growth of what is alive between the first quarter and the end that would be a leak.</summary>
    private const long LeakBytes = 64L << 20;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Spoiled inputs in all.", DefaultValueFactory = _ => 1_000_000 };
        var seed = new Option<int>("--seed") { Description = "Of all of them.", DefaultValueFactory = _ => 1 };
        var command = new Command("fuzz", "Spoiled HTTP bodies, resumed streams and node messages: no 500, no crash, no unbounded memory.") { count, seed };
        command.SetAction(result => RunAsync(result.GetValue(count), result.GetValue(seed)));
        return command;
    }

    private static async Task<int> RunAsync(int count, int seed)
    {
        Console.WriteLine($"fuzz: {count} inputs of seed {seed}");
        var clock = Stopwatch.StartNew();
        var findings = new List<string>();
        var memory = new Memory();
        await RunHttpAsync((int)((long)count * HttpPermille / 1000), seed, findings, memory, clock);
        await RunNodesAsync(count, seed, findings, memory, clock);
        foreach (var finding in findings.Take(FindingsMax))
            Console.WriteLine(finding);
        Console.WriteLine(
            $"fuzz count={count} seed={seed} findings={findings.Count} seconds={clock.Elapsed.TotalSeconds:F0} rss_first_mb={memory.FirstRss >> 20} rss_max_mb={memory.MaxRss >> 20} "
            + $"heap_growth_mb={memory.Growth / 1048576.0:F1}");
        return findings.Count == 0 && memory.Growth < LeakBytes ? 0 : 1;
    }

    private static async Task RunHttpAsync(int count, int seed, List<string> findings, Memory memory, Stopwatch clock)
    {
        await using var fuzzer = await HttpFuzzer.StartAsync();
        memory.Begin();
        var sent = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var random = new Random(unchecked(seed * 1000 + client));
            for (var mine = 0; mine < count / Clients; mine++)
            {
                if (await fuzzer.StepAsync(random) is { } finding)
                    Add(findings, $"client {client}, request {mine}: {finding}");
                var done = Interlocked.Increment(ref sent);
                memory.Sample(done, count);
                if (done % 50_000 == 0)
                    Console.WriteLine($"{done,8} requests, {clock.Elapsed.TotalSeconds:F0} s, {Environment.WorkingSet >> 20} MB");
            }
        }));
        memory.End();
        Console.WriteLine($"http requests={sent} statuses={string.Join(' ', fuzzer.Statuses.OrderBy(s => s.Key).Select(s => $"{s.Key}:{s.Value}"))}");
    }

    private static async Task RunNodesAsync(int count, int seed, List<string> findings, Memory memory, Stopwatch clock)
    {
        var fuzzer = await NodeFuzzer.StartAsync();
        var random = new Random(seed);
        var (decoded, live) = ((int)((long)count * DecoderPermille / 1000), (int)((long)count * (1000 - HttpPermille - DecoderPermille) / 1000));
        memory.Begin();
        for (var i = 0; i < decoded + live; i++)
        {
            // The two kinds are mixed, so that memory is seen under both.
            if (await fuzzer.StepAsync(random, live: random.Next(decoded + live) < live) is { } finding)
                Add(findings, $"message {i}: {finding}");
            memory.Sample(i, decoded + live);
            if ((i + 1) % 50_000 == 0)
                Console.WriteLine($"{i + 1,8} messages, {clock.Elapsed.TotalSeconds:F0} s, {Environment.WorkingSet >> 20} MB");
        }

        if (await fuzzer.AfterAsync() is { } wrong)
            Add(findings, wrong);
        memory.End();
        Console.WriteLine($"nodes messages={decoded + live} decoded={fuzzer.Decoded} delivered={fuzzer.Delivered}");
        await fuzzer.DisposeAsync();
    }

    private static void Add(List<string> findings, string finding)
    {
        lock (findings)
        {
            findings.Add(finding);
        }
    }

    /// <summary>Memory of this process: what the system gave it, and what is alive after a collection, a quarter into each part and at its end.</summary>
    private sealed class Memory
    {
        private long _alive;
        private int _sampled;

        public long FirstRss { get; private set; }

        public long MaxRss { get; private set; }

        public long Growth { get; private set; }

        public void Begin() => (_alive, _sampled) = (0, 0);

        public void Sample(int done, int count)
        {
            if (done % 10_000 == 0)
                MaxRss = Math.Max(MaxRss, Environment.WorkingSet);
            if (done < count / 4 || Interlocked.Exchange(ref _sampled, 1) == 1)
                return;
            _alive = GC.GetTotalMemory(forceFullCollection: true);
            FirstRss = FirstRss == 0 ? Environment.WorkingSet : FirstRss;
        }

        public void End() => Growth = Math.Max(Growth, GC.GetTotalMemory(forceFullCollection: true) - _alive);
    }
}
