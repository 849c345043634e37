using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Rlp;

/// <summary>A string of bytes, or a list of items. Source: Ethereum yellow paper, appendix B.</summary>
public abstract class RlpItem
{
    private protected RlpItem()
    {
    }

    public static RlpItem Bytes(ReadOnlySpan<byte> value) => new RlpString(value.ToArray());

    /// <summary>Big endian without leading zeros; zero is the empty string.</summary>
    /// <param name="value">Not negative.</param>
    public static RlpItem Integer(BigInteger value)
    {
        Invariant.Assert(value.Sign >= 0);
        return new RlpString(value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true));
    }

    /// <summary>20 bytes; the empty string for nobody, as in a transaction that creates a contract.</summary>
    public static RlpItem Address(NodeId? value) => new RlpString(value?.ToArray() ?? []);

    public static RlpItem Hash(Hash32 value) => new RlpString(value.ToArray());

    public static RlpItem List(params IReadOnlyList<RlpItem> items) => new RlpList(items);

    /// <exception cref="EthereumFormatException">It is a list.</exception>
    public byte[] AsBytes() => this is RlpString text ? text.Value : throw new EthereumFormatException("A string stands where a list is.");

    /// <exception cref="EthereumFormatException">It is a list, or another number of bytes.</exception>
    public byte[] AsBytes(int length)
    {
        var bytes = AsBytes();
        return bytes.Length == length ? bytes : throw new EthereumFormatException($"{length} bytes are expected, not {bytes.Length}.");
    }

    /// <param name="maxBytes">Size of the number's type.</param>
    /// <exception cref="EthereumFormatException">It is a list, has leading zeros or is too large.</exception>
    public BigInteger AsInteger(int maxBytes)
    {
        var bytes = AsBytes();
        if (bytes.Length > maxBytes)
            throw new EthereumFormatException($"A number of at most {maxBytes} bytes has {bytes.Length}.");
        if (bytes.Length > 0 && bytes[0] == 0)
            throw new EthereumFormatException("A number has leading zeros.");
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    /// <exception cref="EthereumFormatException">As <see cref="AsInteger"/>, of 8 bytes.</exception>
    public ulong AsUInt64() => (ulong)AsInteger(sizeof(ulong));

    /// <exception cref="EthereumFormatException">Neither 20 bytes nor none.</exception>
    public NodeId? AsAddress() => AsBytes().Length == 0 ? null : new NodeId(AsBytes(NodeId.Size));

    /// <exception cref="EthereumFormatException">It is a string.</exception>
    public IReadOnlyList<RlpItem> AsList() => this is RlpList list ? list.Items : throw new EthereumFormatException("A list stands where a string is.");

    /// <exception cref="EthereumFormatException">It is a string, or has another number of items.</exception>
    public IReadOnlyList<RlpItem> AsList(int count)
    {
        var items = AsList();
        return items.Count == count ? items : throw new EthereumFormatException($"{count} items are expected, not {items.Count}.");
    }
}

/// <summary>The bytes of a string item.</summary>
internal sealed class RlpString(byte[] value) : RlpItem
{
    public byte[] Value { get; } = value;
}

/// <summary>The items of a list.</summary>
internal sealed class RlpList(IReadOnlyList<RlpItem> items) : RlpItem
{
    public IReadOnlyList<RlpItem> Items { get; } = items;
}
