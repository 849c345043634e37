using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Atoma.Protocol.Common;

/// <summary>
/// The one encoding of everything that is hashed or signed off chain: fields in written order, integers little endian at
/// fixed width, lengths as unsigned LEB128, text as UTF-8. No field names, no padding, one way to write each value.
/// </summary>
public sealed class CanonicalWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    public int Length => _buffer.WrittenCount;

    public CanonicalWriter Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
        return this;
    }

    public CanonicalWriter Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public CanonicalWriter UInt16(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public CanonicalWriter Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public CanonicalWriter Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }

    public CanonicalWriter UInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Raw(bytes);
    }

    /// <summary>IEEE-754 bits, little endian. Used for sampling parameters only, never for money.</summary>
    public CanonicalWriter Float64(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Unsigned LEB128, shortest form.</summary>
    public CanonicalWriter VarUInt(uint value)
    {
        while (value >= 0x80)
        {
            Byte(unchecked((byte)(value | 0x80))); // the low seven bits; builds are checked
            value >>= 7;
        }

        return Byte((byte)value);
    }

    public CanonicalWriter Count(int count)
    {
        Invariant.Assert(count >= 0);
        return VarUInt((uint)count);
    }

    public CanonicalWriter Hash(Hash32 value)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        value.CopyTo(bytes);
        return Raw(bytes);
    }

    public CanonicalWriter Node(NodeId value)
    {
        Span<byte> bytes = stackalloc byte[NodeId.Size];
        value.CopyTo(bytes);
        return Raw(bytes);
    }

    public CanonicalWriter Money(Micros value) => Int64(value.Value);

    /// <summary>Length, then UTF-8.</summary>
    public CanonicalWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>Length, then the bytes.</summary>
    public CanonicalWriter Bytes(ReadOnlySpan<byte> value) => Count(value.Length).Raw(value);

    /// <summary>Count, then each token as LEB128.</summary>
    public CanonicalWriter Tokens(ReadOnlySpan<int> tokens)
    {
        Count(tokens.Length);
        foreach (var token in tokens)
            VarUInt((uint)token);
        return this;
    }

    public CanonicalWriter Raw(ReadOnlySpan<byte> value)
    {
        _buffer.Write(value);
        return this;
    }

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public Hash32 Sha256() => Hash32.Sha256(_buffer.WrittenSpan);
}
