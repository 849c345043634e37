using System.CommandLine;
using System.Diagnostics;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Postgres;
using Atoma.Storage.Sqlite;
using Atoma.Storage.Tests.Postgres;
using Npgsql;

namespace Atoma.Benchmarks.Ledger;

/// <summary>
/// Durable two-phase transfers on both stores, spread over accounts and on one hot pair, beside pgbench's own script on the same
/// server; then what an audit costs.
/// </summary>
internal static class LedgerBenchmark
{
    private const int Accounts = 1_000;

    /// <summary>Of the TPC-B-like script: the best of a few on two cores.</summary>
    private const int PgBenchClients = 16;

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "Of each measurement.", DefaultValueFactory = _ => 10 };
        var runs = new Option<int>("--runs") { Description = "Medians of so many.", DefaultValueFactory = _ => 3 };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 256 };
        var entries = new Option<int>("--entries") { Description = "Entries in the ledgers that are audited, in thousands; 0 for no audits.", DefaultValueFactory = _ => 1_000 };
        var command = new Command("ledger", "Durable two-phase transfers per second, and audits.") { seconds, runs, clients, entries };
        command.SetAction(async (given, cancellationToken) =>
        {
            var run = new Run(TimeSpan.FromSeconds(given.GetValue(seconds)), given.GetValue(clients), cancellationToken);
            for (var i = 0; i < given.GetValue(runs); i++)
                await run.MeasureAsync();
            if (given.GetValue(entries) > 0)
                await run.AuditAsync(given.GetValue(entries) * 1000);
            Console.WriteLine($"ledger runs={given.GetValue(runs)} clients={given.GetValue(clients)} {run.Summary}");
            return 0;
        });
        return command;
    }

    private sealed class Run(TimeSpan duration, int clients, CancellationToken cancellationToken)
    {
        private readonly Dictionary<string, List<double>> _figures = [];

        public string Summary => string.Join(' ', _figures.Select(pair => $"{pair.Key}={Statistics.Quantile(pair.Value, 0.5):G5}"));

        public async Task MeasureAsync()
        {
            await WithSqliteAsync(store => MeasureAsync("sqlite", store, Accounts));
            await WithSqliteAsync(store => MeasureAsync("sqlite_hot", store, 1));
            using var server = Server();
            await WithPostgresAsync(server, store => MeasureAsync("postgres", store, Accounts));
            await WithPostgresAsync(server, store => MeasureAsync("postgres_hot", store, 1));
            Add("pgbench", PgBench.Run(server, PgBenchClients, duration));
            Add("ratio", _figures["postgres"][^1] / _figures["pgbench"][^1]);
            Console.WriteLine($"load {(await File.ReadAllTextAsync("/proc/loadavg", cancellationToken)).Trim()}: "
                + string.Join(' ', _figures.Select(pair => $"{pair.Key}={pair.Value[^1]:G5}")));
        }

        public async Task AuditAsync(int entries)
        {
            await WithSqliteAsync(store => AuditAsync("sqlite", store, entries));
            using var server = Server();
            await WithPostgresAsync(server, store => AuditAsync("postgres", store, entries));
        }

        private static PostgresInstance Server() => new("-c max_connections=60");

        private static async Task WithSqliteAsync(Func<ILedgerStore, Task> work)
        {
            var folder = Directory.CreateTempSubdirectory("atoma-ledger-");
            try
            {
                using var store = SqliteLedgerStore.Open(Path.Combine(folder.FullName, "ledger.db"), TimeProvider.System);
                await work(store);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        private async Task WithPostgresAsync(PostgresInstance server, Func<ILedgerStore, Task> work)
        {
            var schema = $"ledger{_figures.Values.Sum(values => values.Count)}";
            await using (var admin = NpgsqlDataSource.Create(server.ConnectionString("public")))
            await using (var create = admin.CreateCommand($"CREATE SCHEMA {schema}"))
                await create.ExecuteNonQueryAsync(cancellationToken);
            await using var dataSource = NpgsqlDataSource.Create(server.ConnectionString(schema));
            using var store = PostgresLedgerStore.Open(dataSource, TimeProvider.System);
            await work(store);
        }

        private async Task MeasureAsync(string name, ILedgerStore store, int accounts)
        {
            var rate = await new LedgerLoad(store, clients, accounts).RunAsync(duration, cancellationToken);
            Add(name, rate.PerSecond);
            Add($"{name}_p50_ms", rate.CommandP50Ms);
            Add($"{name}_p99_ms", rate.CommandP99Ms);
            Add($"{name}_cpu_us", rate.CpuMicroseconds);
            var audit = await store.RecountAsync(cancellationToken);
            if (!audit.IsExact)
                throw new InvalidOperationException($"{name}: {audit}");
        }

        /// <summary>Full recount, then incremental audits with a little new in between.</summary>
        private async Task AuditAsync(string name, ILedgerStore store, int entries)
        {
            await LedgerFill.AddAsync(store, 0, entries, cancellationToken);
            Add($"{name}_recount_ms", await TimeAsync(store.RecountAsync));
            for (var i = 0; i < 5; i++)
            {
                await LedgerFill.AddAsync(store, entries + i * 1_000, 1_000, cancellationToken);
                Add($"{name}_audit_ms", await TimeAsync(store.AuditAsync));
            }
        }

        private async Task<double> TimeAsync(Func<CancellationToken, Task<Conservation>> audit)
        {
            var watch = Stopwatch.StartNew();
            var result = await audit(cancellationToken);
            return result.IsExact ? watch.Elapsed.TotalMilliseconds : throw new InvalidOperationException(result.ToString());
        }

        private void Add(string name, double value)
        {
            if (!_figures.TryGetValue(name, out var values))
                _figures.Add(name, values = []);
            values.Add(value);
        }
    }
}
