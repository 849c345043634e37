using Atoma.Simulation.Core;
using Atoma.Simulation.Mutants;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Tests;

/// <summary>A part of what the program plays, inside every test run.</summary>
public sealed class SeedTests
{
    private const int Seeds = 1_000;

    [Fact]
    public void Run_AThousandSeedsOfAllScenarios_BreaksNoInvariant()
    {
        var report = Runner.Run(from: 1, Seeds, only: null, new RunOptions(), progress: null, CancellationToken.None);
        Assert.True(report.Findings.Count == 0, string.Join('\n', report.Findings.Select(f => $"{f.Message}; replay: --seeds 1 --from {f.Seed} --scenario {f.Scenario} --trace")));
        Assert.Equal(Seeds, report.Seeds);
        // What the invariants hold of must have happened: answers, convictions, recoveries.
        Assert.True(report.Settled > Seeds, report.Line);
        Assert.True(report.Convictions > Seeds / 4, report.Line);
    }

    [Theory]
    [InlineData("mixed-faults", 7)]
    [InlineData("coordinator-crash", 11)]
    public void Play_TheSameSeedTwice_HappensAlike(string scenario, int seed) =>
        Assert.Equal(Trace(scenario, (ulong)seed), Trace(scenario, (ulong)seed));

    [Fact]
    public void Play_RealSignatures_BreaksNoInvariant()
    {
        for (var seed = 1; seed <= 3; seed++)
            Assert.Null(Runner.Play(Catalogue.Find("mixed")!, (ulong)seed, new RunOptions(RealSignatures: true), out _));
    }

    /// <summary>Every planted bug, published faults among them, is seen by an invariant of the auditor: not by a crash, not by an assertion.</summary>
    [Fact]
    public void Hunt_EveryPlantedBug_IsFound()
    {
        Assert.True(BugList.All.Count >= 20);
        var missed = BugList.All.AsParallel().Select(Hunter.Find).Where(h => h.Finding is null).Select(h => h.Bug.Name).ToArray();
        Assert.True(missed.Length == 0, string.Join(", ", missed));
    }

    [Fact]
    public void Scenarios_PlayEveryAttackOfP12()
    {
        string[] attacks =
        [
            "smaller-model", "lower-quant", "truncated-output", "skipped-eos", "padded-counts", "cached-answer", "prompt-swap", "sampler-swap", "prefill-attack",
            "lazy-checker", "copied-commitment", "colluding-committee", "seed-grinding", "abort-and-retry", "sybil", "griefing-dispute", "censored-audit",
            "withheld-reveal", "template-drift", "honest-hardware", "replay", "double-spend", "cancels",
        ];
        Assert.All(attacks, a => Assert.NotNull(Catalogue.Find(a)));
        Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(s => s.Name).Distinct().Count());
    }

    private static List<string> Trace(string scenario, ulong seed)
    {
        var lines = new List<string>();
        Runner.Play(Catalogue.Find(scenario)!, seed, new RunOptions(Log: lines.Add), out _);
        Assert.NotEmpty(lines);
        return lines;
    }
}
