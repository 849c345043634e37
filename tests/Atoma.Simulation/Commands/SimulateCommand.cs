using System.CommandLine;
using Atoma.Simulation.Core;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Commands;

/// <summary>The simulator's command line. Exit code 1 when an invariant was broken, 2 when asked for something that is not there.</summary>
internal static class SimulateCommand
{
    private const int ProgressSeconds = 10;

    private static readonly Option<long> Seeds = new("--seeds") { Description = "Number of seeds to play.", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<ulong> From = new("--from") { Description = "First seed.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> Only = new("--scenario") { Description = "One scenario for all seeds, or 'list'; else all in turn." };
    private static readonly Option<bool> Real = new("--real-signatures") { Description = "secp256k1 signatures instead of fast ones." };
    private static readonly Option<bool> Tracing = new("--trace") { Description = "Prints every event; for one seed." };

    private static readonly Option<bool> Mutations = new("--mutations") { Description = "Plants each known bug and prints which invariant finds it." };

    private static readonly Option<string?> Figures = new("--figures") { Description = "Measures against the formulas; writes CSV and plots into this folder." };
    private static readonly Option<int> FigureRequests = new("--figure-requests") { Description = "Requests for each level and share of the figures.", DefaultValueFactory = _ => 2_000 };

    public static RootCommand Create()
    {
        var root = new RootCommand("Plays the protocol's own machines in virtual time, with faults and attacks, and checks the invariants after every step.")
        {
            Seeds, From, Only, Real, Tracing, Mutations, Figures, FigureRequests,
        };
        root.SetAction((parsed, stop) => Task.FromResult(Run(parsed, stop)));
        return root;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        if (parsed.GetValue(Mutations))
            return MutationsCommand.Run();
        if (parsed.GetValue(Figures) is { } folder)
            return FiguresCommand.Run(folder, Math.Max(1, parsed.GetValue(FigureRequests)));
        var name = parsed.GetValue(Only);
        if (name == "list")
        {
            foreach (var s in Catalogue.All)
                Console.WriteLine($"{s.Name,-22} {s.Meaning}");
            return 0;
        }

        var scenario = name is null ? null : Catalogue.Find(name);
        if (name is not null && scenario is null)
        {
            Console.Error.WriteLine($"There is no scenario '{name}'; --scenario list names them.");
            return 2;
        }

        var count = Math.Max(1, parsed.GetValue(Seeds));
        var options = new RunOptions(parsed.GetValue(Real), Log: parsed.GetValue(Tracing) ? Console.WriteLine : null);
        var report = Runner.Run(parsed.GetValue(From), count, scenario, options, Progress(count), stop);
        Console.WriteLine(report.Line);
        return report.Findings.Count == 0 ? 0 : 1;
    }

    private static Action<long, Finding?> Progress(long count)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var next = ProgressSeconds;
        return (done, finding) =>
        {
            if (finding is not null)
                Console.WriteLine($"VIOLATION {finding.Message}\n  replay: --seeds 1 --from {finding.Seed} --scenario {finding.Scenario} --trace");
            if (clock.Elapsed.TotalSeconds < next)
                return;
            next += ProgressSeconds;
            Console.Error.WriteLine($"{done} of {count} seeds, {done / clock.Elapsed.TotalSeconds:F0} per second");
        };
    }
}
