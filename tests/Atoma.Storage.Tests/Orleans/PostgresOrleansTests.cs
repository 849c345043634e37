using Atoma.Storage.Orleans;
using Atoma.Storage.Tests.Postgres;
using Npgsql;

namespace Atoma.Storage.Tests.Orleans;

[Collection(PostgresCollection.Name)]
public sealed class PostgresOrleansTests(PostgresServer server)
{
    [SkippableFact]
    public async Task Silo_OnPostgres_StateSurvivesAndConflictsAreRefused()
    {
        await using var dataSource = NpgsqlDataSource.Create(server.NewSchema());
        await OrleansContract.SurvivesRestartAsync(OrleansSchema.PostgresInvariant, dataSource);
    }

    [SkippableFact]
    public async Task Ensure_ManySilosAtOnce_OneSchema()
    {
        await using var dataSource = NpgsqlDataSource.Create(server.NewSchema());
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OrleansSchema.EnsureAsync(dataSource, CancellationToken.None)));
        await using var count = dataSource.CreateCommand("SELECT count(*) FROM OrleansQuery");
        Assert.Equal(14L, await count.ExecuteScalarAsync());
    }
}
