using Atoma.Protocol.Integrity;

namespace Atoma.Protocol.Tests.Integrity;

public sealed class AssuranceTests
{
    private static readonly PriceTerms Terms = new(CheckPermille: 50, FeePermille: 20, AuditPpm: 100_000);

    /// <summary>Counts all ordered draws of distinct nodes; node i is the adversary's when i &lt; adversaries.</summary>
    private static double Count(int nodes, int drawn, Func<IReadOnlyList<int>, bool> undetected, out long all)
    {
        long total = 0, bad = 0;
        Visit([]);
        all = total;
        return (double)bad / total;

        void Visit(List<int> so)
        {
            if (so.Count == drawn)
            {
                total++;
                bad += undetected(so) ? 1 : 0;
                return;
            }

            for (var i = 0; i < nodes; i++)
            {
                if (!so.Contains(i))
                    Visit([.. so, i]);
            }
        }
    }

    [Fact]
    public void UndetectedFraud_OfSmallNetworks_EqualsEnumeration()
    {
        for (var n = 1; n <= 7; n++)
        {
            for (var adversaries = 0; adversaries <= n; adversaries++)
            {
                var r = (double)adversaries / n;
                Check(IntegrityLevel.None, 1, d => d[0] < adversaries);
                foreach (var k in new[] { 1, 3 }.Where(k => k + 1 <= n))
                    Check(IntegrityLevel.CheckedBy(k), k + 1, d => d[0] < adversaries && d.Skip(1).Count(x => x < adversaries) > k / 2);
                for (var replicas = 2; replicas <= Math.Min(n, 4); replicas++)
                    Check(IntegrityLevel.Replicated(replicas), replicas, d => d.All(x => x < adversaries));

                void Check(IntegrityLevel level, int drawn, Func<IReadOnlyList<int>, bool> undetected) => Assert.Equal(
                    Count(n, drawn, undetected, out _), Assurance.UndetectedFraud(level, n, r, Terms), 12);
            }
        }
    }

    [Fact]
    public void UndetectedFraud_OfSampled_IsTheUnauditedShareAndTheColludingAudits()
    {
        // 10 nodes, 5 bad: ½·((1 − p) + p·4/9)
        Assert.Equal(0.5 * (0.9 + 0.1 * 4 / 9), Assurance.UndetectedFraud(IntegrityLevel.Sampled, 10, 0.5, Terms), 12);
        Assert.Equal(0, Assurance.UndetectedFraud(IntegrityLevel.Sampled, 10, 0, Terms), 12);
    }

    [Fact]
    public void Cheapest_OfTheLevelsThatMeetIt_IsChosen()
    {
        Assert.Equal(IntegrityLevel.None, Assurance.Cheapest(0.6, 30, 1.0 / 3, Terms));
        Assert.Equal(IntegrityLevel.Checked, Assurance.Cheapest(0.89, 30, 1.0 / 3, Terms));
        Assert.Equal(IntegrityKind.Replicated, Assurance.Cheapest(0.999, 30, 1.0 / 3, Terms with { CheckPermille = 1000 })!.Value.Kind);
        Assert.Null(Assurance.Cheapest(0.999999999, 5, 0.9, Terms));
        for (var assurance = 0.5; assurance < 1; assurance += 0.01)
        {
            if (Assurance.Cheapest(assurance, 20, 1.0 / 3, Terms) is { } level)
                Assert.True(1 - Assurance.UndetectedFraud(level, 20, 1.0 / 3, Terms) >= assurance);
        }
    }
}
