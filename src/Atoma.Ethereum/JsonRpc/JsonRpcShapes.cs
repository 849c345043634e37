using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.JsonRpc;

/// <summary>
/// Objects of the execution API as records. Every reader throws <see cref="EthereumFormatException"/> for what is malformed.
/// Source: https://ethereum.github.io/execution-apis.
/// </summary>
internal static class JsonRpcShapes
{
    private const int TopicsMax = 4;

    public static ChainBlock Block(JsonElement block) => new(
        JsonRpcHex.Int64(Member(block, "number")), JsonRpcHex.Hash(Member(block, "hash")), JsonRpcHex.Hash(Member(block, "parentHash")),
        JsonRpcHex.Int64(Member(block, "timestamp")),
        // Chains before EIP-1559 have no base fee.
        block.TryGetProperty("baseFeePerGas", out var fee) && fee.ValueKind != JsonValueKind.Null ? JsonRpcHex.Quantity(fee) : default);

    /// <summary>Null while the transaction is in no block.</summary>
    public static ChainReceipt? Receipt(JsonElement receipt)
    {
        if (Member(receipt, "blockHash").ValueKind == JsonValueKind.Null)
            return null;
        return new ChainReceipt(
            JsonRpcHex.Hash(Member(receipt, "transactionHash")), Status(JsonRpcHex.Int64(Member(receipt, "status"))),
            JsonRpcHex.Int64(Member(receipt, "blockNumber")), JsonRpcHex.Hash(Member(receipt, "blockHash")),
            JsonRpcHex.UInt64(Member(receipt, "gasUsed")), JsonRpcHex.Quantity(Member(receipt, "effectiveGasPrice")),
            receipt.TryGetProperty("contractAddress", out var contract) && contract.ValueKind != JsonValueKind.Null ? JsonRpcHex.Address(contract) : null,
            Logs(Member(receipt, "logs")));
    }

    public static ChainLog[] Logs(JsonElement logs)
    {
        if (logs.ValueKind != JsonValueKind.Array)
            throw new EthereumFormatException("Logs are not an array.");
        return [.. logs.EnumerateArray().Select(Log)];
    }

    public static JsonObject Call(ChainCall call)
    {
        var json = new JsonObject { ["data"] = JsonRpcHex.Of(call.Data) };
        if (call.To is { } to)
            json["to"] = to.ToString();
        if (call.From is { } from)
            json["from"] = from.ToString();
        if (!call.Value.IsZero)
            json["value"] = JsonRpcHex.Of(call.Value);
        return json;
    }

    public static JsonObject Filter(ChainLogFilter filter) => new()
    {
        ["fromBlock"] = JsonRpcHex.Of(filter.FromBlock),
        ["toBlock"] = JsonRpcHex.Of(filter.ToBlock),
        ["address"] = new JsonArray([.. filter.Addresses.Select(a => (JsonNode)a.ToString())]),
    };

    private static ChainLog Log(JsonElement log)
    {
        if (log.ValueKind == JsonValueKind.Object && log.TryGetProperty("removed", out var removed) && removed.ValueKind == JsonValueKind.True)
            throw new EthereumFormatException("A log is of a block that is no longer canonical.");
        var topics = Member(log, "topics");
        if (topics.ValueKind != JsonValueKind.Array || topics.GetArrayLength() > TopicsMax)
            throw new EthereumFormatException("A log has at most four topics.");
        var index = JsonRpcHex.Int64(Member(log, "logIndex"));
        return new ChainLog(
            JsonRpcHex.Address(Member(log, "address")), [.. topics.EnumerateArray().Select(JsonRpcHex.Hash)], JsonRpcHex.Bytes(Member(log, "data")),
            JsonRpcHex.Int64(Member(log, "blockNumber")), JsonRpcHex.Hash(Member(log, "blockHash")), JsonRpcHex.Hash(Member(log, "transactionHash")),
            index <= int.MaxValue ? (int)index : throw new EthereumFormatException("A log's position does not fit 31 bits."));
    }

    private static bool Status(long status) =>
        status is 0 or 1 ? status == 1 : throw new EthereumFormatException("A receipt's status is 0 or 1.");

    private static JsonElement Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) ? value : throw new EthereumFormatException($"The answer has no '{name}'.");
}
