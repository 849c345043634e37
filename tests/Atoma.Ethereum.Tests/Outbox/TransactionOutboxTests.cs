using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Outbox;
using Atoma.Ethereum.Tests.Local;
using Atoma.Ethereum.Tests.Outbox.Chaos;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox;

/// <summary>P10.3, one situation at a time on a real chain. All at once: <see cref="OutboxChaosTests"/>.</summary>
public sealed class TransactionOutboxTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Step_Planned_SavedSentMinedFinal()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a");
        Assert.Equal((1, 1), (await stage.StepAsync()) is var first ? (first.Open, first.InFlight) : default);
        Assert.Equal(OutboxState.Signed, (await stage.RowAsync("a")).State);
        await stage.GoOnAsync(1);
        Assert.Equal(OutboxState.Mined, (await stage.RowAsync("a")).State);
        await stage.GoOnAsync(OutboxStage.Confirmations - 1);
        Assert.Equal(OutboxState.Mined, (await stage.RowAsync("a")).State);
        Assert.Equal(0, (await stage.GoOnAsync(1)).Open);
        var row = await stage.RowAsync("a");
        Assert.Equal((OutboxState.Final, 0L, 1), (row.State, row.Nonce, row.Attempts.Count));
        Assert.Equal(OutboxAddStatus.AlreadyThere, await stage.PlanAsync("a"));
        await stage.GoOnAsync(1);
        Assert.Equal(1, await stage.TimesAsync("a"));
    }

    [Fact]
    public async Task Step_Many_InFlightIsBoundedAndInOrder()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        stage.Use(stage.Create(new OutboxOptions { InFlightMax = 3 }));
        var keys = Enumerable.Range(0, 7).Select(i => $"many {i}").ToArray();
        foreach (var key in keys)
            await stage.PlanAsync(key);
        Assert.Equal(3, (await stage.StepAsync()).InFlight);
        Assert.Equal(3, (await stage.StepAsync()).InFlight);
        await stage.GoOnAsync(8);
        var rows = new List<OutboxRow>();
        foreach (var key in keys)
            rows.Add(await stage.RowAsync(key));
        Assert.Equal(Enumerable.Range(0, 7).Select(i => (long?)i), rows.Select(row => row.Nonce));
        Assert.All(rows, row => Assert.Equal(OutboxState.Final, row.State));
    }

    [Fact]
    public async Task Step_NoRoomInBlocks_SameNonceHigherFeesOneEffect()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.SetBlockRoomAsync(30_000);
        await stage.GoOnAsync(6);
        var row = await stage.RowAsync("a");
        Assert.True(row.Attempts.Count >= 3);
        Assert.All(row.Attempts.Zip(row.Attempts.Skip(1)), pair =>
            Assert.True(pair.Second.MaxFeeWei * 8 >= pair.First.MaxFeeWei * 9 && pair.Second.PriorityFeeWei * 8 >= pair.First.PriorityFeeWei * 9));
        await stage.SetBlockRoomAsync(30_000_000);
        await stage.StepAsync();
        await stage.GoOnAsync(5);
        Assert.Equal((OutboxState.Final, 1), ((await stage.RowAsync("a")).State, await stage.TimesAsync("a")));
    }

    [Fact]
    public async Task Step_FeesAboveTheCap_WaitsAndSaysWhy()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        stage.Use(stage.Create(new OutboxOptions { MaxFeeCapWei = 2_100_000_000, LateAfter = TimeSpan.FromMinutes(1) }));
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.SetBlockRoomAsync(30_000);
        stage.Time.Advance(TimeSpan.FromMinutes(2));
        var status = await stage.GoOnAsync(20);
        Assert.Contains("the cap of 2100000000", status.StuckReason);
        Assert.Equal((true, "a", TimeSpan.FromMinutes(2)), (status.IsLate, status.OldestKey, status.OldestAge));
        Assert.All((await stage.RowAsync("a")).Attempts, attempt => Assert.InRange(attempt.MaxFeeWei, 1, 2_100_000_000));
        await stage.SetBlockRoomAsync(30_000_000);
        await stage.StepAsync();
        Assert.Equal(0, (await stage.GoOnAsync(5)).Open);
    }

    [Fact]
    public async Task Step_BlockReorganised_SentAgainByteForByte()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.GoOnAsync(2);
        var mined = await stage.RowAsync("a");
        Assert.Equal(OutboxState.Mined, mined.State);
        await stage.Chain.DoAsync(new JsonRpcCall("anvil_reorg", 3, new System.Text.Json.Nodes.JsonArray()), None);
        await stage.StepAsync();
        Assert.Equal(OutboxState.Signed, (await stage.RowAsync("a")).State);
        await stage.StepAsync();
        await stage.GoOnAsync(5);
        var row = await stage.RowAsync("a");
        Assert.Equal((OutboxState.Final, 1, 1L), (row.State, await stage.TimesAsync("a"), stage.Outbox.Tally.Unmined));
        Assert.Same(mined.Attempts[0], row.Attempts[0]);
        Assert.NotEqual(mined.MinedIn, row.MinedIn);
    }

    /// <summary>Somebody with the key took the nonce and did something else: planned anew, and reported.</summary>
    [Fact]
    public async Task Step_NonceTakenByAnother_PlannedAnewWhenThatIsFinal()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.SendPastAsync(0, data: null);
        await stage.GoOnAsync(OutboxStage.Confirmations);
        Assert.Equal(OutboxState.Signed, (await stage.RowAsync("a")).State);
        Assert.Contains("not the outbox's", stage.Outbox.Status.StuckReason);
        await stage.GoOnAsync(6);
        var row = await stage.RowAsync("a");
        Assert.Equal((OutboxState.Final, 1L, 0L, 1), (row.State, row.Nonce, row.SpentNonce, row.Retries));
        Assert.Equal((1, 1L), (await stage.TimesAsync("a"), stage.Outbox.Tally.ForeignNonces));
    }

    /// <summary>… and did the very thing: the contract is asked, and it is not done twice.</summary>
    [Fact]
    public async Task Step_NonceTakenWithTheSameEffect_NotDoneTwice()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.SendPastAsync(0, OutboxStage.Settle("a"));
        await stage.GoOnAsync(6);
        var row = await stage.RowAsync("a");
        Assert.Equal((OutboxState.Final, 1), (row.State, await stage.TimesAsync("a")));
        Assert.Contains("by another transaction", row.Reason);
    }

    /// <summary>The database is lost, or older than the chain: nothing is signed before what the key did is final, nothing done twice.</summary>
    [Fact]
    public async Task Step_RowsLost_KeysHistoryAwaitedAndEffectsFound()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.SendPastAsync(0, OutboxStage.Settle("a"));
        await stage.SendPastAsync(1, data: null);
        await stage.PlanAsync("a");
        await stage.PlanAsync("b");
        var status = await stage.GoOnAsync(1);
        Assert.Equal(0, status.InFlight);
        Assert.Contains("something else", status.StuckReason);
        await stage.GoOnAsync(9);
        var (a, b) = (await stage.RowAsync("a"), await stage.RowAsync("b"));
        Assert.Equal((OutboxState.Final, OutboxState.Final, null, 2L), (a.State, b.State, a.Nonce, b.Nonce));
        Assert.Equal((1, 1), (await stage.TimesAsync("a"), await stage.TimesAsync("b")));
    }

    [Fact]
    public async Task Step_WouldRevertForGood_FailsWithTheReasonAndTheNextGoesOn()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.Contract.SetClosedAsync(true);
        await stage.PlanAsync("a");
        await stage.StepAsync();
        Assert.Equal(OutboxState.Planned, (await stage.RowAsync("a")).State);
        await stage.GoOnAsync(OutboxStage.Confirmations + 1);
        var row = await stage.RowAsync("a");
        Assert.Equal((OutboxState.Failed, null), (row.State, row.Nonce));
        Assert.Contains("Closed", row.Reason);
        await stage.Contract.SetClosedAsync(false);
        await stage.PlanAsync("b");
        await stage.GoOnAsync(6);
        Assert.Equal((OutboxState.Final, 0L), ((await stage.RowAsync("b")).State, (await stage.RowAsync("b")).Nonce));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Step_MinedAndReverted_RetriedOnlyWhereItMayHelp(bool mayRetry)
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        stage.MayRetry = mayRetry;
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.Contract.SetClosedAsync(true);
        await stage.GoOnAsync(1);
        Assert.Equal(OutboxState.Mined, (await stage.RowAsync("a")).State);
        await stage.GoOnAsync(OutboxStage.Confirmations);
        await stage.Contract.SetClosedAsync(false);
        await stage.GoOnAsync(6);
        var row = await stage.RowAsync("a");
        Assert.Equal(mayRetry ? (OutboxState.Final, 1L, 1) : (OutboxState.Failed, 0L, 0), (row.State, row.Nonce, row.Retries));
        Assert.Equal(mayRetry ? 1 : 0, await stage.TimesAsync("a"));
    }

    [Fact]
    public async Task Step_MoreGasThanAllowed_FailsSayingSo()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a", gasLimit: 30_000);
        await stage.GoOnAsync(2);
        var row = await stage.RowAsync("a");
        Assert.Equal(OutboxState.Failed, row.State);
        Assert.Contains("30000 are allowed", row.Reason);
    }

    [Fact]
    public async Task Step_NoMoneyForGas_SaysSoAndGoesOnWhenThereIs()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain, withMoney: false);
        await stage.PlanAsync("a");
        var status = await stage.StepAsync();
        Assert.Equal((true, 0), (status.IsBalanceLow, status.InFlight));
        Assert.Contains("send it some", status.StuckReason);
        await stage.Chain.DoAsync(new JsonRpcCall("anvil_setBalance", stage.Sender.Id.ToString(), "0x56bc75e2d63100000"), None);
        Assert.False((await stage.GoOnAsync(6)).IsBalanceLow);
        Assert.Equal(OutboxState.Final, (await stage.RowAsync("a")).State);
    }

    /// <summary>Two processes at once: one of them is told, and everything happens once.</summary>
    [Fact]
    public async Task Step_TwoOutboxesOnOneStore_OnceEach()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        using var other = stage.Create(new OutboxOptions());
        var keys = Enumerable.Range(0, 6).Select(i => $"two {i}").ToArray();
        foreach (var key in keys)
            await stage.PlanAsync(key);
        for (var i = 0; i < 12; i++)
        {
            await Task.WhenAll(((TransactionOutbox[])[stage.Outbox, other]).Select(async outbox =>
            {
                try
                {
                    await outbox.StepAsync(None);
                }
                catch (OutboxConflictException)
                {
                    // The next step reads anew.
                }
            }));
            await stage.Chain.MineAsync(1, None);
        }

        foreach (var key in keys)
            Assert.Equal((OutboxState.Final, 1), ((await stage.RowAsync(key)).State, await stage.TimesAsync(key)));
    }

    /// <summary>Found by the chaos harness: an endpoint that answers of an older head than a moment ago seemed to say that nothing was mined.</summary>
    [Fact]
    public async Task Step_HeadGoesBackInTheMiddle_NonceIsNotLost()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        await stage.PlanAsync("a");
        await stage.StepAsync();
        await stage.Chain.MineAsync(OutboxStage.Confirmations + 1, None);
        stage.Use(stage.Create(new OutboxOptions(), new ForgetfulChain(stage.Client)));
        await stage.StepAsync();
        var row = await stage.RowAsync("a");
        Assert.Equal((OutboxState.Final, "", 0L), (row.State, row.Reason, stage.Outbox.Tally.ForeignNonces));
    }

    /// <summary>An alert on age does not depend on the chain's answering.</summary>
    [Fact]
    public async Task Step_ChainDoesNotAnswer_StatusGrowsOld()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        using var deaf = new TransactionOutbox(stage.Store, new DeafChain(stage.Client), 31_337, stage.Sender, stage, new OutboxOptions(), stage.Time);
        await stage.PlanAsync("a");
        stage.Time.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => deaf.StepAsync(None));
        Assert.Equal((1, TimeSpan.FromHours(1), true, "deaf"), (deaf.Status.Open, deaf.Status.OldestAge, deaf.Status.IsLate, deaf.Status.StuckReason));
    }

    [Fact]
    public async Task Step_FinalityByTag_EndsWithTheChainsOwnWord()
    {
        using var stage = await OutboxStage.SetAsync(anvil.Chain);
        stage.Use(stage.Create(new OutboxOptions { Finality = new FinalityRule(0, ByTag: true) }));
        await stage.PlanAsync("a");
        await stage.StepAsync();
        while ((await stage.RowAsync("a")).State != OutboxState.Final)
        {
            var final = await stage.Client.FinalizedAsync(None);
            Assert.True((await stage.RowAsync("a")).MinedIn is not { } block || block.Number > final!.Number || final.Number == 0);
            await stage.GoOnAsync(1);
        }

        Assert.True((await stage.Client.FinalizedAsync(None))!.Number >= (await stage.RowAsync("a")).MinedIn!.Value.Number);
    }

    private sealed class ForgetfulChain(IChainClient inner) : ForwardingChain(inner)
    {
        public override Task<ulong> NonceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken) =>
            atBlock is null ? Task.FromResult(0UL) : base.NonceAsync(account, atBlock, cancellationToken);
    }

    private sealed class DeafChain(IChainClient inner) : ForwardingChain(inner)
    {
        public override Task<ChainBlock> HeadAsync(CancellationToken cancellationToken) => throw new ChainUnavailableException("deaf");
    }
}
