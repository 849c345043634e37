using System.Buffers;
using System.Numerics;
using System.Text.Json;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.JsonRpc;

/// <summary>
/// Quantities ("0x2a") and data ("0x002a") as the execution API has them. Every reader throws
/// <see cref="EthereumFormatException"/> for what is not one.
/// </summary>
internal static class JsonRpcHex
{
    private const int QuantityMaxDigits = 64;

    public static string Of(ReadOnlySpan<byte> data) => "0x" + Convert.ToHexStringLower(data);

    public static string Of(Hash32 hash) => "0x" + hash;

    public static string Of(long quantity) => $"0x{quantity:x}";

    /// <param name="quantity">Not negative.</param>
    public static string Of(BigInteger quantity)
    {
        Invariant.Assert(quantity.Sign >= 0);
        var digits = quantity.ToString("x").TrimStart('0');
        return digits.Length == 0 ? "0x0" : "0x" + digits;
    }

    public static bool TryBytes(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!text.StartsWith("0x", StringComparison.Ordinal) || text.Length % 2 != 0)
            return false;
        bytes = new byte[text.Length / 2 - 1];
        return Convert.FromHexString(text[2..], bytes, out _, out _) == OperationStatus.Done;
    }

    public static byte[] Bytes(JsonElement value) =>
        TryBytes(Text(value), out var bytes) ? bytes : throw new EthereumFormatException("0x and pairs of hex digits are expected.");

    public static Hash32 Hash(JsonElement value) =>
        Bytes(value) is { Length: Hash32.Size } bytes ? new Hash32(bytes) : throw new EthereumFormatException("A hash has 32 bytes.");

    public static NodeId Address(JsonElement value) =>
        Bytes(value) is { Length: NodeId.Size } bytes ? new NodeId(bytes) : throw new EthereumFormatException("An address has 20 bytes.");

    public static BigInteger Quantity(JsonElement value)
    {
        var text = Text(value);
        if (text.Length is < 3 or > 2 + QuantityMaxDigits || !text.StartsWith("0x", StringComparison.Ordinal))
            throw new EthereumFormatException("A quantity is 0x and 1 to 64 hex digits.");
        var digits = text.Length % 2 == 0 ? text[2..] : "0" + text[2..];
        Span<byte> bytes = stackalloc byte[QuantityMaxDigits / 2];
        return Convert.FromHexString(digits, bytes, out _, out var written) == OperationStatus.Done
            ? new BigInteger(bytes[..written], isUnsigned: true, isBigEndian: true)
            : throw new EthereumFormatException("A quantity is 0x and 1 to 64 hex digits.");
    }

    public static long Int64(JsonElement value) =>
        Quantity(value) is var number && number <= long.MaxValue ? (long)number : throw new EthereumFormatException("A quantity does not fit 63 bits.");

    public static ulong UInt64(JsonElement value) =>
        Quantity(value) is var number && number <= ulong.MaxValue ? (ulong)number : throw new EthereumFormatException("A quantity does not fit 64 bits.");

    private static string Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new EthereumFormatException("A hex string is expected.");
        }
        catch (InvalidOperationException e)
        {
            throw new EthereumFormatException("A string is not UTF-8.", e);
        }
    }
}
