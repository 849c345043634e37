using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using CsCheck;

namespace Atoma.Protocol.Tests.Disputes;

public sealed class SlashSplitTests
{
    private static NodeId[] Nodes(int count, byte salt) =>
        [.. Enumerable.Range(0, count).Select(i => new NodeId(Hash32.Sha256([(byte)i, salt]).ToArray().AsSpan(0, 20)))];

    private static readonly Gen<SlashShares> Shares = Gen.Int[0, 1000].Array[4].Select(cuts =>
    {
        Array.Sort(cuts);
        return new SlashShares(cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], cuts[3] - cuts[2], 1000 - cuts[3]);
    });

    // P8.4: remainders to the treasury, never lost.
    [Fact]
    public void Divide_AnyAmountAndParties_SumsExactly() =>
        Gen.Select(Gen.OneOf(Gen.Long[0, 5000], Gen.Long[0, 1L << 55]), Shares, Gen.Int[0, 9], Gen.Int[0, 5]).Sample((amount, shares, honest, resolvers) =>
        {
            Assert.True(shares.IsValid);
            var parts = SlashSplit.Divide(new Micros(amount), shares, "alice", Nodes(honest, 1), Nodes(resolvers, 2));
            Assert.Equal(amount, parts.Sum(p => p.Amount.Value));
            Assert.All(parts, p => Assert.True(p.Amount.IsPositive));
            Assert.Equal(parts.Count, parts.Select(p => (p.To, p.Code)).Distinct().Count());
        });

    [Fact]
    public void Divide_DefaultShares_GivesEachGroupItsPermille()
    {
        var parts = SlashSplit.Divide(new Micros(1_000_003), SlashShares.Default, "alice", Nodes(3, 1), Nodes(2, 2));
        long Of(TransferCode code) => parts.Where(p => p.Code == code).Sum(p => p.Amount.Value);
        Assert.Equal(250_000, Of(TransferCode.SlashRequester));
        Assert.Equal(3 * (200_000 / 3), Of(TransferCode.SlashHonest));
        Assert.Equal(100_000, Of(TransferCode.SlashResolver));
        Assert.Equal(100_000, Of(TransferCode.SlashBurn));
        Assert.Equal(1_000_003 - 250_000 - 199_998 - 100_000 - 100_000, Of(TransferCode.SlashTreasury));
        Assert.Contains(parts, p => p.To == LedgerAccount.User("alice") && p.Code == TransferCode.SlashRequester);
    }

    [Fact]
    public void Divide_SharesThatDoNotSumToAThousand_BreakAnInvariant() =>
        Assert.Throws<InvariantException>(() => SlashSplit.Divide(new Micros(1), new SlashShares(1, 1, 1, 1, 1), "alice", [], []));
}
