using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Outbox;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox;

/// <summary>P10.3, what is done with a row, by what the chain says of it.</summary>
public sealed class OutboxRulesTests
{
    private const int Nonce = 5;
    private const long SignedAtBlock = 100;

    private static readonly DateTimeOffset SignedAt = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly OutboxOptions Options = new() { BumpAfterBlocks = 4, BumpAfter = TimeSpan.FromSeconds(45) };
    private static readonly Hash32 BlockHash = Hash32.Sha256([1]);
    private static readonly NodeId Someone = NodeId.Parse("0x00000000000000000000000000000000000000ff");

    private static OutboxRow Row(long? minedIn = null, Hash32? hash = null)
    {
        var planned = OutboxRow.Plan("key", Someone, Someone, [], 21_000, SignedAt);
        var attempt = new SignedAttempt([1], Hash32.Zero, 10, 1, SignedAt, SignedAtBlock);
        return planned with
        {
            State = minedIn is null ? OutboxState.Signed : OutboxState.Mined, Nonce = Nonce, Attempts = [attempt],
            MinedIn = minedIn is { } number ? new ChainPoint(number, hash ?? BlockHash) : null,
        };
    }

    private static OutboxView View(
        long head = 101, long final = 90, ulong nonceAtFinal = Nonce, ulong nonceAtHead = Nonce, long? mined = null, bool succeeded = true,
        bool canonical = true) => new(
            head, final, nonceAtFinal, nonceAtHead,
            mined is { } block ? new ChainReceipt(Hash32.Zero, succeeded, block, BlockHash, 1, BigInteger.One, null, []) : null, canonical);

    private static OutboxAction Decide(OutboxRow row, OutboxView view, int seconds = 0) =>
        OutboxRules.Decide(row, view, SignedAt.AddSeconds(seconds), Options);

    [Fact]
    public void Decide_NotMinedYet_RebroadcastsUntilBlocksAndTimeHavePassed()
    {
        Assert.IsType<OutboxAction.Rebroadcast>(Decide(Row(), View(head: 103), seconds: 1_000));
        Assert.IsType<OutboxAction.Rebroadcast>(Decide(Row(), View(head: 200), seconds: 44));
        Assert.IsType<OutboxAction.Bump>(Decide(Row(), View(head: 104), seconds: 45));
    }

    /// <summary>A better price does not help one that waits for another nonce.</summary>
    [Fact]
    public void Decide_EarlierNonceNotMined_NeverBumps() =>
        Assert.IsType<OutboxAction.Rebroadcast>(Decide(Row(), View(head: 200, nonceAtHead: Nonce - 1, nonceAtFinal: Nonce - 1), seconds: 1_000));

    [Fact]
    public void Decide_Mined_RecordedOnceThenAwaited()
    {
        Assert.Equal(new OutboxAction.RecordMined(new ChainPoint(95, BlockHash)), Decide(Row(), View(mined: 95, nonceAtHead: 6)));
        Assert.IsType<OutboxAction.Wait>(Decide(Row(95), View(mined: 95, nonceAtHead: 6)));
        Assert.IsType<OutboxAction.RecordMined>(Decide(Row(94), View(mined: 95, nonceAtHead: 6)));
        Assert.IsType<OutboxAction.RecordMined>(Decide(Row(95, Hash32.Sha256([2])), View(mined: 95, nonceAtHead: 6)));
    }

    [Theory]
    [InlineData(90, true)]
    [InlineData(91, false)]
    public void Decide_MinedAtOrAboveTheFinalBlock_EndsOnlyWhenFinal(long block, bool isFinal)
    {
        Assert.Equal(isFinal, Decide(Row(block), View(mined: block, nonceAtHead: 6, nonceAtFinal: 6)) is OutboxAction.Finish);
        Assert.Equal(isFinal, Decide(Row(block), View(mined: block, nonceAtHead: 6, nonceAtFinal: 6, succeeded: false)) is OutboxAction.Reverted);
    }

    /// <summary>Also where it would be final by its height: the block is told by its hash.</summary>
    [Fact]
    public void Decide_ReceiptOfAnotherBlock_Waits() =>
        Assert.IsType<OutboxAction.Wait>(Decide(Row(80), View(mined: 80, canonical: false, nonceAtHead: 6, nonceAtFinal: 6)));

    [Fact]
    public void Decide_BlockGone_UnminedNotResigned()
    {
        Assert.IsType<OutboxAction.Unmine>(Decide(Row(95), View(head: 200), seconds: 1_000));
        Assert.IsType<OutboxAction.Unmine>(Decide(Row(95), View(nonceAtHead: 6)));
    }

    /// <summary>A nonce used by something else is believed when that is final, not before: our own may still be mined instead.</summary>
    [Fact]
    public void Decide_NonceUsedByAnother_LostOnlyWhenFinal()
    {
        Assert.IsType<OutboxAction.Wait>(Decide(Row(), View(head: 200, nonceAtHead: 6), seconds: 1_000));
        Assert.IsType<OutboxAction.NonceLost>(Decide(Row(), View(nonceAtHead: 6, nonceAtFinal: 6)));
        Assert.IsType<OutboxAction.NonceLost>(Decide(Row(80), View(nonceAtHead: 6, nonceAtFinal: 6)));
    }

    [Fact]
    public void Fees_First_TwiceTheBaseFeeAndTheTipWithinTheCap()
    {
        var options = new OutboxOptions { PriorityFeeMinWei = 10, MaxFeeCapWei = 1_000 };
        Assert.Equal(new Fees(230, 30), FeeRules.First(100, 30, options));
        Assert.Equal(new Fees(210, 10), FeeRules.First(100, 0, options));
        Assert.Equal(new Fees(1_000, 30), FeeRules.First(600, 30, options));
        Assert.Equal(new Fees(1_000, 1_000), FeeRules.First(600, BigInteger.Pow(10, 30), options));
    }

    [Fact]
    public void Fees_Raised_AnEighthMoreOfBothAtLeast()
    {
        var options = new OutboxOptions { PriorityFeeMinWei = 1, MaxFeeCapWei = 1_000 };
        Assert.Equal(new Fees(113, 9), FeeRules.Raised(new Fees(100, 8), 10, 1, options));
        Assert.Equal(new Fees(430, 30), FeeRules.Raised(new Fees(100, 8), 200, 30, options));
        Assert.Equal(new Fees(999, 9), FeeRules.Raised(new Fees(888, 8), 10, 1, options));
        Assert.Null(FeeRules.Raised(new Fees(889, 8), 10, 1, options));
    }

    /// <summary>From the least fee to the cap: every form replaces the one before, and none is above the cap.</summary>
    [Fact]
    public void Fees_RaisedAgainAndAgain_FitTheRow()
    {
        var options = new OutboxOptions();
        var fees = FeeRules.First(BigInteger.One, BigInteger.Zero, options);
        var forms = 1;
        while (FeeRules.Raised(fees, BigInteger.One, BigInteger.Zero, options) is { } raised)
        {
            Assert.True(raised.MaxWei * 10 >= fees.MaxWei * 11 && raised.PriorityWei * 10 >= fees.PriorityWei * 11);
            Assert.InRange(raised.MaxWei, raised.PriorityWei, options.MaxFeeCapWei);
            fees = raised;
            forms++;
        }

        Assert.InRange(forms, 2, 128);
    }

    [Fact]
    public void Options_OutOfRange_AllNamed()
    {
        var options = new OutboxOptions { Finality = new FinalityRule(-1), InFlightMax = 0, BumpAfterBlocks = 0, RetriesMax = 101, PriorityFeeMinWei = 0 };
        var error = Assert.Throws<ArgumentException>(options.Validate);
        foreach (var name in (string[])["Finality", "InFlightMax", "BumpAfterBlocks", "RetriesMax", "PriorityFeeMinWei"])
            Assert.Contains(name, error.Message);
        new OutboxOptions().Validate();
    }
}
