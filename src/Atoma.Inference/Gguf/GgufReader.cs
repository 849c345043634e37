using System.Buffers.Binary;
using System.Text;

namespace Atoma.Inference.Gguf;

/// <summary>Reads a header's primitive values and never past its bounds: every length is checked before memory is taken for it.</summary>
internal sealed class GgufReader(Stream stream, long length)
{
    private readonly byte[] _word = new byte[8];

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    public long Length => length;

    public byte UInt8() => Word(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Word(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Word(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Word(8));

    /// <param name="what">Names the string in an error.</param>
    /// <param name="bytesMax">Longest allowed, in bytes.</param>
    public byte[] StringBytes(string what, int bytesMax)
    {
        var declared = UInt64();
        if (declared > (ulong)bytesMax)
            throw new GgufException(GgufError.StringOutOfRange, $"The {what} at byte {Position - 8} declares {declared} bytes; at most {bytesMax} are allowed.");
        return Bytes((int)declared, what);
    }

    public string Text(string what, int bytesMax) => Encoding.UTF8.GetString(StringBytes(what, bytesMax));

    public byte[] Bytes(int count, string what)
    {
        Require(count, what);
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        Position += count;
        return bytes;
    }

    private ReadOnlySpan<byte> Word(int size)
    {
        Require(size, "header");
        stream.ReadExactly(_word, 0, size);
        Position += size;
        return _word.AsSpan(0, size);
    }

    private void Require(long count, string what)
    {
        if (count > length - Position)
            throw new GgufException(GgufError.Truncated, $"The file ends at byte {length}, inside the {what} that begins at byte {Position} and needs {count} more.");
        if (count > GgufLimits.HeaderBytes - Position)
            throw new GgufException(GgufError.ArrayOutOfRange, $"The header is longer than {GgufLimits.HeaderBytes} bytes.");
    }
}
