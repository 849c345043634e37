using Npgsql;

namespace Atoma.Storage.Tests.Postgres;

/// <summary>The tests' server, which does not flush to disk.</summary>
public sealed class PostgresServer : IDisposable
{
    private readonly PostgresInstance? _instance;
    private int _schemas;

    public PostgresServer()
    {
        // Where it is not installed every test that would use it is skipped; set-up that is missing in CI fails.
        if (PostgresInstance.Binaries is not null || Environment.GetEnvironmentVariable("CI") == "true")
            _instance = new PostgresInstance("-c fsync=off -c max_connections=40 -c shared_buffers=16MB");
    }

    /// <summary>Connection string of a new, empty schema: made in no time, where a database takes 0.3 s. Skips the test where PostgreSQL is not installed.</summary>
    public string NewSchema()
    {
        Skip.If(_instance is null, "PostgreSQL's server programs are not installed here (Debian: postgresql).");
        var name = $"test{Interlocked.Increment(ref _schemas)}";
        using var admin = NpgsqlDataSource.Create(_instance!.ConnectionString("public"));
        using var create = admin.CreateCommand($"CREATE SCHEMA {name}");
        create.ExecuteNonQuery();
        return _instance.ConnectionString(name);
    }

    public void Crash() => _instance!.Crash();

    public void Start() => _instance!.Start();

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        _instance?.Dispose();
    }
}

/// <summary>One server for all tests that need it.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}
