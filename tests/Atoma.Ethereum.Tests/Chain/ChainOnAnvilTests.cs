using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Chain;

/// <summary>The client against a real node: what it says in errors, in a pool, and after a reorganisation.</summary>
public sealed class ChainOnAnvilTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId Somebody = NodeId.Parse("0x00000000000000000000000000000000000000c1");

    private readonly NodeKey _key = DevelopmentKeys.Get(0);
    private LocalChain _local = null!;
    private JsonRpcChainClient _chain = null!;

    public async Task InitializeAsync()
    {
        _local = await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find() }, TimeProvider.System, None);
        _chain = _local.CreateClient(ContractErrors.Table);
    }

    public async Task DisposeAsync()
    {
        await _local.DisposeAsync();
        _key.Dispose();
    }

    private SignedTransaction Pay(ulong nonce, long value = 1, long maxFee = 10_000_000_000) =>
        new Eip1559Transaction(31_337, nonce, 1_000_000_000, maxFee, 21_000, Somebody, value, []).Sign(_key);

    [Fact]
    public async Task Send_AgainInPoolAndMined_SameHashAndOneEffect()
    {
        await _local.DoAsync(new JsonRpcCall("evm_setAutomine", false), None);
        var payment = Pay(0);
        for (var i = 0; i < 3; i++)
            Assert.Equal(payment.Hash, await _chain.SendAsync(payment.Raw, None));
        Assert.Null(await _chain.ReceiptAsync(payment.Hash, None));
        await _local.MineAsync(1, None);
        Assert.Equal(payment.Hash, await _chain.SendAsync(payment.Raw, None));
        var receipt = (await _chain.ReceiptAsync(payment.Hash, None))!;
        Assert.Equal((true, 1L, 21_000UL), (receipt.Succeeded, receipt.BlockNumber, receipt.GasUsed));
        Assert.Equal(1, await _chain.BalanceAsync(Somebody, None));

        Assert.Contains("nonce", (await Assert.ThrowsAsync<ChainRejectedException>(() => _chain.SendAsync(Pay(0, value: 2).Raw, None))).Message);
        var wrongChain = new Eip1559Transaction(1, 1, 1, 10_000_000_000, 21_000, Somebody, 1, []).Sign(_key);
        await Assert.ThrowsAsync<ChainRejectedException>(() => _chain.SendAsync(wrongChain.Raw, None));
        await Assert.ThrowsAsync<ChainRejectedException>(() => _chain.SendAsync([2, 0xC0], None));
    }

    [Fact]
    public async Task Reorganisation_OfTheReceiptsBlock_NoReceiptAndAnotherHash()
    {
        var payment = Pay(0);
        await _chain.SendAsync(payment.Raw, None);
        await _local.MineAsync(2, None);
        var receipt = (await _chain.ReceiptAsync(payment.Hash, None))!;
        Assert.Equal(1UL, await _chain.NonceAsync(_key.Id, null, None));
        Assert.Equal(0UL, await _chain.NonceAsync(_key.Id, 0, None));

        await _local.DoAsync(new JsonRpcCall("anvil_reorg", 3, new System.Text.Json.Nodes.JsonArray()), None);
        Assert.NotEqual(receipt.BlockHash, (await _chain.BlockAsync(receipt.BlockNumber, None))!.Hash);
        Assert.Null(await _chain.ReceiptAsync(payment.Hash, None));
    }

    [Fact]
    public async Task Blocks_HeadFinalAndMissing_AsTheNodeHasThem()
    {
        await _local.MineAsync(20, None);
        var head = await _chain.HeadAsync(None);
        Assert.Equal(20, head.Number);
        Assert.Equal(head.Parent, (await _chain.BlockAsync(19, None))!.Hash);
        Assert.InRange((await _chain.FinalizedAsync(None))!.Number, 1, 19);
        Assert.Null(await _chain.BlockAsync(21, None));
        Assert.True((await _chain.PriorityFeeAsync(None)).Sign >= 0);
        await Assert.ThrowsAsync<ChainUnavailableException>(() => _chain.CallAsync(new ChainCall(Somebody, []), 21, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => _chain.NonceAsync(Somebody, 21, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => _chain.LogsAsync(new ChainLogFilter(1, 21, [Somebody]), None));
    }

    /// <summary>One endpoint twice agrees; another chain of the same configuration does not, from its first own block on.</summary>
    [Fact]
    public async Task Agreement_OfRealNodes_SameChainOrDisagreement()
    {
        using var again = new JsonRpcEndpoint(new JsonRpcOptions { Endpoint = _local.Endpoint }, TimeProvider.System);
        var twice = new AgreeingChainClient(
            [new ChainEndpoint("one", _chain), new ChainEndpoint("again", new JsonRpcChainClient(again, ContractErrors.Table))], TimeProvider.System, TimeSpan.Zero);
        var sender = new TransactionSender(twice, _key, TimeProvider.System);
        var token = (await sender.SendAsync(null, ContractArtifact.DevelopmentToken.Bytecode.ToArray(), None)).Contract!.Value;
        await sender.SendAsync(token, TokenCalls.Mint(Somebody, new Micros(7)), None);
        Assert.Equal(new Micros(7), await new TokenContract(twice, token).BalanceAsync(Somebody, null, None));
        Assert.Equal(new Micros(0), await new TokenContract(twice, token).BalanceAsync(Somebody, 1, None));
        var minted = Assert.Single(await twice.LogsAsync(new ChainLogFilter(2, 2, [token]), None));
        Assert.IsType<TokenEvent.Transferred>(TokenEvent.TryRead(minted));
        var refused = await Assert.ThrowsAsync<ChainRevertedException>(() => sender.SendAsync(token, TokenCalls.Transfer(Somebody, new Micros(1)), None));
        Assert.Contains($"ERC20InsufficientBalance(sender: {_key.Id}, balance: 0, needed: 1)", refused.Message);

        await using var other = await LocalChain.StartAsync(new LocalChainOptions { BinaryPath = LocalChainBinary.Find() }, TimeProvider.System, None);
        await other.IncreaseTimeAsync(TimeSpan.FromSeconds(100), None);
        await other.MineAsync(3, None);
        var apart = new AgreeingChainClient(
            [new ChainEndpoint("one", _chain), new ChainEndpoint("other", other.CreateClient(ContractErrors.Table))], TimeProvider.System, TimeSpan.Zero);
        var failure = await Assert.ThrowsAsync<ChainDisagreementException>(() => apart.HeadAsync(None));
        Assert.Equal(["one", "other"], failure.Answers.Keys.Order());
    }
}
