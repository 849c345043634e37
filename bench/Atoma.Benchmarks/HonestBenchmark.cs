using System.CommandLine;
using System.Diagnostics;
using Atoma.Network.Tests;

namespace Atoma.Benchmarks;

/// <summary>Honest nodes under concurrent load at L2 and L4: nobody may be slashed, every request ends, the sum is exact.</summary>
internal static class HonestBenchmark
{
    public static Command Create()
    {
        var requests = new Option<int>("--requests") { DefaultValueFactory = _ => 500 };
        var concurrency = new Option<int>("--concurrency") { DefaultValueFactory = _ => 8 };
        var tokens = new Option<int>("--tokens") { DefaultValueFactory = _ => 48 };
        var command = new Command("honest", "Honest nodes under concurrent load at L2 and L4.") { requests, concurrency, tokens };
        command.SetAction(async (given, cancellationToken) =>
        {
            await using var network = await LiveNetwork.StartAsync();
            var milliseconds = new System.Collections.Concurrent.ConcurrentBag<double>();
            var settled = 0;
            var watch = Stopwatch.StartNew();
            await Parallel.ForEachAsync(Enumerable.Range(0, given.GetValue(requests)),
                new ParallelOptions { MaxDegreeOfParallelism = given.GetValue(concurrency), CancellationToken = cancellationToken }, async (i, _) =>
                {
                    var started = Stopwatch.GetTimestamp();
                    var answer = await network.AskAsync($"What is L{i % 5}? ({i})", i % 2 == 0 ? "checked" : "replicated:3", given.GetValue(tokens), temperature: i % 3 / 2.0, seed: i);
                    milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    if (answer["atoma"]?["status"]?.GetValue<string>() == "settled")
                        Interlocked.Increment(ref settled);
                });
            var state = await network.GetAsync("/v1/network");
            var slashed = state["nodes"]!["jailed"]!.GetValue<int>() + state["open_slashes"]!.GetValue<int>();
            var difference = state["conservation"]!["difference_micros"]!.GetValue<long>();
            Console.WriteLine($"honest requests={given.GetValue(requests)} settled={settled} slashed={slashed} difference={difference} "
                + $"rps={given.GetValue(requests) / watch.Elapsed.TotalSeconds:F1} p50_ms={Statistics.Quantile(milliseconds, 0.5):F0} p99_ms={Statistics.Quantile(milliseconds, 0.99):F0}");
            return settled == given.GetValue(requests) && slashed == 0 && difference == 0 ? 0 : 1;
        });
        return command;
    }
}
