namespace Atoma.Storage.Tests.Crash;

public class SqliteCrashTests
{
    /// <summary>kill -9 before the transaction, after each of its statements, before and after its commit, for every kind of command.</summary>
    [Fact]
    public async Task Process_DiesAtEveryBoundaryOfEveryStep_AllOrNothing()
    {
        using var folder = new TempFolder();
        var deaths = await CrashEnumeration.RunAsync(new CrashStore(CrashStore.Sqlite, folder.File("ledger.db")));

        // Before it, BEGIN, at least an account, a transfer or a hold, an entry, and COMMIT.
        Assert.All(deaths, count => Assert.True(count >= 6, $"{count} boundaries"));
    }
}
