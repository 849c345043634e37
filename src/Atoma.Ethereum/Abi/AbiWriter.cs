using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Abi;

/// <summary>A growing buffer of 32-byte words whose offsets are filled in afterwards.</summary>
internal sealed class AbiWriter
{
    public const int WordSize = 32;

    private byte[] _buffer = new byte[8 * WordSize];

    public int Length { get; private set; }

    /// <summary>Zeroed words at the end. The span is good until the next call.</summary>
    public Span<byte> Append(int count)
    {
        Invariant.Assert(count % WordSize == 0);
        var end = checked(Length + count);
        if (end > AbiLimits.LengthMaxBytes)
            throw new ArgumentException($"An ABI encoding has at most {AbiLimits.LengthMaxBytes} bytes.");
        if (end > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(end, 2 * _buffer.Length));
        var added = _buffer.AsSpan(Length, count);
        Length = end;
        return added;
    }

    public void AppendNumber(BigInteger value) => WriteNumber(value, Append(WordSize));

    public void WriteNumberAt(int position, int value) => WriteNumber(value, _buffer.AsSpan(position, WordSize));

    /// <summary>Two's complement in a whole word.</summary>
    public static void WriteNumber(BigInteger value, Span<byte> word)
    {
        word.Fill(value.Sign < 0 ? (byte)0xFF : (byte)0);
        var size = value.GetByteCount(isUnsigned: value.Sign >= 0);
        var written = value.TryWriteBytes(word[(WordSize - size)..], out _, isUnsigned: value.Sign >= 0, isBigEndian: true);
        Invariant.Assert(written);
    }

    public byte[] ToArray() => _buffer[..Length];
}
