using System.Globalization;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Chain;

/// <summary>Answers in words: equal words for equal answers, short enough to be shown to an operator.</summary>
internal static class ChainWords
{
    public static string Of(ChainBlock? block) =>
        block is null ? "no such block" : string.Create(CultureInfo.InvariantCulture, $"block {block.Number} 0x{block.Hash} after 0x{block.Parent} at {block.Timestamp} with base fee {block.BaseFee}");

    public static string Of(byte[] data) => data.Length switch
    {
        0 => "nothing",
        <= 64 => "0x" + Convert.ToHexStringLower(data),
        _ => string.Create(CultureInfo.InvariantCulture, $"{data.Length} bytes with Keccak-256 0x{Keccak.Hash(data)}"),
    };

    public static string Of(ChainReceipt receipt) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(receipt.Succeeded ? "success" : "revert")} in block {receipt.BlockNumber} 0x{receipt.BlockHash}, gas {receipt.GasUsed} at {receipt.GasPrice}, contract {receipt.Contract?.ToString() ?? "none"}, {Of(receipt.Logs)}");

    public static string Of(IReadOnlyList<ChainLog> logs) =>
        string.Create(CultureInfo.InvariantCulture, $"{logs.Count} logs with Keccak-256 0x{Keccak.Hash([.. logs.SelectMany(l => Digest(l).ToArray())])}");

    /// <summary>Everything that a log says.</summary>
    private static Hash32 Digest(ChainLog log)
    {
        var bytes = new CanonicalWriter();
        bytes.Node(log.Address);
        bytes.VarUInt((uint)log.Topics.Count);
        foreach (var topic in log.Topics)
            bytes.Hash(topic);
        bytes.Hash(Keccak.Hash(log.Data));
        bytes.Int64(log.BlockNumber);
        bytes.Hash(log.BlockHash);
        bytes.Hash(log.Transaction);
        bytes.Int32(log.Index);
        return Keccak.Hash(bytes.ToArray());
    }
}
