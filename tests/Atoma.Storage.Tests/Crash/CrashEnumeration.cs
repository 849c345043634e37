using Atoma.Protocol.Ledger;
using Atoma.Storage.Tests.Ledger;

namespace Atoma.Storage.Tests.Crash;

/// <summary>
/// Kills a process at every boundary of every step of <see cref="CrashScript"/> and looks at what it left. Each step starts in the
/// books that the deaths of the one before left, so what a death leaves is also what all later ones find.
/// </summary>
internal static class CrashEnumeration
{
    /// <summary>Boundaries of one step; more mean that something loops.</summary>
    private const int BoundariesMax = 100;

    /// <summary>Returns how many deaths each step took.</summary>
    public static async Task<IReadOnlyList<int>> RunAsync(CrashStore store)
    {
        await store.PrepareAsync();
        var deaths = new List<int>();
        for (var step = 0; step < CrashScript.Steps.Count; step++)
            deaths.Add(await DieAtEveryBoundaryAsync(store, step));
        return deaths;
    }

    private static async Task<int> DieAtEveryBoundaryAsync(CrashStore store, int step)
    {
        var isDone = false;
        for (var boundary = 1; boundary <= BoundariesMax; boundary++)
        {
            var ended = await CrashChild.EndsByItselfAsync(store, step, boundary);
            var where = $"{CrashScript.Steps[step].Name}, boundary {boundary}";
            isDone = await IsDoneAsync(store, step, where, wasDone: isDone);
            if (!ended)
                continue;

            // The one that was done before it died at its last boundary was repeated now, as if nothing had happened.
            Assert.True(isDone, $"{where}: acknowledged and lost");
            return boundary - 1;
        }

        throw new InvalidOperationException($"{CrashScript.Steps[step].Name} has more than {BoundariesMax} boundaries.");
    }

    /// <summary>The books are those of before the step or those of after it, in everything; never the former once they were the latter.</summary>
    public static async Task<bool> IsDoneAsync(CrashStore store, int step, string where, bool wasDone)
    {
        var isDone = false;
        await store.UseAsync(null, async books =>
        {
            var (before, after) = (CrashScript.Model(step), CrashScript.Model(step + 1));
            var ids = CrashScript.Steps[step].Command.Operations.Select(operation => operation.Id).ToArray();
            var entries = await books.EntriesOfAsync(ids, default);
            isDone = entries.Count == after.Entries.Count(entry => ids.Contains(entry.Operation));
            Assert.True(isDone || !wasDone, $"{where}: undone");
            await LedgerComparison.EqualAsync(isDone ? after : before, books);
        });
        return isDone;
    }
}
