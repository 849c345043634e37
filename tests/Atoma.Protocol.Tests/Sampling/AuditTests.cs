using Atoma.Protocol.Common;
using Atoma.Protocol.Sampling;

namespace Atoma.Protocol.Tests.Sampling;

public sealed class AuditTests
{
    private static int Audited(int probability)
    {
        var chain = BeaconChain.Expand(Hash32.Sha256("audit"u8));
        return Enumerable.Range(0, 20_000).Count(i => Audit.IsDue(
            new BeaconReveal(0, chain[0], 1 + i % 4096, chain[1 + i % 4096]), Hash32.Sha256(BitConverter.GetBytes(i)), probability));
    }

    /// <summary>P3.5: the published contracts had the test inverted and audited 98.9 % instead of 1 %.</summary>
    [Fact]
    public void Audit_WithProbabilityOnePercent_AuditsAboutOnePercent() => Assert.InRange(Audited(10_000), 140, 260);

    [Fact]
    public void Audit_WithProbabilityZeroOrOne_AuditsNoneOrAll()
    {
        Assert.Equal(0, Audited(0));
        Assert.Equal(20_000, Audited(Audit.Certain));
    }
}
