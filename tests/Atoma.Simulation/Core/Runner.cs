using System.Diagnostics;
using Atoma.Protocol.Common;
using Atoma.Simulation.Checks;
using Atoma.Simulation.World;

namespace Atoma.Simulation.Core;

/// <summary>One seed that broke an invariant.</summary>
internal sealed record Finding(string Scenario, ulong Seed, string Invariant, string Message);

/// <summary>What many seeds came to.</summary>
internal sealed record Report(long Seeds, IReadOnlyList<Finding> Findings, long Requests, long Settled, long Convictions, long Framed, long Undetected, long Events, double VirtualHours, double Seconds)
{
    public double Ratio => Seconds > 0 ? VirtualHours * 3600 / Seconds : 0;

    public string Line => FormattableString.Invariant(
        $"simulation seeds={Seeds} violations={Findings.Count} requests={Requests} settled={Settled} convictions={Convictions} framed={Framed} undetected={Undetected} events={Events} virtual_hours={VirtualHours:F0} ratio={Ratio:F0} seeds_per_second={Seeds / Seconds:F0} seconds={Seconds:F1}");
}

/// <summary>Plays seeds, each single-threaded, several at once; what they find does not depend on how many run beside each other.</summary>
internal static class Runner
{
    /// <summary>Findings after which a run stops: more of the same help nobody.</summary>
    private const int FindingsMax = 20;

    /// <summary>Findings that are not one of the auditor's invariants: an assertion of the protocol's own, or anything else thrown.</summary>
    public const string Assertion = "assertion";
    public const string Crash = "crash";
    public const string Livelock = "livelock";

    private static string Where(Exception e) => string.Join(" < ", (e.StackTrace ?? "").Split('\n').Take(4).Select(l => l.Trim()));

    /// <summary>Plays one seed; null when every invariant held.</summary>
    public static Finding? Play(Scenario scenario, ulong seed, RunOptions options, out SimWorld? world)
    {
        world = null;
        try
        {
            world = new SimWorld(scenario, seed, options);
            world.Run();
            return null;
        }
        catch (Violation v)
        {
            return new Finding(scenario.Name, seed, v.Invariant, v.Message);
        }
        catch (InvariantException e)
        {
            // The protocol's own assertions are invariants too, but not the simulator's.
            return new Finding(scenario.Name, seed, Assertion, $"{e.Message} {Where(e)}");
        }
#pragma warning disable CA1031 // A seed that ends in any other way is a finding too, and must not hide the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new Finding(scenario.Name, seed, Crash, $"{e.GetType().Name}: {e.Message} {Where(e)}");
        }
    }

    /// <param name="from">First seed.</param>
    /// <param name="count">Number of seeds.</param>
    /// <param name="only">One scenario; null takes them in turn.</param>
    /// <param name="options">How worlds are run.</param>
    /// <param name="progress">Told after each seed how many are done, and what it found.</param>
    /// <param name="stop">Ends with what was found.</param>
    public static Report Run(ulong from, long count, Scenario? only, RunOptions options, Action<long, Finding?>? progress, CancellationToken stop)
    {
        var gate = new Lock();
        var findings = new List<Finding>();
        long seeds = 0, requests = 0, settled = 0, convictions = 0, framed = 0, undetected = 0, events = 0, virtualMs = 0;
        var clock = Stopwatch.StartNew();
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (offset, loop) =>
        {
            if (stop.IsCancellationRequested)
            {
                loop.Stop();
                return;
            }

            var seed = from + (ulong)offset;
            var finding = Play(only ?? Catalogue.All[(int)(seed % (ulong)Catalogue.All.Count)], seed, options, out var world);
            lock (gate)
            {
                seeds++;
                if (world is not null)
                {
                    requests += world.Auditor.Tally.Requests;
                    settled += world.Auditor.Tally.Settled;
                    convictions += world.Auditor.Tally.Convictions;
                    framed += world.Auditor.Tally.Framed;
                    undetected += world.Auditor.Tally.Undetected;
                    events += world.Events;
                    virtualMs += world.Time.ElapsedMs;
                }

                if (finding is not null)
                    findings.Add(finding);
                if (findings.Count >= FindingsMax)
                    loop.Stop();
                progress?.Invoke(seeds, finding);
            }
        });
        return new Report(seeds, [.. findings.OrderBy(f => f.Seed)], requests, settled, convictions, framed, undetected, events, virtualMs / 3_600_000.0, clock.Elapsed.TotalSeconds);
    }
}
