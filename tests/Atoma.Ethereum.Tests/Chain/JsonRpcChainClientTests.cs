using System.Numerics;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Tests.JsonRpc;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Tests.Chain;

public class JsonRpcChainClientTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId Contract = NodeId.Parse("0x00000000000000000000000000000000000000c1");
    private static readonly Hash32 Transaction = Hash32.Sha256([7]);

    private static Hash32 HashOf(long number) => Hash32.Sha256(BitConverter.GetBytes(number));

    private static JsonObject Block(long number) => new()
    {
        ["number"] = $"0x{number:x}", ["hash"] = $"0x{HashOf(number)}", ["parentHash"] = $"0x{HashOf(number - 1)}", ["timestamp"] = "0x10", ["baseFeePerGas"] = "0x3b9aca00",
    };

    private static JsonObject Log(long block, int index, string? hash = null) => new()
    {
        ["address"] = Contract.ToString(), ["topics"] = new JsonArray($"0x{HashOf(1)}"), ["data"] = "0x0102", ["blockNumber"] = $"0x{block:x}",
        ["blockHash"] = hash ?? $"0x{HashOf(block)}", ["transactionHash"] = $"0x{Transaction}", ["logIndex"] = $"0x{index:x}", ["removed"] = false,
    };

    private static JsonObject Receipt(long block, string? hash = null) => new()
    {
        ["transactionHash"] = $"0x{Transaction}", ["status"] = "0x1", ["blockNumber"] = $"0x{block:x}", ["blockHash"] = hash ?? $"0x{HashOf(block)}",
        ["gasUsed"] = "0x5208", ["effectiveGasPrice"] = "0x7", ["contractAddress"] = null, ["logs"] = new JsonArray(Log(block, 0, hash)),
    };

    private static ScriptedEndpoint With(Func<string, JsonArray, JsonNode?> answer) => new() { Answer = answer };

    [Fact]
    public async Task Block_AsTheEndpointSays_OrNoneAboveItsHead()
    {
        var client = With((_, p) => (string)p[0]! == "0x5" ? Block(5) : (string)p[0]! == "0x6" ? Block(5) : null).Client();
        Assert.Equal(new ChainBlock(5, HashOf(5), HashOf(4), 16, 1_000_000_000), await client.BlockAsync(5, None));
        Assert.Null(await client.BlockAsync(7, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => client.BlockAsync(6, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => client.HeadAsync(None));
    }

    [Theory]
    [InlineData(-32602)]
    [InlineData(-39001)]
    public async Task Finalized_TagThatTheChainDoesNotKnow_None(int code)
    {
        Assert.Null(await With((_, _) => throw new ScriptedEndpoint.Refusal(code, "unknown block")).Client().FinalizedAsync(None));
        Assert.Null(await With((_, _) => null).Client().FinalizedAsync(None));
        Assert.Equal(5, (await With((_, p) => (string)p[0]! == "finalized" ? Block(5) : null).Client().FinalizedAsync(None))!.Number);
    }

    [Theory]
    [InlineData(3, "execution reverted", "0x08c379a0")]
    [InlineData(-32000, "execution reverted: no", null)]
    [InlineData(-32015, "VM execution error. Reverted", "Reverted 0x08c379a0")]
    public async Task Call_Revert_HasItsDataAndWords(int code, string message, string? data)
    {
        var reason = Convert.ToHexStringLower(new AbiError("Error(string)").Encode("no"));
        var client = With((_, _) => throw new ScriptedEndpoint.Refusal(code, message, data?.Replace("0x08c379a0", "0x" + reason))).Client();
        var revert = await Assert.ThrowsAsync<ChainRevertedException>(() => client.CallAsync(new ChainCall(Contract, [1]), 5, None));
        Assert.Contains("no", revert.Message);
        Assert.Equal(data is null ? "" : reason, Convert.ToHexStringLower(revert.RevertData));
        await Assert.ThrowsAsync<ChainRevertedException>(() => client.EstimateGasAsync(new ChainCall(Contract, [1]), None));
    }

    [Fact]
    public async Task Call_Parameters_AsTheStandardWantsThem()
    {
        JsonArray? seen = null;
        var client = With((_, p) =>
        {
            seen = (JsonArray)p.DeepClone();
            return "0x0a";
        }).Client();
        Assert.Equal("0a", Convert.ToHexStringLower(await client.CallAsync(new ChainCall(Contract, [1, 2], Contract, 256), 17, None)));
        Assert.Equal($$"""[{"data":"0x0102","to":"{{Contract}}","from":"{{Contract}}","value":"0x100"},"0x11"]""", seen!.ToJsonString());
        Assert.Equal(10UL, await client.NonceAsync(Contract, null, None));
        Assert.Equal($"""["{Contract}","latest"]""", seen!.ToJsonString());
        Assert.Equal(new BigInteger(10), await client.BalanceAsync(Contract, None));
    }

    [Fact]
    public async Task Call_AtABlockThatTheEndpointLacks_UnavailableAndNotRejected()
    {
        ScriptedEndpoint Endpoint(JsonNode? block) => With((method, _) => method == "eth_getBlockByNumber" ? block?.DeepClone() : throw new ScriptedEndpoint.Refusal(-32000, "header not found"));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Endpoint(null).Client().CallAsync(new ChainCall(Contract, [1]), 5, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Endpoint(null).Client().NonceAsync(Contract, 5, None));
        await Assert.ThrowsAsync<ChainRejectedException>(() => Endpoint(Block(5)).Client().CallAsync(new ChainCall(Contract, [1]), 5, None));
        await Assert.ThrowsAsync<ChainRejectedException>(() => Endpoint(null).Client().CallAsync(new ChainCall(Contract, [1]), null, None));
    }

    [Fact]
    public async Task Send_WhatTheNodeHasAlready_IsNoError()
    {
        byte[] raw = [2, 1, 2, 3];
        var hash = Keccak.Hash(raw);
        var pool = With((method, _) => method == "eth_sendRawTransaction" ? throw new ScriptedEndpoint.Refusal(-32000, "nonce too low") : new JsonObject { ["hash"] = $"0x{hash}" });
        Assert.Equal(hash, await pool.Client().SendAsync(raw, None));
        Assert.Equal(["eth_sendRawTransaction", "eth_getTransactionByHash"], pool.Methods);

        var refused = With((method, _) => method == "eth_sendRawTransaction" ? throw new ScriptedEndpoint.Refusal(-32000, "nonce too low") : null);
        Assert.Contains("nonce too low", (await Assert.ThrowsAsync<ChainRejectedException>(() => refused.Client().SendAsync(raw, None))).Message);
        Assert.Equal(hash, await With((_, _) => $"0x{hash}").Client().SendAsync(raw, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => With((_, _) => $"0x{HashOf(1)}").Client().SendAsync(raw, None));
    }

    [Fact]
    public async Task Receipt_OfABlockThatIsNotCanonical_None()
    {
        var canonical = With((method, _) => method == "eth_getTransactionReceipt" ? Receipt(5) : Block(5)).Client();
        var receipt = (await canonical.ReceiptAsync(Transaction, None))!;
        Assert.Equal((true, 5L, 21_000UL, 1), (receipt.Succeeded, receipt.BlockNumber, receipt.GasUsed, receipt.Logs.Count));
        Assert.Null(await With((method, _) => method == "eth_getTransactionReceipt" ? Receipt(5, $"0x{HashOf(99)}") : Block(5)).Client().ReceiptAsync(Transaction, None));
        Assert.Null(await With((method, _) => method == "eth_getTransactionReceipt" ? Receipt(5) : null).Client().ReceiptAsync(Transaction, None));
        Assert.Null(await With((_, _) => null).Client().ReceiptAsync(Transaction, None));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => canonical.ReceiptAsync(HashOf(3), None));
    }

    [Fact]
    public async Task Logs_OfAnEndpointWithoutTheLastBlock_AreNotEmptyButUnavailable()
    {
        var filter = new ChainLogFilter(3, 5, [Contract]);
        ScriptedEndpoint Endpoint(JsonNode? last, params JsonObject[] logs) =>
            With((method, _) => method == "eth_getLogs" ? new JsonArray([.. logs.Select(l => l.DeepClone())]) : last?.DeepClone());

        Assert.Equal([(3, 0), (3, 2), (5, 1)], (await Endpoint(Block(5), Log(3, 0), Log(3, 2), Log(5, 1)).Client().LogsAsync(filter, None)).Select(l => ((int)l.BlockNumber, l.Index)));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => Endpoint(null).Client().LogsAsync(filter, None));
        JsonObject[][] wrong =
        [
            [Log(2, 0)], [Log(6, 0)], [Log(5, 0), Log(3, 0)], [Log(3, 1), Log(3, 1)], [Log(3, 0), Log(3, 1, $"0x{HashOf(99)}")], [Log(5, 0, $"0x{HashOf(99)}")],
            [new JsonObject(Log(3, 0).Select(p => KeyValuePair.Create(p.Key, p.Key == "removed" ? (JsonNode)true : p.Value?.DeepClone())))],
            [new JsonObject(Log(3, 0).Select(p => KeyValuePair.Create(p.Key, p.Key == "address" ? default(NodeId).ToString() : p.Value?.DeepClone())))],
        ];
        foreach (var logs in wrong)
            await Assert.ThrowsAsync<ChainUnavailableException>(() => Endpoint(Block(5), logs).Client().LogsAsync(filter, None));
    }
}
