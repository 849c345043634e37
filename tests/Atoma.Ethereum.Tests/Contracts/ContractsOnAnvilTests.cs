using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Tests.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Contracts;

/// <summary>Every binding against the contracts themselves, on a real chain.</summary>
public sealed class ContractsOnAnvilTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Hash32 CommitmentDomain = Eip712.DomainSeparator(0);

    private readonly NodeKey _deployer = DevelopmentKeys.Get(0);
    private readonly NodeKey _user = DevelopmentKeys.Get(1);
    private readonly NodeKey _owner = DevelopmentKeys.Get(2);
    private readonly NodeKey _node = NodeKey.Generate();
    private readonly NodeKey _judge = NodeKey.Generate();
    private readonly List<ChainReceipt> _receipts = [];

    private LocalChain _local = null!;
    private JsonRpcChainClient _chain = null!;
    private Deployment _deployment = null!;
    private SettlementContract _settlement = null!;
    private GatewayContract _gateway = null!;
    private TokenContract _token = null!;
    private SettlementTypedData _typed = null!;

    public async Task InitializeAsync()
    {
        _local = await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find() }, TimeProvider.System, None);
        _chain = _local.CreateClient(ContractErrors.Table);
        var config = new SettlementConfig(
            _deployer.Id, _deployer.Id, _deployer.Id, CommitmentDomain, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(3),
            TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(20), new Micros(1_000), [_judge.Id], 1);
        _deployment = await new ContractDeployer(_chain, Sender(_deployer)).DeployAsync(config, new GatewayConfig(TimeSpan.FromMinutes(1)), null, None);
        _settlement = new SettlementContract(_chain, _deployment.Settlement.Address);
        _gateway = new GatewayContract(_chain, _deployment.Gateway.Address);
        _token = new TokenContract(_chain, _deployment.Token.Address);
        _typed = new SettlementTypedData(_deployment.ChainId, _settlement.Address);
        foreach (var key in new[] { _user, _owner })
        {
            await SendAsync(_deployer, _token.Address, TokenCalls.Mint(key.Id, new Micros(1_000_000)));
            await SendAsync(key, _token.Address, TokenCalls.Approve(_settlement.Address, new Micros(long.MaxValue)));
            await SendAsync(key, _token.Address, TokenCalls.Approve(_gateway.Address, new Micros(long.MaxValue)));
        }
    }

    public async Task DisposeAsync()
    {
        await _local.DisposeAsync();
        foreach (var key in new[] { _deployer, _user, _owner, _node, _judge })
            key.Dispose();
    }

    private TransactionSender Sender(NodeKey key) => new(_chain, key, TimeProvider.System);

    private async Task<ChainReceipt> SendAsync(NodeKey key, NodeId to, byte[] data)
    {
        var receipt = await Sender(key).SendAsync(to, data, None);
        _receipts.Add(receipt);
        return receipt;
    }

    private Task<ChainReceipt> SettleAsync(NodeKey key, byte[] data) => SendAsync(key, _settlement.Address, data);

    private async Task RegisterAsync()
    {
        await SettleAsync(_owner, SettlementCalls.RegisterNode(_node.Id, new Micros(5_000), _node.Sign(_typed.NodeBinding(_node.Id, _owner.Id))));
    }

    /// <summary>Everything that happened, in order, without its place in the chain.</summary>
    private T[] Events<T>(Func<ChainLog, T?> read)
        where T : class => [.. _receipts.SelectMany(r => r.Logs).Where(l => l.Address == _settlement.Address || l.Address == _gateway.Address).Select(read).OfType<T>()];

    [Fact]
    public async Task Deployment_Parameters_AreWhatWasGiven()
    {
        Assert.Equal(ContractAddress.OfCreate(_deployer.Id, 0), _token.Address);
        Assert.Equal(ContractAddress.OfCreate(_deployer.Id, 1), _settlement.Address);
        Assert.Equal(ContractAddress.OfCreate(_deployer.Id, 2), _gateway.Address);
        var parameters = _settlement.Parameters;
        Assert.Equal(_typed.Domain, await parameters.DomainAsync(None));
        Assert.Equal(GatewayTypedData.Domain(_deployment.ChainId, _gateway.Address), await _gateway.DomainAsync(None));
        Assert.Equal(CommitmentDomain, await parameters.CommitmentDomainAsync(None));
        Assert.Equal(_token.Address, await parameters.TokenAsync(None));
        Assert.Equal(_deployer.Id, await parameters.SettlerAsync(None));
        Assert.Equal(_deployer.Id, await parameters.AdminAsync(None));
        Assert.Equal(_deployer.Id, await parameters.GuardianAsync(None));
        Assert.Equal([_judge.Id], await parameters.VerdictSignersAsync(None));
        Assert.Equal(1, await parameters.VerdictThresholdAsync(None));
        Assert.Equal(120, await parameters.ParameterAsync("exitDelay", None));
        Assert.False(await parameters.PausedAsync(None));
        Assert.Equal((_settlement.Address, _token.Address), (await _gateway.SettlementAsync(None), await _gateway.TokenAsync(None)));
        Assert.Equal(TimeSpan.FromMinutes(1), await _gateway.AnswerWindowAsync(None));
        Assert.Equal(6, await _token.DecimalsAsync(None));
        Assert.Equal(new Micros(long.MaxValue), await _token.AllowanceAsync(_user.Id, _settlement.Address, None));
        await Assert.ThrowsAsync<ChainRejectedException>(() => new TokenContract(_chain, _user.Id).DecimalsAsync(None));

        await SettleAsync(_deployer, ParameterCalls.Schedule("exitDelay", 300));
        Assert.Equal(300, (await parameters.ScheduledAsync("exitDelay", None))!.Value.Value);
        await SettleAsync(_deployer, ParameterCalls.Cancel("exitDelay"));
        Assert.Null(await parameters.ScheduledAsync("exitDelay", None));
        await SettleAsync(_deployer, ParameterCalls.ScheduleVerdictSigners([_judge.Id], 1));
        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(21), None);
        await SettleAsync(_deployer, ParameterCalls.Apply("verdictSigners"));
        await SettleAsync(_deployer, ParameterCalls.Pause());
        Assert.True(await parameters.PausedAsync(None));
        await SettleAsync(_deployer, ParameterCalls.Unpause());
        Assert.Equal(
            ["ChangeScheduled", "ChangeCancelled", "VerdictSignersScheduled", "VerdictSignersChanged", "Paused", "Unpaused"],
            Events(SettlementEvents.TryRead).Select(e => e.GetType().Name));
    }

    [Fact]
    public async Task Money_FromDepositToClaim_MovesToTheMicro()
    {
        await RegisterAsync();
        await SettleAsync(_user, SettlementCalls.Deposit(_user.Id, new Micros(10_000)));
        var voucher = _user.Sign(_typed.Voucher(_user.Id, new Micros(5_000)));
        await SettleAsync(_deployer, SettlementCalls.Redeem([new Redemption(_user.Id, new Micros(3_000), new Micros(5_000), voucher)]));
        Assert.Equal(new RequesterPosition(new Micros(7_000), new Micros(3_000), Micros.Zero, null), await _settlement.RequesterAsync(_user.Id, null, None));

        PayoutLeaf[] leaves = [new(_node.Id, new Micros(2_500)), new(_deployer.Id, new Micros(400))];
        var tree = new PayoutTree(leaves);
        await SettleAsync(_deployer, SettlementCalls.PostRoot(1, tree.Root, new Micros(2_900), Hash32.Zero));
        var early = await Assert.ThrowsAsync<ChainRevertedException>(() => SettleAsync(_owner, SettlementCalls.Claim(1, leaves[0], tree.Proof(0))));
        Assert.Contains("RootNotFinal(claimableAt: ", early.Message);
        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(6), None);
        Assert.Equal(tree.Root, (await _settlement.RootAsync(1, null, None)).Root);
        var before = await _token.BalanceAsync(_owner.Id, null, None);
        await SettleAsync(_user, SettlementCalls.Claim(1, leaves[0], tree.Proof(0)));
        await SettleAsync(_user, SettlementCalls.ClaimMany(1, [(leaves[1], tree.Proof(1))]));
        Assert.Equal(before + new Micros(2_500), await _token.BalanceAsync(_owner.Id, null, None));
        Assert.Equal(new Micros(400), await _settlement.ClaimedAsync(_deployer.Id, null, None));
        var head = await _chain.HeadAsync(None);
        Assert.Equal(new PayoutPosition(1, new Micros(3_000), new Micros(2_900), new Micros(2_900)), await _settlement.PayoutsAsync(head.Number, None));

        await SettleAsync(_deployer, SettlementCalls.Credit(_user.Id, new Micros(100)));
        await SettleAsync(_user, SettlementCalls.Fund(new Micros(7)));
        await SettleAsync(_user, SettlementCalls.RequestExit(new Micros(1)));
        await SettleAsync(_user, SettlementCalls.CancelExit());
        await SettleAsync(_user, SettlementCalls.RequestExit(new Micros(7_100)));
        Assert.NotNull((await _settlement.RequesterAsync(_user.Id, null, None)).ExitAt);
        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(3), None);
        await SettleAsync(_user, SettlementCalls.Exit());
        Assert.Equal(new Micros(1_000_000 - 10_000 - 7 + 7_100), await _token.BalanceAsync(_user.Id, null, None));
        await SettleAsync(_deployer, SettlementCalls.PostRoot(2, tree.Root, new Micros(2_900), Hash32.Zero));
        await SettleAsync(_deployer, SettlementCalls.CancelRoot(2));

        var events = Events(SettlementEvents.TryRead);
        Assert.Equal(
            ["NodeRegistered", "DepositMade", "VoucherRedeemed", "RootPosted", "Claimed", "Claimed", "Credited", "Funded", "ExitRequested", "ExitCancelled", "ExitRequested", "Exited", "RootPosted", "RootCancelled"],
            events.Select(e => e.GetType().Name));
        Assert.Equal(new SettlementEvent.VoucherRedeemed(events[2].Log, _user.Id, new Micros(3_000), new Micros(3_000)), events[2]);
        Assert.Equal(new SettlementEvent.Claimed(events[4].Log, _node.Id, new Micros(2_500), new Micros(2_500)), events[4]);
    }

    [Fact]
    public async Task Collateral_BondedRotatedAndTaken_AsTheContractSays()
    {
        await RegisterAsync();
        using var rotated = NodeKey.Generate();
        await SettleAsync(_owner, SettlementCalls.RotateReceiptKey(_node.Id, rotated.Id, rotated.Sign(_typed.ReceiptKey(_node.Id, rotated.Id))));
        await SettleAsync(_user, SettlementCalls.Bond(_node.Id, new Micros(3_000)));
        await SettleAsync(_owner, SettlementCalls.RequestUnbond(_node.Id, new Micros(2_000)));
        Assert.Equal(
            new NodePosition(_owner.Id, rotated.Id, new Micros(6_000), new Micros(2_000), Micros.Zero, Micros.Zero), await _settlement.NodeAsync(_node.Id, null, None));
        Assert.Equal(new Micros(2_000), Assert.Single(await _settlement.TranchesAsync(_node.Id, null, None)).Amount);
        Assert.Equal((_node.Id, _node.Id), (await _settlement.NodeOfKeyAsync(rotated.Id, null, None), await _settlement.NodeOfKeyAsync(_node.Id, null, None)));

        // A verdict with a victim, appealed and upheld.
        var head = await _chain.HeadAsync(None);
        var verdict = new ChainVerdict(
            Hash32.Sha256([1]), _node.Id, Hash32.Zero, _user.Id, new Micros(1_000), 3, 2, ChainSlashKind.Malice, Hash32.Sha256([2]), head.Timestamp + 1_000);
        await SettleAsync(_user, SlashingCalls.ProposeSlash(verdict, _judge.Sign(_typed.Verdict(verdict))));
        Assert.Equal(new Micros(1_000), (await _settlement.NodeAsync(_node.Id, null, None)).Frozen);
        await SettleAsync(_owner, SlashingCalls.Appeal(verdict.Id));
        Assert.Equal(ChainSlashState.Appealed, (await _settlement.SlashAsync(verdict.Id, null, None)).State);
        await SettleAsync(_user, SlashingCalls.Rule(verdict.Id, true, _judge.Sign(_typed.Ruling(verdict.Id, true))));
        Assert.Equal(new Micros(250), (await _settlement.RequesterAsync(_user.Id, null, None)).Balance);

        // One that lapses.
        var other = verdict with { Id = Hash32.Sha256([3]), Kind = ChainSlashKind.Silence };
        await SettleAsync(_user, SlashingCalls.ProposeSlash(other, _judge.Sign(_typed.Verdict(other))));
        await SettleAsync(_owner, SlashingCalls.Appeal(other.Id));
        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(5), None);
        await SettleAsync(_user, SlashingCalls.Lapse(other.Id));

        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(20), None);
        await SettleAsync(_user, SettlementCalls.WithdrawCollateral(_node.Id));
        await EquivocateAsync();
        Assert.Equal(
            ["NodeRegistered", "ReceiptKeyRotated", "CollateralBonded", "UnbondRequested", "SlashOpened", "SlashAppealed", "Credited", "SlashExecuted", "SlashOpened", "SlashAppealed", "SlashReturned", "CollateralWithdrawn", "SlashOpened", "VictimBound", "Credited", "SlashExecuted"],
            Events(SettlementEvents.TryRead).Select(e => e.GetType().Name));
        var opened = Events(SettlementEvents.TryRead).OfType<SettlementEvent.SlashOpened>().First();
        Assert.Equal((verdict.Id, _node.Id, 0, new Micros(1_000), _user.Id), (opened.Id, opened.Node, opened.Kind, opened.Amount, opened.Victim));
    }

    /// <summary>Two commitments of the protocol's own bytes for a request of the user.</summary>
    private async Task EquivocateAsync()
    {
        var nonce = Hash32.Sha256([9]);
        var request = new CanonicalWriter().Text("atoma/request/1").Text(_user.Id.ToString().ToLowerInvariant()).Raw(nonce.ToArray()).Sha256();
        var (a, b) = (Hash32.Sha256([10]), Hash32.Sha256([11]));
        Hash32 Commitment(Hash32 value) => Eip712.Digest(
            CommitmentDomain, new Eip712Struct(Eip712.TypeHash("Commitment(bytes32 request,address node,bytes32 value)")).Bytes32(request).Address(_node.Id).Bytes32(value).Hash());
        await SettleAsync(_user, SlashingCalls.SlashEquivocation(_node.Id, request, a, _node.Sign(Commitment(a)), b, _node.Sign(Commitment(b))));
        var id = await _settlement.EquivocationIdAsync(_node.Id, request, None);
        await SettleAsync(_user, SlashingCalls.BindVictim(id, _user.Id, nonce));
        var slash = await _settlement.SlashAsync(id, null, None);
        Assert.Equal((ChainSlashState.Open, 2, _user.Id, request, _node.Id), (slash.State, slash.Kind, slash.Victim, slash.Request, slash.Node));
        Assert.Null(slash.RulingAt);
        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(5), None);
        await SettleAsync(_user, SlashingCalls.Execute(id));
    }

    [Fact]
    public async Task Gateway_RequestAnswerAndRefund_AsTheContractSays()
    {
        await RegisterAsync();
        await SendAsync(_user, _gateway.Address, GatewayCalls.OptInBelowReplicated(true));
        Assert.True(await _gateway.BelowReplicatedAsync(_user.Id, None));
        await SendAsync(_user, _gateway.Address, GatewayCalls.Request("model", "prompt"u8.ToArray(), 16, 1, new Micros(500), 0));
        var asked = Assert.Single(Events(GatewayEvents.TryRead).OfType<GatewayEvent.InferenceRequested>());
        Assert.Equal(("model", 16, 1, new Micros(500), _user.Id), (asked.Model, asked.MaxTokens, asked.Replicas, asked.MaxFee, asked.Caller));
        var kept = await _gateway.RequestAsync(asked.Id, null, None);
        Assert.Equal(new GatewayRequest(_user.Id, asked.Deadline, 0, new Micros(500), 1), kept);

        var result = "answer"u8.ToArray();
        var request = new CanonicalWriter().Text("atoma/request/1").Text(_user.Id.ToString().ToLowerInvariant()).Raw(asked.Id.ToArray()).Sha256();
        var digest = ContractAnswer.Digest(GatewayTypedData.Domain(_deployment.ChainId, _gateway.Address), request, Keccak.Hash(result));
        await SendAsync(_deployer, _gateway.Address, GatewayCalls.Fulfil(new SettlementCall.Answer(asked.Id, result, new Micros(300), [_node.Id], _node.Sign(digest))));
        Assert.Equal(new Micros(200), await _gateway.WithdrawableAsync(_user.Id, null, None));
        await SendAsync(_user, _gateway.Address, GatewayCalls.Withdraw(_user.Id));

        await SendAsync(_user, _gateway.Address, GatewayCalls.Request("model", [0xFF], 16, 1, new Micros(500), 0));
        var second = Events(GatewayEvents.TryRead).OfType<GatewayEvent.InferenceRequested>().Last();
        await SendAsync(_deployer, _gateway.Address, GatewayCalls.Decline(second.Id, "no such model"));
        await SendAsync(_user, _gateway.Address, GatewayCalls.Request("model", [1], 16, 1, new Micros(500), 0));
        var third = Events(GatewayEvents.TryRead).OfType<GatewayEvent.InferenceRequested>().Last();
        await _local.IncreaseTimeAsync(TimeSpan.FromMinutes(2), None);
        await SendAsync(_user, _gateway.Address, GatewayCalls.Refund(third.Id));
        Assert.Equal(
            ["BelowReplicatedSet", "InferenceRequested", "InferenceAnswered", "Withdrawn", "InferenceRequested", "InferenceDeclined", "InferenceRequested", "InferenceRefunded"],
            Events(GatewayEvents.TryRead).Select(e => e.GetType().Name));
    }
}
