using Atoma.Protocol.Accounts;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Postgres;
using Atoma.Storage.Tests.Ledger;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class PostgresLedgerStoreTests(PostgresServer server) : LedgerStoreContract, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private FakeTimeProvider _time = new(Now);
    private NpgsqlDataSource? _dataSource;
    private PostgresLedgerStore? _store;

    protected override ILedgerStore Store => _store ??= PostgresLedgerStore.Open(DataSource, _time);

    protected override FakeTimeProvider Time => _time;

    protected override int RandomSequences => 25;

    private NpgsqlDataSource DataSource => _dataSource ??= NpgsqlDataSource.Create(server.NewSchema());

    public void Dispose() => Clear();

    protected override void Reopen()
    {
        _store?.Dispose();
        _store = null;
    }

    protected override void Clear()
    {
        Reopen();
        _time = new FakeTimeProvider(Now);
        _dataSource?.Dispose();
        _dataSource = null;
    }

    protected override async Task TamperAsync(string sql)
    {
        await using var command = DataSource.CreateCommand(
            $"ALTER TABLE entry DISABLE TRIGGER USER; ALTER TABLE hold DISABLE TRIGGER USER; {sql}; ALTER TABLE entry ENABLE TRIGGER USER; ALTER TABLE hold ENABLE TRIGGER USER");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>P12, double spend, by two processes' stores at one database.</summary>
    [SkippableFact]
    public async Task Commit_TwoStoresAtOnce_ExactlyWhatTheBalancePays()
    {
        await Store.CommitAsync(Do(Deposit("d", Alice, 100)), None);
        using var other = PostgresLedgerStore.Open(DataSource, _time);
        var stores = new[] { Store, other };
        var results = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => stores[i % 2].CommitAsync(Do(Hold($"h{i}", Alice, 10)), None)));
        Assert.Equal(10, results.Count(result => result.Status == LedgerStatus.Ok));
        Assert.Equal(390, results.Count(result => result.Status == LedgerStatus.InsufficientFunds));
        Assert.True((await Store.AuditAsync(None)).IsExact);
    }

    /// <summary>The database itself refuses what the code never does.</summary>
    [SkippableTheory]
    [InlineData("UPDATE entry SET amount = amount + 1", "immutable")]
    [InlineData("DELETE FROM entry", "immutable")]
    [InlineData("TRUNCATE entry", "immutable")]
    [InlineData("UPDATE transfer SET amount = 1", "immutable")]
    [InlineData("DELETE FROM transfer", "immutable")]
    [InlineData("DELETE FROM hold", "never deleted")]
    [InlineData("UPDATE hold SET state = 2, parts = NULL WHERE state = 1", "resolved once")]
    [InlineData("UPDATE account SET balance = -1 WHERE kind = 1", "check constraint")]
    [InlineData("UPDATE account SET owner = 'mallory' WHERE owner = 'alice'", "keeps its identity")]
    [InlineData("DELETE FROM account", "never deleted")]
    [InlineData("UPDATE request SET phase = 9", "by its version")]
    [InlineData("UPDATE slash SET is_open = false", "by its version")]
    [InlineData("UPDATE payout SET amount = 9", "by its version")]
    [InlineData("DELETE FROM payout", "never deleted")]
    [InlineData("UPDATE hold SET budget = NULL", "resolved once")]
    [InlineData("UPDATE hold SET state = 3, resolved_at = expires_at - 1 WHERE state = 0", "check constraint")]
    [InlineData("UPDATE key_budget SET used = -1", "check constraint")]
    [InlineData("UPDATE audit_log SET actor = 'mallory'", "immutable")]
    [InlineData("DELETE FROM audit_log", "immutable")]
    [InlineData("UPDATE outbox SET reason = 'again', version = version + 1 WHERE state = 4", "until it has ended")]
    [InlineData("UPDATE outbox SET data = target, version = version + 1 WHERE state = 1", "until it has ended")]
    [InlineData("UPDATE outbox SET state = 0, version = version + 1 WHERE state = 1", "check constraint")]
    [InlineData("UPDATE outbox SET nonce = 1, state = 1, version = version + 1 WHERE state = 0", "outbox_nonce")]
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
        await using var command = DataSource.CreateCommand(sql);
        Assert.Contains(why, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).Message);
    }

    /// <summary>The server ends the writer's connection: everyone waiting is told, and the next command finds a new one.</summary>
    [SkippableFact]
    public async Task Commit_ConnectionCut_FailsThenRecovers()
    {
        await Store.CommitAsync(Do(Deposit("d", Alice, 100)), None);
        await using (var cut = DataSource.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        {
            await cut.ExecuteNonQueryAsync();
        }

        var hold = Do(Hold("h", Alice, 1));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Store.CommitAsync(hold, None));
        Assert.Equal(LedgerStatus.Ok, (await Store.CommitAsync(hold, None)).Status);
        Assert.True((await Store.AuditAsync(None)).IsExact);
    }

    [SkippableFact]
    public async Task Open_NewerSchema_SaysSo()
    {
        Assert.NotNull(Store);
        Reopen();
        await using (var newer = DataSource.CreateCommand("INSERT INTO schema_migration VALUES (999, 'future', '', 0)"))
            await newer.ExecuteNonQueryAsync();
        await using (var digest = DataSource.CreateCommand("UPDATE schema_migration SET digest = decode(repeat('00', 32), 'hex') WHERE version = 999"))
            await digest.ExecuteNonQueryAsync();
        Assert.Contains("newer version", Assert.Throws<StorageSchemaException>(() => Store).Message);
    }
}
