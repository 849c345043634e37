using System.Globalization;
using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>Everything that may happen to a chain while transactions are on their way, by a seeded generator.</summary>
internal sealed class ChaosWorld(LocalChain chain, NoGuardContract contract, NodeKey sender, Random random, ChaosTally tally, SteppedTime time)
{
    private const int SecondsPerBlock = 12;
    private const long Gwei = 1_000_000_000;

    /// <summary>Room of a block in a storm: for none, one or a few transactions.</summary>
    private static readonly long[] NarrowBlocks = [30_000, 70_000, 150_000];

    private const long WideBlock = 30_000_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private bool _isNarrow;
    private bool _isClosed;

    /// <summary>What happens between two steps of the outbox.</summary>
    public async Task HappenAsync(IOutboxStore store)
    {
        if (random.Next(3) == 0)
            await DropAsync(store);
        if (random.Next(12) == 0)
            await StormAsync();
        if (random.Next(60) == 0)
            await SetClosedAsync(!_isClosed);
        else if (_isClosed && random.Next(4) == 0)
            await SetClosedAsync(false);
        if (random.Next(150) == 0)
            await SendForeignAsync();
        if (random.Next(5) > 1)
            await MineAsync(1 + random.Next(2));
        if (random.Next(7) == 0)
            await ReorganiseAsync();
    }

    /// <summary>Good weather.</summary>
    public async Task CalmAsync()
    {
        _isNarrow = false;
        await SetRoomAsync(WideBlock);
        await SetClosedAsync(false);
    }

    public async Task MineAsync(int blocks)
    {
        await chain.MineAsync(blocks, None);
        time.Advance(TimeSpan.FromSeconds(blocks * SecondsPerBlock));
    }

    private async Task ReorganiseAsync()
    {
        await chain.DoAsync(new JsonRpcCall("anvil_reorg", 1 + random.Next(ChaosOptions.ReorgDepthMax), new System.Text.Json.Nodes.JsonArray()), None);
        tally.Reorgs++;
    }

    private async Task DropAsync(IOutboxStore store)
    {
        var waiting = (await store.OpenTransactionsAsync(sender.Id, 1_000, None)).Where(row => row.State == OutboxState.Signed).ToList();
        if (waiting.Count == 0)
            return;
        var hash = waiting[random.Next(waiting.Count)].Attempts[^1].Hash;
        var reply = await chain.Rpc.CallAsync(new JsonRpcCall("anvil_dropTransaction", JsonRpcHex.Of(hash)), None);
        if (reply.Result.ValueKind == System.Text.Json.JsonValueKind.String)
            tally.Drops++;
    }

    /// <summary>Blocks become narrow or wide, or dear.</summary>
    private async Task StormAsync()
    {
        if (_isNarrow || random.Next(2) == 0)
        {
            _isNarrow = !_isNarrow;
            await SetRoomAsync(_isNarrow ? NarrowBlocks[random.Next(NarrowBlocks.Length)] : WideBlock);
        }
        else
        {
            await chain.DoAsync(new JsonRpcCall("anvil_setNextBlockBaseFeePerGas", Hex((1 + random.Next(40)) * Gwei)), None);
        }

        tally.Storms++;
    }

    /// <summary>Somebody else uses the key: takes a nonce, and does nothing with it.</summary>
    private async Task SendForeignAsync()
    {
        var client = chain.CreateClient(NoGuardContract.Errors);
        var nonce = await client.NonceAsync(sender.Id, null, None);
        var head = await client.HeadAsync(None);
        var fee = head.BaseFee * 4 + 100 * Gwei;
        var signed = new Eip1559Transaction(await client.ChainIdAsync(None), nonce, 50 * Gwei, fee, 21_000, sender.Id, BigInteger.Zero, []).Sign(sender);
        await chain.Rpc.CallAsync(new JsonRpcCall("eth_sendRawTransaction", JsonRpcHex.Of(signed.Raw)), None);
        await MineAsync(1);
        if (await client.ReceiptAsync(signed.Hash, None) is not null)
            tally.ForeignTransactions++;
    }

    private async Task SetClosedAsync(bool closed)
    {
        if (closed && !_isClosed)
            tally.Closures++;
        _isClosed = closed;
        await contract.SetClosedAsync(closed);
    }

    private Task SetRoomAsync(long gas) => chain.DoAsync(new JsonRpcCall("evm_setBlockGasLimit", Hex(gas)), None);

    private static string Hex(long number) => "0x" + number.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A clock that stands still until somebody moves it.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
