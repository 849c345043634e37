using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Atoma.Storage.Tests.Postgres;

namespace Atoma.Benchmarks.Ledger;

/// <summary>pgbench's own TPC-B-like script on the same server: what the machine and the server give to plain transactions.</summary>
internal static partial class PgBench
{
    /// <summary>Rows of the table that every transaction updates one of; as many clients at most do not wait for each other.</summary>
    private const int Scale = 16;

    /// <summary>Transactions per second.</summary>
    public static double Run(PostgresInstance server, int clients, TimeSpan duration)
    {
        Call(server, "-i", "-q", "-s", $"{Scale}");
        var output = Call(server, "-M", "prepared", "-c", $"{clients}", "-j", "2", "-T", $"{(int)duration.TotalSeconds}");
        return double.Parse(Tps().Match(output).Groups["rate"].Value, CultureInfo.InvariantCulture);
    }

    private static string Call(PostgresInstance server, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(
            PostgresInstance.Binary("pgbench"), ["-h", "127.0.0.1", "-p", $"{server.Port}", "-U", "postgres", .. arguments, "postgres"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"pgbench: {error.Result}");
    }

    [GeneratedRegex(@"tps = (?<rate>[0-9.]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Tps();
}
