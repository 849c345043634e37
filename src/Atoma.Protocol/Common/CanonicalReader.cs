using System.Buffers.Binary;
using System.Text;

namespace Atoma.Protocol.Common;

/// <summary>Canonical bytes that do not decode: too short, too long, a value written in a longer form than needed, or over its limit.</summary>
public sealed class CanonicalFormatException : FormatException
{
    public CanonicalFormatException()
    {
    }

    public CanonicalFormatException(string message)
        : base(message)
    {
    }

    public CanonicalFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Reads what <see cref="CanonicalWriter"/> wrote. Every length is checked against a limit before anything is allocated.</summary>
public ref struct CanonicalReader(ReadOnlySpan<byte> data)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = data;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new CanonicalFormatException($"A flag is 0 or 1, not {other}."),
    };

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Float64() => BitConverter.Int64BitsToDouble(Int64());

    public uint VarUInt()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Byte();
            if (shift == 28 && next > 0x0F)
                throw new CanonicalFormatException("A number does not fit 32 bits.");
            value |= (uint)(next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                if (next == 0 && shift > 0)
                    throw new CanonicalFormatException("A number is written longer than needed.");
                return value;
            }
        }

        throw new CanonicalFormatException("A number does not fit 32 bits.");
    }

    /// <param name="limit">Largest count accepted.</param>
    public int Count(int limit)
    {
        var count = VarUInt();
        if (count > (uint)limit)
            throw new CanonicalFormatException($"{count} items where at most {limit} are allowed.");
        return (int)count;
    }

    public Hash32 Hash() => new(Take(Hash32.Size));

    public NodeId Node() => new(Take(NodeId.Size));

    public Micros Money() => new(Int64());

    public string Text(int limitBytes)
    {
        try
        {
            return StrictUtf8.GetString(Take(Count(limitBytes)));
        }
        catch (DecoderFallbackException e)
        {
            throw new CanonicalFormatException("Text is not UTF-8.", e);
        }
    }

    public byte[] Bytes(int limit) => Take(Count(limit)).ToArray();

    public int[] Tokens(int limit)
    {
        var count = Count(limit);
        if (count > _rest.Length)
            throw new CanonicalFormatException("The data ends too early.");
        var tokens = new int[count];
        for (var i = 0; i < count; i++)
        {
            var token = VarUInt();
            if (token > int.MaxValue)
                throw new CanonicalFormatException("A token id does not fit 31 bits.");
            tokens[i] = (int)token;
        }

        return tokens;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new CanonicalFormatException("The data ends too early.");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <exception cref="CanonicalFormatException">Something follows the last field.</exception>
    public readonly void End()
    {
        if (_rest.Length != 0)
            throw new CanonicalFormatException($"{_rest.Length} bytes follow the last field.");
    }
}
