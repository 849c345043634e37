using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Rlp;

/// <summary>
/// Recursive length prefix. Every item has one encoding, and only that one is decoded: what decodes, encodes to the same bytes
/// again. Source: Ethereum yellow paper, appendix B.
/// </summary>
public static class RlpCodec
{
    private const int StringOffset = 0x80;
    private const int ListOffset = 0xC0;

    /// <summary>Payloads up to this many bytes have their length in the first byte.</summary>
    private const int ShortMaxBytes = 55;

    public static byte[] Encode(RlpItem item)
    {
        var bytes = new byte[Size(item)];
        var rest = bytes.AsSpan();
        Write(item, ref rest);
        Invariant.Assert(rest.Length == 0);
        return bytes;
    }

    /// <exception cref="EthereumFormatException">Not exactly one item, not its canonical encoding, or over <see cref="RlpLimits"/>.</exception>
    public static RlpItem Decode(ReadOnlySpan<byte> data)
    {
        if (data.Length > RlpLimits.LengthMaxBytes)
            throw new EthereumFormatException($"{data.Length} bytes of RLP where at most {RlpLimits.LengthMaxBytes} are allowed.");
        var budget = RlpLimits.ItemsMax;
        var item = Read(ref data, RlpLimits.DepthMax, ref budget);
        return data.Length == 0 ? item : throw new EthereumFormatException($"{data.Length} bytes follow the item.");
    }

    private static int Size(RlpItem item)
    {
        if (item is RlpString { Value: [< StringOffset] })
            return 1;
        var payload = PayloadSize(item);
        return checked(1 + (payload > ShortMaxBytes ? BytesOf(payload) : 0) + payload);
    }

    private static int PayloadSize(RlpItem item) =>
        item is RlpString text ? text.Value.Length : item.AsList().Sum(Size);

    private static int BytesOf(int number) => sizeof(int) - System.Numerics.BitOperations.LeadingZeroCount((uint)number) / 8;

    private static void Write(RlpItem item, ref Span<byte> rest)
    {
        if (item is RlpString text)
        {
            if (text.Value is not [< StringOffset])
                WriteLength(text.Value.Length, StringOffset, ref rest);
            text.Value.CopyTo(rest);
            rest = rest[text.Value.Length..];
            return;
        }

        WriteLength(PayloadSize(item), ListOffset, ref rest);
        foreach (var child in item.AsList())
            Write(child, ref rest);
    }

    private static void WriteLength(int length, int offset, ref Span<byte> rest)
    {
        if (length <= ShortMaxBytes)
        {
            rest[0] = (byte)(offset + length);
            rest = rest[1..];
            return;
        }

        var size = BytesOf(length);
        rest[0] = (byte)(offset + ShortMaxBytes + size);
        for (var i = 0; i < size; i++)
            rest[1 + i] = (byte)((length >> (8 * (size - 1 - i))) & 0xFF);
        rest = rest[(1 + size)..];
    }

    private static RlpItem Read(ref ReadOnlySpan<byte> rest, int depth, ref int budget)
    {
        if (budget-- == 0)
            throw new EthereumFormatException($"RLP has more than {RlpLimits.ItemsMax} items.");
        if (rest.Length == 0)
            throw new EthereumFormatException("The RLP ends too early.");
        var first = rest[0];
        if (first < StringOffset)
            return RlpItem.Bytes(Take(ref rest, 1));

        rest = rest[1..];
        if (first >= ListOffset)
            return ReadList(Take(ref rest, ReadLength(first - ListOffset, ref rest)), depth, ref budget);
        var value = Take(ref rest, ReadLength(first - StringOffset, ref rest));
        return value is [< StringOffset]
            ? throw new EthereumFormatException("A single byte is written with a length.")
            : RlpItem.Bytes(value);
    }

    private static RlpItem ReadList(ReadOnlySpan<byte> payload, int depth, ref int budget)
    {
        if (depth == 0)
            throw new EthereumFormatException($"RLP lists are nested more than {RlpLimits.DepthMax} deep.");
        var items = new List<RlpItem>();
        while (payload.Length > 0)
            items.Add(Read(ref payload, depth - 1, ref budget));
        return RlpItem.List(items);
    }

    /// <param name="prefix">First byte less the offset of its kind.</param>
    /// <param name="rest">What follows the first byte.</param>
    private static int ReadLength(int prefix, ref ReadOnlySpan<byte> rest)
    {
        if (prefix <= ShortMaxBytes)
            return prefix;
        var digits = Take(ref rest, prefix - ShortMaxBytes);
        if (digits[0] == 0)
            throw new EthereumFormatException("A length has leading zeros.");
        ulong length = 0;
        foreach (var digit in digits)
            length = (length << 8) | digit;
        if (length <= ShortMaxBytes)
            throw new EthereumFormatException("A length is written longer than needed.");
        return length <= (ulong)rest.Length ? (int)length : throw new EthereumFormatException("The RLP ends too early.");
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        if (count > rest.Length)
            throw new EthereumFormatException("The RLP ends too early.");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
