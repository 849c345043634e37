using Atoma.Storage.Orleans;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Tests.Orleans;

public sealed class SqliteOrleansTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteGrainDataSource _dataSource;

    public SqliteOrleansTests() => _dataSource = new SqliteGrainDataSource(_folder.File("grains.db"));

    public void Dispose()
    {
        _dataSource.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public Task Silo_OnSqlite_StateSurvivesAndConflictsAreRefused() =>
        OrleansContract.SurvivesRestartAsync(OrleansSchema.SqliteInvariant, _dataSource);

    /// <summary>The trap that Microsoft.Data.Sqlite's own pool has: the next user must not find a transaction open.</summary>
    [Fact]
    public async Task Open_FormerUserFailedInATransaction_CleanConnection()
    {
        await ExecuteAsync("CREATE TABLE t (x INTEGER NOT NULL)");
        await Assert.ThrowsAsync<SqliteException>(() => ExecuteAsync("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (NULL); COMMIT;"));
        await ExecuteAsync("BEGIN; INSERT INTO t VALUES (2); COMMIT;");

        await using var connection = await _dataSource.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(x) FROM t";
        Assert.Equal("2", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Open_ManyAtOnce_EachHasItsTurn()
    {
        await ExecuteAsync("CREATE TABLE t (x INTEGER NOT NULL)");
        await ExecuteAsync("INSERT INTO t VALUES (0)");
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => ExecuteAsync("BEGIN; UPDATE t SET x = x + 1; COMMIT;")));
        await using var connection = await _dataSource.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT x FROM t";
        Assert.Equal(300L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Open_AfterDispose_Throws()
    {
        var connection = await _dataSource.OpenConnectionAsync();
        await connection.DisposeAsync();
        await connection.DisposeAsync();
        await _dataSource.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _dataSource.OpenConnectionAsync());
    }

    private async Task ExecuteAsync(string sql)
    {
        await Task.Yield();
        await using var connection = await _dataSource.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
