using System.Diagnostics;
using System.Globalization;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Sqlite;

namespace Atoma.Storage.Tests.Crash;

public class KillTests
{
    private const int AcknowledgedBeforeKill = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>kill -9 of a writing process: what it had acknowledged is there, nothing is half done, the books balance.</summary>
    [Fact]
    public async Task Kill_WhileWriting_AcknowledgedIsThereAndTheAuditIsExact()
    {
        using var folder = new TempFolder();
        var path = folder.File("ledger.db");
        var acknowledged = await WriteUntilKilledAsync(path);
        Assert.True(acknowledged.Count >= AcknowledgedBeforeKill);

        using var store = SqliteLedgerStore.Open(path, TimeProvider.System);
        var audit = await store.AuditAsync(CancellationToken.None);
        Assert.True(audit.IsExact, audit.ToString());
        foreach (var step in acknowledged.SelectMany(Program.Steps).Where(step => step.Request is null or { Version: 2 }))
            Assert.Equal(LedgerStatus.AlreadyDone, (await store.CommitAsync(step, CancellationToken.None)).Status);

        // The one that was cut off goes on where it was: repeating its commands ends it, charged once.
        var next = Enumerable.Range(0, int.MaxValue).First(number => !acknowledged.Contains(number));
        foreach (var step in Program.Steps(next))
        {
            var result = await store.CommitAsync(step, CancellationToken.None);
            Assert.True(result.Succeeded || result.Status == LedgerStatus.VersionConflict, result.ToString());
        }

        Assert.Equal(4, (await store.EntriesOfAsync([Ledger.Sample.Id($"hold {next}")], CancellationToken.None))
            .Count(entry => entry.Code is TransferCode.Hold or TransferCode.PayPrimary));
        Assert.True((await store.AuditAsync(CancellationToken.None)).IsExact);
    }

    private static async Task<HashSet<int>> WriteUntilKilledAsync(string path)
    {
        using var child = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, Program.Writer, path])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        using var patience = new CancellationTokenSource(Patience);
        var acknowledged = new HashSet<int>();
        try
        {
            while (await child.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                // The kill may cut the last line: only one with its mark counts.
                if (line.EndsWith(Program.LineEnd))
                    acknowledged.Add(int.Parse(line.AsSpan(0, line.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture));
                if (acknowledged.Count == AcknowledgedBeforeKill)
                    child.Kill();
            }
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(CancellationToken.None);
        }

        return acknowledged;
    }
}
