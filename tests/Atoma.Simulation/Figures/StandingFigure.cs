using Atoma.Protocol.Common;
using Atoma.Protocol.Registry;
using Atoma.Simulation.Core;

namespace Atoma.Simulation.Figures;

/// <summary>Honest nodes over many days of checks with the measured rate of false alarms.</summary>
internal sealed record HonestDays(long NodeDays, long Checks, double FalseAlarms, long Failures, long Quarantines, long Slashes);

/// <summary>Nodes that cheat in a share of their answers, until the sequential test fires.</summary>
internal sealed record CheatingNodes(double Share, int Nodes, Rate Checks, int Longest, double Formula);

/// <summary>P8.1's sequential test, the protocol's own, on seeded checks.</summary>
internal static class StandingFigure
{
    /// <summary>Checked answers of one node in a day: one an hour, of which 24 make a day.</summary>
    private const int ChecksPerDay = 24;

    /// <summary>Honest answers held out from the thresholds' learning and called a mismatch, of docs/data/operating-curve.csv at the published thresholds: 7 of 17,066.</summary>
    private const double FalseAlarms = 7.0 / 17_066;

    private static readonly double[] Shares = [0.3, 0.5, 0.9];

    public static HonestDays Honest(int nodeDays)
    {
        const int DaysOfANode = 1_000;
        var nodes = nodeDays / DaysOfANode;
        var totals = Enumerable.Range(0, nodes).AsParallel().Select(node =>
        {
            var random = new Prng(Prng.Mix((ulong)node + 0x5AFE));
            var standing = new NodeStanding();
            long failures = 0, quarantines = 0, slashes = 0;
            for (var check = 0; check < DaysOfANode * ChecksPerDay; check++)
            {
                var isFailed = random.Chance(FalseAlarms);
                failures += isFailed ? 1 : 0;
                (standing, var change) = standing.Observe(isFailed ? ObservationKind.Failed : ObservationKind.Passed, Hash32.Zero);
                quarantines += change == StandingChange.Quarantined ? 1 : 0;
                slashes += change == StandingChange.Fired ? 1 : 0;
            }

            return (failures, quarantines, slashes);
        }).ToArray();
        return new HonestDays((long)nodes * DaysOfANode, (long)nodes * DaysOfANode * ChecksPerDay, FalseAlarms, totals.Sum(t => t.failures), totals.Sum(t => t.quarantines), totals.Sum(t => t.slashes));
    }

    public static IReadOnlyList<CheatingNodes> Cheating(int nodes) => [.. Shares.Select(share => Cheating(share, nodes))];

    private static CheatingNodes Cheating(double share, int nodes)
    {
        double sum = 0, squares = 0;
        var longest = 0;
        for (var node = 0; node < nodes; node++)
        {
            var random = new Prng(Prng.Mix((ulong)node + (ulong)(share * 1e6)));
            var (standing, change, checks) = (new NodeStanding(), StandingChange.None, 0);
            while (change != StandingChange.Fired)
            {
                checks++;
                (standing, change) = standing.Observe(random.Chance(share) ? ObservationKind.Failed : ObservationKind.Passed, Hash32.Zero);
            }

            sum += checks;
            squares += (double)checks * checks;
            longest = Math.Max(longest, checks);
        }

        return new CheatingNodes(share, nodes, Rate.OfMean(sum, squares, nodes), longest, NodeStanding.ExpectedChecks(share));
    }
}
