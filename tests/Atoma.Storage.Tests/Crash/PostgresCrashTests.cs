using Atoma.Protocol.Ledger;
using Atoma.Storage.Tests.Ledger;
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

    /// <summary>Boundary, first step, step after the last: all steps in one transaction; with ATOMA_CRASH=full also each alone.</summary>
    public static TheoryData<int, int, int> Cuts()
    {
        var cuts = new TheoryData<int, int, int>();
        for (var boundary = 1; boundary <= Boundaries; boundary++)
        {
            cuts.Add(boundary, 0, CrashScript.Steps.Count);
            for (var step = 0; CrashScript.IsFull && step < CrashScript.Steps.Count; step++)
                cuts.Add(boundary, step, step + 1);
        }

        return cuts;
    }

    /// <summary>The server dies around each round trip of a transaction with the steps from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    [SkippableTheory]
    [MemberData(nameof(Cuts))]
    public async Task Server_DiesAroundARoundTrip_AllOrNothing(int boundary, int first, int end)
    {
        var store = new CrashStore(CrashStore.Postgres, server.NewSchema());
        await store.PrepareAsync();
        using var gathered = new ManualResetEventSlim();
        using var waiting = new ManualResetEventSlim();
        int? left = null;
        await store.UseAsync(Boundary, async books =>
        {
            foreach (var (_, command) in CrashScript.Steps.Take(first))
                Assert.Equal(LedgerStatus.Ok, (await books.CommitAsync(command, default)).Status);

            // The writer stops in another transaction until all steps wait for the next.
            left = -1;
            var gathering = books.CommitAsync(CrashScript.Setup, default);
            waiting.Wait();
            var commits = CrashScript.Steps.Take(first..end).Select(step => books.CommitAsync(step.Command, default)).ToArray();
            gathered.Set();
            Assert.Equal(LedgerStatus.AlreadyDone, (await gathering).Status);

            if (boundary < Boundaries)
                Assert.All(await Task.WhenAll(commits.Select(Failure)), failure => Assert.IsType<StorageUnavailableException>(failure));
            else
                Assert.All(await Task.WhenAll(commits), result => Assert.Equal(LedgerStatus.Ok, result.Status));
            server.Start();
            var wanted = CrashScript.Model(boundary < Boundaries ? first : end);
            await new CrashStore(store.Kind, store.Place).UseAsync(null, other => LedgerComparison.EqualAsync(wanted, other));

            // The same store goes on, and the repeated commands end as if nothing had happened.
            foreach (var (_, command) in CrashScript.Steps.Take(first..end))
                Assert.Equal(wanted.Commit(command, Sample.Now), await RepeatAsync(books, command));
            await LedgerComparison.EqualAsync(CrashScript.Models[end], books);
        });

        void Boundary()
        {
            if (left == -1)
            {
                // The last boundary of the gathering transaction is its fifth.
                left = Boundaries + boundary;
                waiting.Set();
                gathered.Wait();
            }

            if (left > 0 && --left == 0)
                server.Crash();
        }
    }

    private static async Task<Exception?> Failure(Task task) => await Record.ExceptionAsync(() => task);

    /// <summary>As the store's errors tell: repeats while connections that the crash cut come out of the pool.</summary>
    private static async Task<LedgerResult> RepeatAsync(ILedgerStore books, LedgerCommand command)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await books.CommitAsync(command, default);
            }
            catch (StorageUnavailableException) when (attempt < 10)
            {
                // Again.
            }
        }
    }
}
