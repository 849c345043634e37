using Atoma.Ethereum.Keys;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;

namespace Atoma.Grains.Tests.Chain;

/// <summary>What the settlement does at moments that a real chain hardly ever shows: stops between two steps, events that come again, reviews that outlast a window (P10.3).</summary>
public sealed class SettlementGrainTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeChain _chain = new();
    private readonly NodeKey _user = NodeKey.Generate();
    private readonly NodeKey _node = NodeKey.Generate();
    private GrainCluster _cluster = null!;

    private ISettlementGrain Settlement => _cluster.Grains.GetGrain<ISettlementGrain>(Keys.Settlement);

    private LedgerAccount User => LedgerAccount.User(_user.Id.ToAccount());

    public async Task InitializeAsync() => _cluster = await GrainCluster.StartAsync(_folder, durableGrains: true, chain: _chain);

    public async Task DisposeAsync()
    {
        var books = await _cluster.Ledger.AuditAsync(default);
        await _cluster.DisposeAsync();
        Assert.True(books.IsExact, books.ToString());
    }

    public void Dispose()
    {
        _folder.Dispose();
        _user.Dispose();
        _node.Dispose();
    }

    [Fact]
    public async Task Events_ThatComeAgain_AreBookedOnce()
    {
        _chain.Keeps = true;
        _chain.Events.AddRange(
        [
            new ChainEvent.Deposited(Id(1), _user.Id, new Micros(1_000)), new ChainEvent.Deposited(Id(2), _user.Id, new Micros(1_000)),
            new ChainEvent.Bonded(Id(3), _node.Id, new Micros(500)), new ChainEvent.Exited(Id(4), _user.Id, new Micros(300)),
            new ChainEvent.CollateralWithdrawn(Id(5), _node.Id, new Micros(200)),
        ]);
        _chain.Requesters[_user.Id] = new RequesterPosition(new Micros(1_700), Micros.Zero, Micros.Zero, null);
        for (var again = 0; again < 3; again++)
            await Settlement.Advance();

        Assert.Equal((1_700, 300, -2_000), (await BalanceAsync(LedgerAccount.Reserve(_user.Id)), await BalanceAsync(LedgerAccount.Collateral(_node.Id)), await BalanceAsync(LedgerAccount.External)));
    }

    [Fact]
    public async Task Voucher_OpensTheDepositForSpending_AndIsRedeemedForWhatWasSpent()
    {
        await DepositAsync(1_000);
        Assert.Equal(0, await BalanceAsync(User));
        Assert.Equal(VoucherStatus.WrongSignature, (await VouchAsync(400, _node)).Status);
        Assert.Equal(VoucherStatus.Ok, (await VouchAsync(400, _user)).Status);
        Assert.Equal(VoucherStatus.NotHigher, (await VouchAsync(300, _user)).Status);
        await Settlement.Advance();
        Assert.Equal((400, 600), (await BalanceAsync(User), await BalanceAsync(LedgerAccount.Reserve(_user.Id))));

        await MoveAsync(User, LedgerAccount.Earnings(_node.Id), 150, TransferCode.PayPrimary);
        await CloseAsync();
        var redeem = Assert.IsType<SettlementCall.Redeem>(_chain.Calls["redeem/1/0"]);
        Assert.Equal((_user.Id, 150L, 400L), (redeem.Parts.Single().User, redeem.Parts.Single().Spent.Value, redeem.Parts.Single().Authorised.Value));
    }

    /// <summary>A stop after earnings became claimable and before the plan was stored: what was earned since is for the next root, and nothing is stuck.</summary>
    [Fact]
    public async Task Closing_StoppedBetweenBooksAndPlan_GoesOn()
    {
        await DepositAsync(1_000);
        await VouchAsync(1_000, _user);
        await Settlement.Advance();
        await MoveAsync(User, LedgerAccount.Earnings(_node.Id), 150, TransferCode.PayPrimary);
        await CloseAsync();
        _chain.Outcomes["redeem/1/0"] = CallOutcome.Done;
        _chain.Requesters[_user.Id] = new RequesterPosition(new Micros(850), new Micros(150), Micros.Zero, null);
        _chain.Payouts = new PayoutPosition(4, new Micros(150), Micros.Zero, Micros.Zero);

        _chain.Fault = new SettlementUnavailableException("gone");
        await Assert.ThrowsAsync<SettlementUnavailableException>(Settlement.Advance);
        Assert.Equal((0, 150), (await BalanceAsync(LedgerAccount.Earnings(_node.Id)), await BalanceAsync(LedgerAccount.Payable(_node.Id))));
        Assert.Contains("gone", await Settlement.Problem());
        await _cluster.DeactivateAsync(Settlement);
        await MoveAsync(User, LedgerAccount.Earnings(_node.Id), 7, TransferCode.PayPrimary);

        await Settlement.Advance();
        await Settlement.Advance();
        var root = Assert.IsType<SettlementCall.PostRoot>(_chain.Calls["root/1"]);
        Assert.Equal((5L, 150L, 7L), (root.Epoch, root.Total.Value, await BalanceAsync(LedgerAccount.Earnings(_node.Id))));
        Assert.Equal(new PayoutTree([new PayoutLeaf(_node.Id, new Micros(150))]).Root, root.Root);
        Assert.Equal("", await Settlement.Problem());

        // Final: the node can be told what to claim, from the newest root that is claimable.
        Assert.Null(await Settlement.Claim(_node.Id.ToString()));
        _chain.Outcomes["root/1"] = CallOutcome.Done;
        _chain.ClaimableAt[5] = _chain.Time.AddSeconds(1);
        await Settlement.Advance();
        Assert.Equal((5L, 150L), (await Settlement.Claim(_node.Id.ToString())) is { } claim ? (claim.Epoch, claim.CumulativeMicros) : default);
    }

    [Fact]
    public async Task Closing_RootRefused_PaysInTheNextOne()
    {
        await DepositAsync(1_000);
        await VouchAsync(1_000, _user);
        await Settlement.Advance();
        await MoveAsync(User, LedgerAccount.Earnings(_node.Id), 100, TransferCode.PayPrimary);
        await CloseAsync();
        _chain.Outcomes["redeem/1/0"] = CallOutcome.Done;
        _chain.Payouts = new PayoutPosition(0, new Micros(60), Micros.Zero, Micros.Zero);
        await Settlement.Advance();
        await Settlement.Advance();
        // No more than what is backed becomes claimable.
        Assert.Equal((60L, 40L), (((SettlementCall.PostRoot)_chain.Calls["root/1"]).Total.Value, await BalanceAsync(LedgerAccount.Earnings(_node.Id))));

        _chain.Outcomes["root/1"] = CallOutcome.Failed;
        await Settlement.Advance();
        _chain.Payouts = new PayoutPosition(0, new Micros(100), Micros.Zero, Micros.Zero);
        await CloseAsync();
        _chain.Outcomes["redeem/2/0"] = CallOutcome.Done;
        await Settlement.Advance();
        await Settlement.Advance();
        Assert.Equal((1L, 100L), ((SettlementCall.PostRoot)_chain.Calls["root/2"]) is var root ? (root.Epoch, root.Total.Value) : default);
    }

    [Fact]
    public async Task Silence_OfAnEpoch_IsOneSlashForNodeAndRequester()
    {
        await BondAsync();
        await MoveAsync(LedgerAccount.Collateral(_node.Id), User, 10, TransferCode.SilencePenalty);
        await MoveAsync(LedgerAccount.Collateral(_node.Id), User, 15, TransferCode.SilencePenalty);
        await MoveAsync(LedgerAccount.Collateral(_node.Id), LedgerAccount.Treasury, 5, TransferCode.SilencePenalty);
        await CloseAsync();
        await Settlement.Advance();
        await CloseAsync();
        await Settlement.Advance();

        var verdicts = _chain.Calls.Values.OfType<SettlementCall.ProposeSlash>().Select(c => c.Verdict).OrderBy(v => v.Amount.Value).ToArray();
        Assert.Equal(
            [(5L, default, ChainSlashKind.Silence), (25L, _user.Id, ChainSlashKind.Silence)], verdicts.Select(v => (v.Amount.Value, v.Victim, v.Kind)));
    }

    /// <summary>P8.5: nobody loses collateral on the chain while its case is looked at again here.</summary>
    [Fact]
    public async Task Slash_ReviewedAgain_IsTakenBackOnTheChainAndProposedAnewWhenConfirmed()
    {
        await BondAsync();
        var slash = await FreezeAsync(100);
        await Settlement.Advance();
        var first = ((SettlementCall.ProposeSlash)_chain.Calls.Values.Single()).Verdict;
        Assert.Equal((slash.Id, _node.Id, 100L, ChainSlashKind.Malice), (first.Id, first.Node, first.Amount.Value, first.Kind));

        _chain.Slashes[first.Id] = new ChainSlash(ChainSlashState.Open, _chain.Time.AddSeconds(-1));
        await WriteAsync(slash with { Status = SlashStatus.Unconfirmed, Appealed = true }, 2);
        await Settlement.Advance();
        Assert.False(((SettlementCall.RuleSlash)_chain.Calls[$"slash/{slash.Id}/return"]).Uphold);
        Assert.DoesNotContain(_chain.Calls.Values, c => c is SettlementCall.ExecuteSlash);

        _chain.Slashes[first.Id] = new ChainSlash(ChainSlashState.Returned, _chain.Time);
        await WriteAsync(slash with { Status = SlashStatus.Frozen, Appealed = true }, 3);
        await Settlement.Advance();
        await Settlement.Advance();
        var second = _chain.Calls.Values.OfType<SettlementCall.ProposeSlash>().Select(c => c.Verdict).Single(v => v.Id != first.Id);
        Assert.Equal(first with { Id = second.Id }, second);

        // Executed here, then there.
        _chain.Slashes[second.Id] = new ChainSlash(ChainSlashState.Open, _chain.Time.AddSeconds(5));
        Assert.True((await _cluster.Ledger.CommitAsync(SlashCase.Execute((await _cluster.Ledger.FindSlashAsync(slash.Id, default))!, SlashShares.Default), default)).Succeeded);
        await Settlement.Advance();
        Assert.DoesNotContain(_chain.Calls.Values, c => c is SettlementCall.ExecuteSlash);
        _chain.Time = _chain.Time.AddSeconds(5);
        await Settlement.Advance();
        Assert.Equal(second.Id, Assert.Single(_chain.Calls.Values.OfType<SettlementCall.ExecuteSlash>()).Slash);
        Assert.Equal(1, (await Settlement.InFlight()).Count);
        _chain.Slashes[second.Id] = new ChainSlash(ChainSlashState.Executed, _chain.Time);
        await Settlement.Advance();
        Assert.Equal(0, (await Settlement.InFlight()).Count);
    }

    [Fact]
    public async Task Slash_NotConfirmed_IsReturnedOnTheChain()
    {
        await BondAsync();
        var slash = await FreezeAsync(100);
        await Settlement.Advance();
        _chain.Slashes[slash.Id] = new ChainSlash(ChainSlashState.Open, _chain.Time.AddDays(1));
        await MoveAsync(LedgerAccount.Frozen(_node.Id), LedgerAccount.Collateral(_node.Id), 100, TransferCode.SlashReturn);
        await WriteAsync(slash with { Status = SlashStatus.Returned }, 2);
        await Settlement.Advance();
        Assert.False(((SettlementCall.RuleSlash)_chain.Calls[$"slash/{slash.Id}/return"]).Uphold);
    }

    private static Hash32 Id(int number) => new CanonicalWriter().Text("event").Int32(number).Sha256();

    private async Task DepositAsync(long micros)
    {
        _chain.Events.Add(new ChainEvent.Deposited(Id(100), _user.Id, new Micros(micros)));
        _chain.Requesters[_user.Id] = new RequesterPosition(new Micros(micros), Micros.Zero, Micros.Zero, null);
        await Settlement.Advance();
    }

    private Task<VoucherReply> VouchAsync(long micros, NodeKey signer) => _cluster.Grains.GetGrain<IChainGrain>(Keys.Chain)
        .AddVoucher(_user.Id.ToAccount(), micros, signer.Sign(_chain.VoucherDigest(_user.Id, new Micros(micros))));

    private async Task CloseAsync()
    {
        await Settlement.CloseEpoch();
        await Settlement.Advance();
    }

    private Task BondAsync()
    {
        _chain.Events.Add(new ChainEvent.Bonded(Id(200), _node.Id, new Micros(1_000)));
        return Settlement.Advance();
    }

    private async Task<SlashCase> FreezeAsync(long micros)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(_cluster.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        var slash = new SlashCase(
            SlashCase.IdOf(Id(9), _node.Id), Id(9), _node.Id, Protocol.Requests.EvidenceKind.Stage1Mismatch, 0, "a test", new Micros(micros), _user.Id.ToAccount(), [], [],
            now, now, SlashStatus.Frozen);
        await MoveAsync(LedgerAccount.Collateral(_node.Id), LedgerAccount.Frozen(_node.Id), micros, TransferCode.SlashFreeze);
        await WriteAsync(slash, 1);
        return slash;
    }

    private async Task WriteAsync(SlashCase slash, long version) =>
        Assert.True((await _cluster.Ledger.CommitAsync(new LedgerCommand([], Slashes: [slash.Row(version)]), default)).Succeeded);

    private async Task MoveAsync(LedgerAccount from, LedgerAccount to, long micros, TransferCode code)
    {
        var id = Hash32.Sha256(Guid.NewGuid().ToByteArray());
        Assert.True((await _cluster.Ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Transfer(id, from, to, new Micros(micros), code)]), default)).Succeeded);
    }

    private async Task<long> BalanceAsync(LedgerAccount account) => (await _cluster.Ledger.BalanceAsync(account, default)).Value;
}
