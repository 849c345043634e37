using Atoma.Grains.Abstractions;
using Atoma.Grains.Requests;
using Atoma.Protocol.Common;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;

namespace Atoma.Grains.Tests.Requests;

public sealed class EligibilityTests
{
    private static readonly Micros Any = new(long.MaxValue);

    private static NodeOffer Offer(int node, string echelon, bool exact = true, bool quarantined = false, long cap = 1_000_000, long price = 1000) => new(
        NodeId.Parse($"0x{node:x40}").ToString(), Hash32.Sha256(System.Text.Encoding.UTF8.GetBytes(echelon)).ToString(), price, price, exact, new NodeTerms(cap, quarantined));

    private static Wanted Wanted(IntegrityLevel level, Comparison comparison = Comparison.Exact, ReviewKind? review = null) => new(level, comparison, 1000, 1000, review);

    private static int[] Drawn(IReadOnlyList<NodeOffer> offers, Wanted wanted, DrawPurpose purpose, Hash32? echelon = null, Micros? dearest = null) =>
        [.. Eligibility.Drawn(offers, wanted, echelon, dearest ?? Any, purpose).Select(n => Convert.ToInt32(n.Node.ToString()[^2..], 16)).Order()];

    /// <summary>A larger echelon that is not exact took the draws of a request that was to be compared bit by bit: honest nodes would have been convicted.</summary>
    [Fact]
    public void Drawn_CheckedBesideALargerFastEchelon_AreTheExactNodes()
    {
        NodeOffer[] offers = [Offer(1, "exact"), Offer(2, "exact"), .. Enumerable.Range(3, 5).Select(i => Offer(i, "fast", exact: false))];

        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Checked), DrawPurpose.Primary));
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Replicated(2)), DrawPurpose.Replica));
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Sampled), DrawPurpose.Primary));
        Assert.Equal(Comparison.Statistical, Eligibility.ComparisonOf(offers, IntegrityLevel.None, 1, isExactOnly: false));
        Assert.Equal([3, 4, 5, 6, 7], Drawn(offers, Wanted(IntegrityLevel.None, Comparison.Statistical), DrawPurpose.Primary));
        // Fast nodes without published thresholds can be asked for nothing that is checked.
        Assert.Empty(Drawn(offers[2..], Wanted(IntegrityLevel.Sampled, Comparison.Statistical), DrawPurpose.Primary));
    }

    [Fact]
    public void Drawn_Quarantined_AnswersWhereItMayBeAuditedAndChecksNothing()
    {
        NodeOffer[] offers = [Offer(1, "e"), Offer(2, "e"), Offer(3, "e", quarantined: true)];

        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Checked), DrawPurpose.Primary));
        Assert.Equal([1, 2, 3], Drawn(offers, Wanted(IntegrityLevel.Sampled), DrawPurpose.Primary));
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Sampled), DrawPurpose.Checker));
        Assert.Equal([1, 2, 3], Drawn(offers, Wanted(IntegrityLevel.None), DrawPurpose.Primary));
        Assert.Equal([1, 2, 3], Drawn(offers, Wanted(IntegrityLevel.Checked, review: ReviewKind.Canary), DrawPurpose.Checker));
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.None, review: ReviewKind.Dispute), DrawPurpose.Checker));
    }

    // P6.3: 1000 tokens in and out at 1000 micros per 1000 are 2000.
    [Fact]
    public void Drawn_CollateralTooSmall_AnswersNothingUncheckedButChecks()
    {
        NodeOffer[] offers = [Offer(1, "e", cap: 1999), Offer(2, "e", cap: 2000)];

        Assert.Equal([2], Drawn(offers, Wanted(IntegrityLevel.None), DrawPurpose.Primary));
        Assert.Equal([2], Drawn(offers, Wanted(IntegrityLevel.Sampled), DrawPurpose.Primary));
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Sampled), DrawPurpose.Checker));
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Checked), DrawPurpose.Primary));
    }

    [Fact]
    public void Drawn_DearerThanQuoted_OrOfAnotherEchelon_IsLeftOut()
    {
        NodeOffer[] offers = [Offer(1, "a"), Offer(2, "a", price: 1001), Offer(3, "b"), Offer(4, "b"), Offer(5, "b")];

        Assert.Equal([3, 4, 5], Drawn(offers, Wanted(IntegrityLevel.Checked), DrawPurpose.Primary));
        var first = Hash32.Parse(offers[0].Echelon);
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Checked), DrawPurpose.Checker, first));
        Assert.Equal([1], Drawn(offers, Wanted(IntegrityLevel.Checked), DrawPurpose.Checker, first, new Micros(2000)));
        // A review is paid by its bond or by the network.
        Assert.Equal([1, 2], Drawn(offers, Wanted(IntegrityLevel.Checked, review: ReviewKind.Dispute), DrawPurpose.Checker, first, Micros.Zero));
    }

    // P4: v is measured per echelon.
    [Fact]
    public void CheckPermille_IsTheMedianOfTheCheckingEchelon()
    {
        NodeOffer[] offers = [Offer(1, "a") with { CheckPermille = 300 }, Offer(2, "a") with { CheckPermille = 5 }, Offer(3, "a") with { CheckPermille = 400 }, Offer(4, "b") with { CheckPermille = 1 }];

        Assert.Equal(300, Eligibility.CheckPermille(offers));
        Assert.Equal(1000, Eligibility.CheckPermille([Offer(1, "a") with { CheckPermille = 5000 }]));
        Assert.Null(Eligibility.CheckPermille([Offer(1, "a")]));
        Assert.Null(Eligibility.CheckPermille([]));
    }
}
