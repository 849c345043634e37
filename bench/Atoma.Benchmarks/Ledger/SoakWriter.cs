using System.CommandLine;
using System.Globalization;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Postgres;
using Atoma.Storage.Sqlite;
using Npgsql;

namespace Atoma.Benchmarks.Ledger;

/// <summary>
/// The soak's victim: reads from standard input how far each client is, goes on from there, and prints each client's number once
/// its next step is acknowledged, until it is killed.
/// </summary>
internal static class SoakWriter
{
    public const string Verb = "ledger-soak-writer";

    public static Command Create()
    {
        var kind = new Argument<string>("kind");
        var place = new Argument<string>("place");
        var command = new Command(Verb) { kind, place };
        command.Hidden = true;
        command.SetAction(async (given, _) =>
        {
            var (store, owned) = Open(given.GetRequiredValue(kind), given.GetRequiredValue(place));
            using (owned)
            {
                var steps = Console.In.ReadLine()!.Split(' ').Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
                await Task.WhenAll(steps.Select((step, client) => Task.Run(() => RunAsync(store, client, step), CancellationToken.None)));
            }

            return 0;
        });
        return command;
    }

    /// <summary>Opens a store by what a child can be told; the second closes it.</summary>
    public static (ILedgerStore Store, IDisposable Owned) Open(string kind, string place)
    {
        if (kind == "sqlite")
        {
            var file = SqliteLedgerStore.Open(place, TimeProvider.System);
            return (file, file);
        }

        var dataSource = NpgsqlDataSource.Create(place);
        var store = PostgresLedgerStore.Open(dataSource, TimeProvider.System);
        return (store, new Both(store, dataSource));
    }

    private static async Task RunAsync(ILedgerStore store, int client, long step)
    {
        while (true)
        {
            var result = await store.CommitAsync(SoakFlow.Step(client, step), default);
            if (!result.Succeeded)
                throw new InvalidOperationException($"client {client}, step {step}: {result}");
            step++;
            Console.Out.Write($"{client}\n");
        }
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
