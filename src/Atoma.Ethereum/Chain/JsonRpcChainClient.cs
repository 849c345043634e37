using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.JsonRpc;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Chain;

/// <summary>A chain as one endpoint tells of it. What the endpoint says is checked for form and against itself, not for truth.</summary>
/// <param name="endpoint">Owned by the caller.</param>
/// <param name="errors">Puts reverts into words.</param>
public sealed class JsonRpcChainClient(JsonRpcEndpoint endpoint, AbiErrorTable errors) : IChainClient
{
    /// <summary>Codes with which a node says that it does not know a block tag or has no such block yet.</summary>
    private static readonly int[] NoSuchBlock = [-32000, -32001, -32602, -39001];

    /// <summary>Host and port of the endpoint.</summary>
    public string Name => endpoint.Name;

    public Task<ulong> ChainIdAsync(CancellationToken cancellationToken) =>
        AskAsync(new JsonRpcCall("eth_chainId"), JsonRpcHex.UInt64, cancellationToken);

    public async Task<ChainBlock> HeadAsync(CancellationToken cancellationToken) =>
        await AskAsync(BlockCall("latest"), BlockOrNull, cancellationToken) ?? throw Unusable("eth_getBlockByNumber", "it has no newest block");

    public async Task<ChainBlock?> BlockAsync(long number, CancellationToken cancellationToken)
    {
        var block = await AskAsync(BlockCall(JsonRpcHex.Of(number)), BlockOrNull, cancellationToken);
        return block is null || block.Number == number ? block : throw Unusable("eth_getBlockByNumber", $"block {block.Number} for block {number}");
    }

    public async Task<ChainBlock?> FinalizedAsync(CancellationToken cancellationToken)
    {
        var reply = await endpoint.CallAsync(BlockCall("finalized"), cancellationToken);
        return reply.Error is { } error && NoSuchBlock.Contains(error.Code) ? null : Read("eth_getBlockByNumber", reply, BlockOrNull);
    }

    public Task<ulong> NonceAsync(NodeId account, long? atBlock, CancellationToken cancellationToken) =>
        AskAtAsync(new JsonRpcCall("eth_getTransactionCount", account.ToString(), At(atBlock)), JsonRpcHex.UInt64, atBlock, cancellationToken);

    public Task<BigInteger> BalanceAsync(NodeId account, CancellationToken cancellationToken) =>
        AskAsync(new JsonRpcCall("eth_getBalance", account.ToString(), "latest"), JsonRpcHex.Quantity, cancellationToken);

    public Task<byte[]> CodeAsync(NodeId account, CancellationToken cancellationToken) =>
        AskAsync(new JsonRpcCall("eth_getCode", account.ToString(), "latest"), JsonRpcHex.Bytes, cancellationToken);

    public Task<byte[]> CallAsync(ChainCall call, long? atBlock, CancellationToken cancellationToken) =>
        AskAtAsync(new JsonRpcCall("eth_call", JsonRpcShapes.Call(call), At(atBlock)), JsonRpcHex.Bytes, atBlock, cancellationToken);

    public Task<ulong> EstimateGasAsync(ChainCall call, CancellationToken cancellationToken) =>
        AskAsync(new JsonRpcCall("eth_estimateGas", JsonRpcShapes.Call(call)), JsonRpcHex.UInt64, cancellationToken);

    public Task<BigInteger> PriorityFeeAsync(CancellationToken cancellationToken) =>
        AskAsync(new JsonRpcCall("eth_maxPriorityFeePerGas"), JsonRpcHex.Quantity, cancellationToken);

    public async Task<Hash32> SendAsync(byte[] raw, CancellationToken cancellationToken)
    {
        var hash = Keccak.Hash(raw);
        var reply = await endpoint.CallAsync(new JsonRpcCall("eth_sendRawTransaction", JsonRpcHex.Of(raw)), cancellationToken);
        if (reply.Error is { } error)
        {
            // Nodes word "I have this one" and "it is mined" in many ways; asking for it is the same on all.
            return await IsKnownAsync(hash, cancellationToken) ? hash : throw Rejected("eth_sendRawTransaction", error);
        }

        var told = Read("eth_sendRawTransaction", reply, JsonRpcHex.Hash);
        return told == hash ? hash : throw Unusable("eth_sendRawTransaction", "it names another transaction");
    }

    public async Task<ChainReceipt?> ReceiptAsync(Hash32 transaction, CancellationToken cancellationToken)
    {
        var receipt = await AskAsync(
            new JsonRpcCall("eth_getTransactionReceipt", JsonRpcHex.Of(transaction)), r => r.ValueKind == JsonValueKind.Null ? null : JsonRpcShapes.Receipt(r), cancellationToken);
        if (receipt is null)
            return null;
        if (receipt.Transaction != transaction || receipt.Logs.Any(l => l.Transaction != transaction || l.BlockHash != receipt.BlockHash))
            throw Unusable("eth_getTransactionReceipt", "the receipt is of another transaction");
        // P10.3: nodes keep receipts of blocks that a reorganisation dropped.
        var block = await BlockAsync(receipt.BlockNumber, cancellationToken);
        return block?.Hash == receipt.BlockHash ? receipt : null;
    }

    public async Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken)
    {
        Invariant.Assert(filter.FromBlock >= 0);
        Invariant.Assert(filter.ToBlock >= filter.FromBlock);
        Invariant.Assert(filter.ToBlock - filter.FromBlock < ChainLimits.LogBlocksMax);
        Invariant.Assert(filter.Addresses.Count > 0);

        // A node that does not have the last block yet answers with the logs that it has and no error.
        var replies = await endpoint.CallAsync([BlockCall(JsonRpcHex.Of(filter.ToBlock)), new JsonRpcCall("eth_getLogs", JsonRpcShapes.Filter(filter))], cancellationToken);
        var last = Read("eth_getBlockByNumber", replies[0], BlockOrNull)
            ?? throw new ChainUnavailableException($"Endpoint {Name} does not have block {filter.ToBlock} yet.");
        var logs = Read("eth_getLogs", replies[1], JsonRpcShapes.Logs);
        return LogsFault(logs, filter, last) is { } fault ? throw Unusable("eth_getLogs", fault) : logs;
    }

    /// <summary>Null when the logs can be of one chain and are what was asked for, in order.</summary>
    private static string? LogsFault(ChainLog[] logs, ChainLogFilter filter, ChainBlock last)
    {
        for (var i = 0; i < logs.Length; i++)
        {
            if (logs[i].BlockNumber < filter.FromBlock || logs[i].BlockNumber > filter.ToBlock || !filter.Addresses.Contains(logs[i].Address))
                return "a log that was not asked for";
            if (logs[i].BlockNumber == last.Number && logs[i].BlockHash != last.Hash)
                return $"a log of another block {last.Number}";
            if (i == 0 || logs[i].BlockNumber > logs[i - 1].BlockNumber)
                continue;
            if (logs[i].BlockNumber < logs[i - 1].BlockNumber || logs[i].Index <= logs[i - 1].Index)
                return "logs out of order";
            if (logs[i].BlockHash != logs[i - 1].BlockHash)
                return $"logs of two blocks {logs[i].BlockNumber}";
        }

        return null;
    }

    private async Task<bool> IsKnownAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var reply = await endpoint.CallAsync(new JsonRpcCall("eth_getTransactionByHash", JsonRpcHex.Of(hash)), cancellationToken);
        return reply.Error is null && reply.Result.ValueKind == JsonValueKind.Object;
    }

    private static JsonRpcCall BlockCall(string block) => new("eth_getBlockByNumber", block, false);

    private static ChainBlock? BlockOrNull(JsonElement result) => result.ValueKind == JsonValueKind.Null ? null : JsonRpcShapes.Block(result);

    private static JsonNode At(long? block) => block is { } number ? JsonRpcHex.Of(number) : "latest";

    /// <summary>Nodes refuse a question about a block that they do not have in many ways. It is no fault of the question.</summary>
    private async Task<T> AskAtAsync<T>(JsonRpcCall call, Func<JsonElement, T> read, long? atBlock, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(call, read, cancellationToken);
        }
        catch (ChainRejectedException e) when (atBlock is not null)
        {
            if (await BlockAsync(atBlock.Value, cancellationToken) is null)
                throw new ChainUnavailableException($"Endpoint {Name} does not have block {atBlock} yet.", e);
            throw;
        }
    }

    private async Task<T> AskAsync<T>(JsonRpcCall call, Func<JsonElement, T> read, CancellationToken cancellationToken) =>
        Read(call.Method, await endpoint.CallAsync(call, cancellationToken), read);

    private T Read<T>(string method, JsonRpcReply reply, Func<JsonElement, T> read)
    {
        if (reply.Error is { } error)
            throw method is "eth_call" or "eth_estimateGas" && error.IsRevert ? Reverted(method, error) : Rejected(method, error);
        try
        {
            return read(reply.Result);
        }
        catch (EthereumFormatException e)
        {
            throw Unusable(method, e.Message, e);
        }
    }

    private ChainRevertedException Reverted(string method, JsonRpcError error)
    {
        // A node without the data says at least something in its message.
        var words = error.Data is { Length: > 0 } data ? errors.Describe(data) : error.Message;
        return new ChainRevertedException($"{method} on {Name}: {words}") { RevertData = error.Data ?? [] };
    }

    private ChainRejectedException Rejected(string method, JsonRpcError error) =>
        new($"Endpoint {Name} refused {method}: {error.Message} (code {error.Code})") { Code = error.Code };

    private ChainUnavailableException Unusable(string method, string fault, Exception? inner = null) =>
        new($"Endpoint {Name} gave an answer to {method} that cannot be used: {fault}", inner!);
}
