using Atoma.Storage.Tests.Postgres;

namespace Atoma.Storage.Tests.Crash;

[Collection(PostgresCollection.Name)]
public class PostgresCrashTests(PostgresServer server)
{
    /// <summary>Boundaries of the writer: before the lock, after it, after reading, after writing, after the commit.</summary>
    private const int Boundaries = 5;

    /// <summary>kill -9 of the writing process around each of its round trips, for every kind of command.</summary>
    [SkippableFact]
    public async Task Process_DiesAtEveryBoundaryOfEveryStep_AllOrNothing()
    {
        var deaths = await CrashEnumeration.RunAsync(new CrashStore(CrashStore.Postgres, server.NewSchema()));
        Assert.All(deaths, count => Assert.Equal(Boundaries, count));
    }
}
