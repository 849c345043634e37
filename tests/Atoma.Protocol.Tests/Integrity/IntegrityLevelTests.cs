using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Sampling;

namespace Atoma.Protocol.Tests.Integrity;

public sealed class IntegrityLevelTests
{
    [Theory]
    [InlineData("none", IntegrityKind.None, 0, 1, 0)]
    [InlineData("sampled", IntegrityKind.Sampled, 0, 1, 0)]
    [InlineData("checked", IntegrityKind.Checked, 1, 1, 1)]
    [InlineData("checked:3", IntegrityKind.Checked, 3, 1, 3)]
    [InlineData("checked:7", IntegrityKind.Checked, 7, 1, 7)]
    [InlineData("replicated:2", IntegrityKind.Replicated, 2, 2, 0)]
    [InlineData("replicated:9", IntegrityKind.Replicated, 9, 9, 0)]
    public void TryParse_KnownLevel_RoundTrips(string text, IntegrityKind kind, int count, int generators, int checkers)
    {
        Assert.True(IntegrityLevel.TryParse(text, out var level));
        Assert.Equal(new IntegrityLevel(kind, count), level);
        Assert.Equal(text, level.ToString());
        Assert.Equal((generators, checkers), (level.Generators, level.Checkers));
    }

    [Theory]
    [InlineData("")]
    [InlineData("None")]
    [InlineData("none:1")]
    [InlineData("checked:")]
    [InlineData("checked:0")]
    [InlineData("checked:2")]
    [InlineData("checked:9")]
    [InlineData("checked:-1")]
    [InlineData("checked: 1")]
    [InlineData("checked:99999999999")]
    [InlineData("replicated")]
    [InlineData("replicated:1")]
    [InlineData("replicated:10")]
    [InlineData("paranoid")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(IntegrityLevel.TryParse(text, out _));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 3)]
    [InlineData(7, 4)]
    public void Quorum_OfKCheckers_IsTheMajority(int k, int quorum) => Assert.Equal(quorum, IntegrityLevel.CheckedBy(k).Quorum);

    [Fact]
    public void UpperBound_OfAnyLevel_IsTheDearestNodesPriceForTheFullOutput()
    {
        EligibleNode[] nodes = [new(default, default, new Micros(100), new Micros(2000)), new(default, default, new Micros(5000), new Micros(10))];
        var terms = new PriceTerms(CheckPermille: 50, FeePermille: 20);
        var dearest = 15 + 2000; // 150 × 100 / 1000, 1000 × 2000 / 1000; the other: 750 + 10
        Assert.Equal(dearest, terms.UpperBound(IntegrityLevel.None, nodes, 150, 1000).Value);
        Assert.Equal(dearest + 101, terms.UpperBound(IntegrityLevel.Checked, nodes, 150, 1000).Value);
        Assert.Equal(dearest + 3 * 101, terms.UpperBound(IntegrityLevel.CheckedBy(3), nodes, 150, 1000).Value);
        Assert.Equal(dearest * 4, terms.UpperBound(IntegrityLevel.Replicated(4), nodes, 150, 1000).Value);
        Assert.Equal(0, terms.UpperBound(IntegrityLevel.None, [], 150, 1000).Value);
    }
}
