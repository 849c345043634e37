using System.Globalization;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Sqlite;
using Atoma.Storage.Tests.Ledger;

namespace Atoma.Storage.Tests.Crash;

/// <summary>
/// The crash tests' victims. One is <see cref="CrashChild"/>; the other, run as <c>dotnet exec Atoma.Storage.Tests.dll crash-writer FILE</c>: settles request after request
/// and prints the number of each once it is acknowledged, until it is killed.
/// </summary>
internal static class Program
{
    public const string Writer = "crash-writer";
    public const int Lanes = 64;
    public const char LineEnd = '.';

    public static int Main(string[] arguments)
    {
        if (arguments is [CrashChild.Verb, var kind, var place, var step, var dieAt])
        {
            return CrashChild.RunAsync(
                kind, place, int.Parse(step, CultureInfo.InvariantCulture), int.Parse(dieAt, CultureInfo.InvariantCulture)).GetAwaiter().GetResult();
        }

        if (arguments is not [Writer, var path])
            return 2;
        using var store = SqliteLedgerStore.Open(path, TimeProvider.System);
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => RunAsync(store, lane))).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task RunAsync(SqliteLedgerStore store, int lane)
    {
        for (var number = lane; ; number += Lanes)
        {
            foreach (var step in Steps(number))
            {
                var result = await store.CommitAsync(step, CancellationToken.None);
                if (result.Status != LedgerStatus.Ok)
                    throw new InvalidOperationException(result.ToString());
            }

            Console.Out.WriteLine($"{number}{LineEnd}");
            Console.Out.Flush();
        }
    }

    /// <summary>The commands of one request: deposit, accept with hold, settle.</summary>
    public static LedgerCommand[] Steps(int number) =>
    [
        Sample.Do(Sample.Deposit($"deposit {number}", Sample.Alice, 10)),
        Sample.Write(Sample.Request($"request {number}", key: $"key {number}"), Sample.Hold($"hold {number}", Sample.Alice, 10)),
        Sample.Write(
            Sample.Request($"request {number}", version: 2, key: $"key {number}", open: false),
            Sample.Post($"hold {number}", Sample.Pay(Sample.NodeEarnings, 7))),
    ];
}
