using Atoma.Protocol.Accounts;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Sqlite;
using Atoma.Storage.Tests.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Sqlite;

public sealed class SqliteLedgerStoreTests : LedgerStoreContract, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private FakeTimeProvider _time = new(Now);
    private SqliteLedgerStore _store;
    private int _files;

    public SqliteLedgerStoreTests() => _store = SqliteLedgerStore.Open(LedgerPath, _time);

    private string LedgerPath => _folder.File($"ledger-{_files}.db");

    protected override ILedgerStore Store => _store;

    protected override FakeTimeProvider Time => _time;

    protected override int RandomSequences => 60;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    protected override void Reopen()
    {
        _store.Dispose();
        _store = SqliteLedgerStore.Open(LedgerPath, _time);
    }

    protected override void Clear()
    {
        _store.Dispose();
        _files++;
        _time = new FakeTimeProvider(Now);
        _store = SqliteLedgerStore.Open(LedgerPath, _time);
    }

    protected override Task TamperAsync(string sql)
    {
        using var connection = OpenRaw();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('entry', 'hold')";
        var triggers = new List<(string Name, string Sql)>();
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
                triggers.Add((reader.GetString(0), reader.GetString(1)));
        }

        foreach (var trigger in triggers)
            ExecuteRaw($"DROP TRIGGER {trigger.Name}");
        ExecuteRaw($"PRAGMA foreign_keys = OFF; {sql}");
        foreach (var trigger in triggers)
            ExecuteRaw(trigger.Sql);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Dispose_CommandsQueued_AllAreFinishedFirst()
    {
        var commits = Enumerable.Range(0, 2000).Select(i => _store.CommitAsync(Do(Deposit($"d{i}", Alice, 1)), None)).ToArray();
        _store.Dispose();
        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(LedgerStatus.Ok, result.Status));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.CommitAsync(Do(Deposit("d", Alice, 1)), None));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.AuditAsync(None));
        _store.Dispose();
        Reopen();
        Assert.Equal(2000, (await _store.BalanceAsync(Alice, None)).Value);
    }

    /// <summary>The database itself refuses what the code never does.</summary>
    [Theory]
    [InlineData("UPDATE entry SET amount = amount + 1", "immutable")]
    [InlineData("DELETE FROM entry", "immutable")]
    [InlineData("UPDATE transfer SET amount = 1", "immutable")]
    [InlineData("DELETE FROM transfer", "immutable")]
    [InlineData("DELETE FROM hold", "never deleted")]
    [InlineData("UPDATE hold SET state = 2, parts = NULL WHERE state = 1", "resolved once")]
    [InlineData("UPDATE account SET balance = -1 WHERE kind = 1", "CHECK constraint failed")]
    [InlineData("UPDATE account SET owner = 'mallory' WHERE owner = 'alice'", "keeps its identity")]
    [InlineData("DELETE FROM account", "never deleted")]
    [InlineData("UPDATE account SET balance = 'much'", "cannot store TEXT")]
    [InlineData("INSERT INTO transfer VALUES (randomblob(32), 1, 1, 2, 0, 1, NULL, 0)", "CHECK constraint failed")]
    [InlineData("INSERT INTO transfer VALUES (randomblob(31), 1, 1, 2, 1, 1, NULL, 0)", "CHECK constraint failed")]
    [InlineData("INSERT INTO entry VALUES (99, randomblob(32), 1, 2, 1, 1, 1, 0)", "FOREIGN KEY")]
    [InlineData("UPDATE request SET phase = 9", "by its version")]
    [InlineData("UPDATE slash SET is_open = 0", "by its version")]
    [InlineData("UPDATE payout SET amount = 9", "by its version")]
    [InlineData("DELETE FROM payout", "never deleted")]
    [InlineData("UPDATE hold SET budget = NULL", "resolved once")]
    [InlineData("UPDATE hold SET state = 3, resolved_at = expires_at - 1 WHERE state = 0", "CHECK constraint failed")]
    [InlineData("UPDATE key_budget SET used = -1", "CHECK constraint failed")]
    [InlineData("UPDATE audit_log SET actor = 'mallory'", "immutable")]
    [InlineData("DELETE FROM audit_log", "immutable")]
    [InlineData("UPDATE outbox SET reason = 'again', version = version + 1 WHERE state = 4", "until it has ended")]
    [InlineData("UPDATE outbox SET data = target, version = version + 1 WHERE state = 1", "until it has ended")]
    [InlineData("UPDATE outbox SET state = 0, version = version + 1 WHERE state = 1", "CHECK constraint failed")]
    [InlineData("UPDATE outbox SET nonce = 1, state = 1, version = version + 1 WHERE state = 0", "UNIQUE")]
    [InlineData("DELETE FROM outbox", "never deleted")]
    [InlineData("UPDATE chain_cursor SET number = number - 1", "only moves forward")]
    [InlineData("UPDATE chain_identity SET identity = identity", "one chain")]
    [InlineData("DELETE FROM chain_identity", "one chain")]
    [InlineData("UPDATE voucher SET cumulative = cumulative - 1", "only a higher voucher")]
    public async Task Database_ForbiddenChange_Refused(string sql, string why)
    {
        await Store.CommitAsync(Do(Deposit("d", Alice, 100), Hold("h", Alice, 5), Post("h", Pay(Bob, 5))), None);
        await Store.CommitAsync(new LedgerCommand([], Request("r"), [Slash("s")], [Payout("p")]), None);
        await Accounts.AddKeyAsync(Key("key", budget: 10), None);
        await Store.CommitAsync(Do(Hold("charged", Alice, 5, budget: "key")), None);
        await Accounts.AppendAuditLogAsync(new AuditLogRecord(0, Now, "admin", "key.create", "", ""), None);
        await AddSettlementRowsAsync();
        using var connection = OpenRaw();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Contains(why, Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message);
    }

    [Fact]
    public void Open_NewerSchema_SaysSo()
    {
        _store.Dispose();
        ExecuteRaw("INSERT INTO schema_migration VALUES (999, 'future', randomblob(32), 0)");
        var error = Assert.Throws<StorageSchemaException>(() => SqliteLedgerStore.Open(LedgerPath, _time));
        Assert.Contains("newer version", error.Message);
    }

    [Fact]
    public void Open_OtherMigration_SaysSo()
    {
        _store.Dispose();
        ExecuteRaw("UPDATE schema_migration SET digest = randomblob(32)");
        var error = Assert.Throws<StorageSchemaException>(() => SqliteLedgerStore.Open(LedgerPath, _time));
        Assert.Contains("another content", error.Message);
    }

    /// <summary>What is under the store fails: the caller is told, and the store goes on once it is repaired.</summary>
    [Fact]
    public async Task Commit_TableGone_FailsThenRecovers()
    {
        await Store.CommitAsync(Do(Deposit("d", Alice, 100)), None);
        using (var connection = OpenRaw())
        {
            using var command = connection.CreateCommand();
            command.CommandText = "ALTER TABLE hold RENAME TO hold_away";
            command.ExecuteNonQuery();
            var error = await Assert.ThrowsAnyAsync<Exception>(() => Store.CommitAsync(Do(Hold("h", Alice, 1)), None));
            Assert.True(error is StorageUnavailableException or SqliteException, error.ToString());
            command.CommandText = "ALTER TABLE hold_away RENAME TO hold";
            command.ExecuteNonQuery();
        }

        Assert.Equal(LedgerStatus.Ok, (await Store.CommitAsync(Do(Hold("h", Alice, 1)), None)).Status);
    }

    private SqliteConnection OpenRaw()
    {
        var connection = new SqliteConnection($"Data Source={LedgerPath};Pooling=False;Foreign Keys=True");
        connection.Open();
        return connection;
    }

    private void ExecuteRaw(string sql)
    {
        using var connection = OpenRaw();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
