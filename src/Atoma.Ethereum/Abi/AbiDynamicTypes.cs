using System.Text;

namespace Atoma.Ethereum.Abi;

/// <summary>bytes: a length, then the bytes in whole words.</summary>
internal sealed class AbiBytes() : AbiType("bytes", staticBytes: 0)
{
    internal override void Write(AbiWriter writer, object value) => WriteBytes(writer, value as byte[] ?? throw Misfit(value));

    internal override object Read(ref AbiReader reader) => reader.Padded(reader.Length()).ToArray();

    public static void WriteBytes(AbiWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.AppendNumber(bytes.Length);
        bytes.CopyTo(writer.Append(checked(bytes.Length + (-bytes.Length & (AbiWriter.WordSize - 1)))));
    }
}

/// <summary>string: as bytes, in UTF-8. Contracts do not check that; this decoder does, so that text always encodes to the same bytes again.</summary>
internal sealed class AbiString() : AbiType("string", staticBytes: 0)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal override void Write(AbiWriter writer, object value)
    {
        try
        {
            AbiBytes.WriteBytes(writer, StrictUtf8.GetBytes(value as string ?? throw Misfit(value)));
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The text has half a surrogate pair and cannot be written as UTF-8.", e);
        }
    }

    internal override object Read(ref AbiReader reader)
    {
        try
        {
            return StrictUtf8.GetString(reader.Padded(reader.Length()));
        }
        catch (DecoderFallbackException e)
        {
            throw new EthereumFormatException("A string is not UTF-8.", e);
        }
    }
}

/// <summary>T[n] and T[].</summary>
/// <param name="name">With the brackets.</param>
/// <param name="element">T.</param>
/// <param name="count">n; null when the value says it.</param>
internal sealed class AbiArray(string name, AbiType element, int? count)
    : AbiType(name, count is null || element.IsDynamic ? 0 : checked(element.StaticBytes * count.Value))
{
    internal override void Write(AbiWriter writer, object value)
    {
        if (value is not object[] items || (count is not null && items.Length != count))
            throw Misfit(value);
        if (count is null)
            writer.AppendNumber(items.Length);
        AbiSequence.Write(writer, new Repeated(element, items.Length), items);
    }

    internal override object Read(ref AbiReader reader)
    {
        var length = count ?? reader.Length();
        if ((long)length * element.HeadBytes > reader.Remaining)
            throw new EthereumFormatException("The ABI data ends too early.");
        return AbiSequence.Read(ref reader, new Repeated(element, length));
    }

    /// <summary>One type many times, without a list of them.</summary>
    private sealed class Repeated(AbiType type, int count) : IReadOnlyList<AbiType>
    {
        public AbiType this[int index] => type;

        public int Count => count;

        public IEnumerator<AbiType> GetEnumerator() => Enumerable.Repeat(type, count).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>(T1,T2,…): a struct.</summary>
internal sealed class AbiTuple(IReadOnlyList<AbiType> items)
    : AbiType($"({string.Join(',', items.Select(i => i.Name))})", items.Any(i => i.IsDynamic) ? 0 : items.Sum(i => i.StaticBytes))
{
    internal override void Write(AbiWriter writer, object value) => AbiSequence.Write(writer, items, value as object[] ?? throw Misfit(value));

    internal override object Read(ref AbiReader reader) => AbiSequence.Read(ref reader, items);
}
