using Atoma.Protocol.Accounts;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Postgres;
using Atoma.Storage.Sqlite;
using Atoma.Storage.Tests.Ledger;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Atoma.Storage.Tests.Crash;

/// <summary>A store to be crashed, by what a child process can be told of it.</summary>
/// <param name="Kind"><see cref="Sqlite"/> or <see cref="Postgres"/>.</param>
/// <param name="Place">A file, or a connection string.</param>
internal sealed record CrashStore(string Kind, string Place)
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    /// <summary>Opens it with its clock at <see cref="Sample.Now"/> and runs the work.</summary>
    /// <param name="boundary">Called at each boundary between writes.</param>
    /// <param name="work">Gets the store as all its ports.</param>
    public async Task UseAsync(Action? boundary, Func<ILedgerStore, Task> work)
    {
        var time = new FakeTimeProvider(Sample.Now);
        if (Kind == Sqlite)
        {
            using var store = SqliteLedgerStore.Open(Place, time, boundary);
            await work(store);
            return;
        }

        await using var dataSource = NpgsqlDataSource.Create(Place);
        using var books = PostgresLedgerStore.Open(dataSource, time, boundary);
        await work(books);
    }

    public Task PrepareAsync() => UseAsync(null, PrepareAsync);

    /// <summary>What the first step finds.</summary>
    public static async Task PrepareAsync(ILedgerStore store)
    {
        await ((IAccountStore)store).AddKeyAsync(Sample.Key(CrashScript.BudgetKey, budget: CrashScript.BudgetLimit), default);
        Assert.Equal(LedgerStatus.Ok, (await store.CommitAsync(CrashScript.Setup, default)).Status);
    }
}
