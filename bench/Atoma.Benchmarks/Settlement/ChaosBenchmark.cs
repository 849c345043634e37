using System.CommandLine;
using System.Diagnostics;
using Atoma.Ethereum.Tests.Outbox.Chaos;

namespace Atoma.Benchmarks.Settlement;

/// <summary>
/// P10.3 on a real chain, seed after seed: every batch settled exactly once and booked exactly once, none stuck. Ends with an error
/// otherwise; with a mutant, when that was not found.
/// </summary>
internal static class ChaosBenchmark
{
    /// <summary>Seeds between two lines of progress.</summary>
    private const int SeedsPerLine = 20;

    /// <summary>One seed of so many runs on a real store, one reads through two endpoints.</summary>
    private const int Variety = 5;

    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { DefaultValueFactory = _ => 200 };
        var first = new Option<int>("--first-seed") { DefaultValueFactory = _ => 1 };
        var batches = new Option<int>("--batches") { Description = "Transactions per seed.", DefaultValueFactory = _ => 60 };
        var mutant = new Option<ChaosMutant>("--mutant") { Description = "A mistake that is to be found.", DefaultValueFactory = _ => ChaosMutant.None };
        var command = new Command("settlement-chaos", "Outbox and watcher on a local chain under every fault.") { seeds, first, batches, mutant };
        command.SetAction(async (given, cancellationToken) =>
        {
            var watch = Stopwatch.StartNew();
            var wrong = given.GetValue(mutant);
            var total = await RunAsync(given.GetValue(first), given.GetValue(seeds), given.GetValue(batches), wrong, cancellationToken);
            foreach (var (place, count) in total.Crashes)
                Console.WriteLine($"crashes {place}: {count}");
            Console.WriteLine($"settlement-chaos {total} mutant={wrong} seconds={watch.Elapsed.TotalSeconds:F0}");
            return (wrong == ChaosMutant.None ? total.IsExact : total.IsWrong) ? 0 : 1;
        });
        return command;
    }

    private static async Task<ChaosTally> RunAsync(int first, int seeds, int batches, ChaosMutant mutant, CancellationToken cancellationToken)
    {
        var total = new ChaosTally();
        for (var done = 1; done <= seeds; done++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await RunAsync(first + done - 1, batches, mutant, total);
            if (done % SeedsPerLine == 0)
                Console.WriteLine($"after {done} seeds: {total}");
        }

        return total;
    }

    private static async Task RunAsync(int seed, int batches, ChaosMutant mutant, ChaosTally total)
    {
        var folder = Directory.CreateTempSubdirectory("atoma-chaos-");
        try
        {
            var path = seed % Variety == 0 ? Path.Combine(folder.FullName, "ledger.db") : null;
            var before = total.Exact;
            await ChaosRun.RunAsync(new ChaosOptions(seed, batches, mutant, path, TwoEndpoints: seed % Variety == 1), total);
            if (total.Exact - before != batches)
                Console.WriteLine($"seed {seed}: {total.Exact - before} of {batches} batches exact");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
