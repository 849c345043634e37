using System.CommandLine;
using System.Diagnostics;
using Atoma.Storage.Tests.Postgres;
using Npgsql;

namespace Atoma.Benchmarks.Ledger;

/// <summary>
/// Both stores under concurrent load while their writing processes are killed at random times: nothing acknowledged is lost,
/// nothing is doubled, the sum is exact, and the process that reads the books all the while does not grow. Ends with an error that
/// says what is wrong otherwise.
/// </summary>
internal static class LedgerSoak
{
    private const int Clients = 32;

    /// <summary>Of the time, after which memory is taken as settled.</summary>
    private const double Settled = 0.2;

    /// <summary>Resident bytes may grow by so much after that.</summary>
    private const long GrowthMax = 32_000_000;

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 120 };
        var seed = new Option<int>("--seed") { Description = "Of the times at which processes are killed.", DefaultValueFactory = _ => 1 };
        var command = new Command("ledger-soak", "Random kills of the writing processes on both stores.") { minutes, seed };
        command.SetAction(async (given, cancellationToken) =>
        {
            var duration = TimeSpan.FromMinutes(given.GetValue(minutes));
            var folder = Directory.CreateTempSubdirectory("atoma-soak-");
            using var server = new PostgresInstance("-c max_connections=60");
            try
            {
                var place = server.ConnectionString("soak");
                await using (var admin = NpgsqlDataSource.Create(place))
                await using (var create = admin.CreateCommand("CREATE SCHEMA soak"))
                    await create.ExecuteNonQueryAsync(cancellationToken);
                SoakedStore[] stores =
                [
                    new("sqlite", Path.Combine(folder.FullName, "ledger.db"), Clients, given.GetValue(seed)),
                    new("postgres", place, Clients, given.GetValue(seed) + 1),
                ];
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var watching = WatchAsync(stores, duration, stop.Token);
                await Task.WhenAll(stores.Select(store => store.RunAsync(duration, cancellationToken)));
                await stop.CancelAsync();
                var (before, after) = await watching;
                Console.WriteLine($"ledger-soak minutes={duration.TotalMinutes:F0} kills={stores.Sum(store => store.Kills)} "
                    + $"acknowledged={stores.Sum(store => store.Acknowledged)} cut_off={stores.Sum(store => store.Unacknowledged)} checked={stores.Sum(store => store.Checked)} "
                    + $"reader_mb={before / 1e6:F0}->{after / 1e6:F0} {string.Join(' ', stores.Select(store => store.Memory))}");
                return after - before < GrowthMax ? 0 : 1;
            }
            finally
            {
                NpgsqlConnection.ClearAllPools();
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    /// <summary>Prints progress; resident bytes of this process once settled and at the end.</summary>
    private static async Task<(long Before, long After)> WatchAsync(SoakedStore[] stores, TimeSpan duration, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var before = 0L;
        using var timer = new PeriodicTimer(duration / 20);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                if (before == 0 && watch.Elapsed >= duration * Settled)
                    before = Resident();
                Console.WriteLine($"{watch.Elapsed.TotalMinutes:F1} min: {stores.Sum(store => store.Kills)} kills, {stores.Sum(store => store.Acknowledged)} steps, {Resident() / 1e6:F0} MB");
            }
        }
        catch (OperationCanceledException)
        {
            // Done.
        }

        return (before, Resident());
    }

    private static long Resident()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
