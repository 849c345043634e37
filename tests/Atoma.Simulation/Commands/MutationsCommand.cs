using Atoma.Simulation.Mutants;

namespace Atoma.Simulation.Commands;

/// <summary><c>--mutations</c>: plants every bug and prints which invariant saw it, and when.</summary>
internal static class MutationsCommand
{
    public static int Run()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var hunts = new List<Hunt>();
        Console.WriteLine($"{"bug",-26} {"seeds",5}  {"invariant",-22} what is wrong");
        foreach (var hunt in BugList.All.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(Hunter.Find))
        {
            hunts.Add(hunt);
            Console.WriteLine($"{hunt.Bug.Name,-26} {hunt.Seeds,5}  {hunt.Finding?.Invariant ?? "NOT FOUND",-22} {hunt.Bug.Meaning}");
        }

        var found = hunts.Count(h => h.Finding is not null);
        Console.WriteLine(FormattableString.Invariant(
            $"mutations bugs={hunts.Count} found={found} most_seeds={hunts.Max(h => h.Seeds)} seconds={clock.Elapsed.TotalSeconds:F1}"));
        return found == hunts.Count ? 0 : 1;
    }
}
