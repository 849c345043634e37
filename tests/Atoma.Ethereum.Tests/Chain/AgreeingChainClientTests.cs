using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Chain;

/// <summary>P10.3: two endpoints that must agree.</summary>
public class AgreeingChainClientTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId Contract = NodeId.Parse("0x00000000000000000000000000000000000000c1");
    private static readonly Hash32 Transaction = Hash32.Sha256([7]);
    private static readonly ChainCall Call = new(Contract, [1]);

    private static AgreeingChainClient Agreeing(params FakeChain[] chains) =>
        new([.. chains.Select((c, i) => new ChainEndpoint($"endpoint-{i}", c))], TimeProvider.System, TimeSpan.Zero);

    private static ChainLog Log(long block, int index, byte data = 1) =>
        new(Contract, [Hash32.Zero], [data], block, FakeChain.HashOf(block), Transaction, index);

    private static ChainReceipt Receipt(long block, Hash32? hash = null, ulong gas = 21_000) =>
        new(Transaction, true, block, hash ?? FakeChain.HashOf(block), gas, 7, null, [Log(block, 0)]);

    private static async Task<ChainDisagreementException> DisagreeAsync(Func<Task> ask)
    {
        var failure = await Assert.ThrowsAsync<ChainDisagreementException>(ask);
        Assert.Equal(["endpoint-0", "endpoint-1"], failure.Answers.Keys.Order());
        Assert.All(failure.Answers, a => Assert.Contains($"{a.Key} says {a.Value}", failure.Message));
        return failure;
    }

    [Fact]
    public async Task Head_OneLags_TheLowest()
    {
        Assert.Equal(7, (await Agreeing(FakeChain.To(9), FakeChain.To(7)).HeadAsync(None)).Number);
        Assert.Equal(7, (await Agreeing(FakeChain.To(7), FakeChain.To(9), FakeChain.To(8)).HeadAsync(None)).Number);
    }

    [Fact]
    public async Task Head_OnAnotherFork_Disagreement()
    {
        await DisagreeAsync(() => Agreeing(FakeChain.To(9), FakeChain.To(9, fork: 9)).HeadAsync(None));
        await DisagreeAsync(() => Agreeing(FakeChain.To(9), FakeChain.To(7, fork: 6)).HeadAsync(None));
        Assert.Equal(5, (await Agreeing(FakeChain.To(9), FakeChain.To(5, fork: 6)).HeadAsync(None)).Number);
    }

    /// <summary>An endpoint sees the reorganisation some questions later than the other.</summary>
    [Fact]
    public async Task Head_DuringAReorganisation_AskedAgainUntilTheyAgree()
    {
        var slow = FakeChain.To(9);
        var questions = 0;
        slow.Before = () =>
        {
            if (++questions == 3)
                slow.Blocks[9] = FakeChain.To(9, fork: 9).Blocks[9];
        };
        Assert.Equal(FakeChain.HashOf(9, 9), (await Agreeing(FakeChain.To(9, fork: 9), slow).HeadAsync(None)).Hash);
        Assert.Equal(3, questions);
    }

    [Fact]
    public async Task Block_NotThereOrOther_NoneOrDisagreement()
    {
        Assert.Null(await Agreeing(FakeChain.To(9), FakeChain.To(7)).BlockAsync(8, None));
        Assert.Equal(FakeChain.HashOf(6), (await Agreeing(FakeChain.To(9), FakeChain.To(7)).BlockAsync(6, None))!.Hash);
        await DisagreeAsync(() => Agreeing(FakeChain.To(9), FakeChain.To(9, fork: 8)).BlockAsync(8, None));
        var lying = FakeChain.To(9);
        lying.Blocks[8] = lying.Blocks[8] with { Timestamp = 1 };
        await DisagreeAsync(() => Agreeing(FakeChain.To(9), lying).BlockAsync(8, None));
    }

    [Fact]
    public async Task Finalized_LowestOfAll_NoneWhereOneKnowsNoTag()
    {
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        Assert.Null(await Agreeing(one, other).FinalizedAsync(None));
        (one.Finalized, other.Finalized) = (6, 4);
        Assert.Equal(4, (await Agreeing(one, other).FinalizedAsync(None))!.Number);
        var forked = FakeChain.To(9, fork: 3);
        forked.Finalized = 6;
        await DisagreeAsync(() => Agreeing(one, forked).FinalizedAsync(None));
    }

    [Fact]
    public async Task Call_WithoutABlock_AskedOfAllAtTheLowestHead()
    {
        var (fast, slow) = (FakeChain.To(9), FakeChain.To(7));
        fast.Call = slow.Call = at => [(byte)at];
        Assert.Equal("07", Convert.ToHexStringLower(await Agreeing(fast, slow).CallAsync(Call, null, None)));
        Assert.Equal(7UL, await Agreeing(fast, slow).NonceAsync(Contract, null, None));
        Assert.Equal(5UL, await Agreeing(fast, slow).NonceAsync(Contract, 5, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Agreeing(fast, slow).CallAsync(Call, 8, None));
    }

    [Fact]
    public async Task Call_OtherResultOrRevert_Disagreement()
    {
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        other.Call = _ => [1];
        await DisagreeAsync(() => Agreeing(one, other).CallAsync(Call, 5, None));
        other.Call = _ => throw new ChainRevertedException("no");
        await DisagreeAsync(() => Agreeing(one, other).CallAsync(Call, 5, None));
        one.Call = other.Call;
        Assert.Equal("no", (await Assert.ThrowsAsync<ChainRevertedException>(() => Agreeing(one, other).CallAsync(Call, 5, None))).Message);
        await Assert.ThrowsAsync<ChainRevertedException>(() => Agreeing(one, other).EstimateGasAsync(Call, None));
    }

    [Fact]
    public async Task Fees_OneAsksForMore_NeverTheHigherTip()
    {
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        other.Fee = 1_000_000;
        Assert.Equal(1, await Agreeing(one, other).PriorityFeeAsync(None));
        Assert.Equal(1, await Agreeing(one, other).BalanceAsync(Contract, None));
        Assert.Equal(1_000_000UL, await Agreeing(one, other).EstimateGasAsync(Call, None));
    }

    [Fact]
    public async Task Code_MissingOrOther_NoneOrDisagreement()
    {
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        one.Code = [1];
        Assert.Empty(await Agreeing(one, other).CodeAsync(Contract, None));
        other.Code = [2];
        await DisagreeAsync(() => Agreeing(one, other).CodeAsync(Contract, None));
    }

    /// <summary>Of an endpoint's servers some lag: what one of them does not know yet, the endpoint has known.</summary>
    [Fact]
    public async Task Receipt_HiddenByOneThatHadItsBlock_Disagreement()
    {
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        one.Receipts[Transaction] = Receipt(8);
        var agreeing = Agreeing(one, other);
        other.Blocks.RemoveRange(5, 5);
        Assert.Null(await agreeing.ReceiptAsync(Transaction, None));
        other.Blocks.AddRange(one.Blocks[5..]);
        Assert.Equal(9, (await agreeing.HeadAsync(None)).Number);
        other.Blocks.RemoveRange(5, 5);
        await DisagreeAsync(() => agreeing.ReceiptAsync(Transaction, None));
    }

    [Fact]
    public async Task Receipt_HiddenByOneThatHasItsBlock_Disagreement()
    {
        var (one, other, lagging) = (FakeChain.To(9), FakeChain.To(9), FakeChain.To(7));
        one.Receipts[Transaction] = Receipt(8);
        Assert.Null(await Agreeing(one, lagging).ReceiptAsync(Transaction, None));
        await DisagreeAsync(() => Agreeing(one, other).ReceiptAsync(Transaction, None));
        other.Receipts[Transaction] = Receipt(8);
        Assert.Equal(8, (await Agreeing(one, other).ReceiptAsync(Transaction, None))!.BlockNumber);
        other.Receipts[Transaction] = Receipt(8) with { Succeeded = false };
        await DisagreeAsync(() => Agreeing(one, other).ReceiptAsync(Transaction, None));
        other.Receipts[Transaction] = Receipt(8) with { Logs = [] };
        await DisagreeAsync(() => Agreeing(one, other).ReceiptAsync(Transaction, None));
        Assert.Null(await Agreeing(lagging, FakeChain.To(9)).ReceiptAsync(Transaction, None));
    }

    [Fact]
    public async Task Logs_MissingExtraOrChanged_Disagreement()
    {
        var filter = new ChainLogFilter(3, 5, [Contract]);
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        one.Logs.AddRange([Log(3, 0), Log(5, 1)]);
        await DisagreeAsync(() => Agreeing(one, other).LogsAsync(filter, None));
        other.Logs.AddRange(one.Logs);
        Assert.Equal(2, (await Agreeing(one, other).LogsAsync(filter, None)).Count);
        other.Logs[1] = Log(5, 1, data: 2);
        await DisagreeAsync(() => Agreeing(one, other).LogsAsync(filter, None));
        other.Logs[1] = Log(5, 2);
        await DisagreeAsync(() => Agreeing(one, other).LogsAsync(filter, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Agreeing(one, FakeChain.To(4)).LogsAsync(filter, None));
    }

    [Fact]
    public async Task Send_ToAll_EnoughThatOneTakesIt()
    {
        var (one, other) = (FakeChain.To(9), FakeChain.To(9));
        other.SendFailure = () => new ChainRejectedException("nonce too low");
        Assert.Equal(Keccak.Hash([1]), await Agreeing(one, other).SendAsync([1], None));
        one.SendFailure = other.SendFailure;
        await Assert.ThrowsAsync<ChainRejectedException>(() => Agreeing(one, other).SendAsync([1], None));
        one.SendFailure = () => new ChainUnavailableException("down");
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Agreeing(one, other).SendAsync([1], None));
    }

    [Fact]
    public void Endpoints_OneOrTwice_Refused()
    {
        Assert.Throws<ArgumentException>(() => Agreeing(FakeChain.To(1)));
        Assert.Throws<ArgumentException>(() => new AgreeingChainClient([new("a", FakeChain.To(1)), new("a", FakeChain.To(1))], TimeProvider.System));
    }
}
