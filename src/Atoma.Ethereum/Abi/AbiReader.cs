namespace Atoma.Ethereum.Abi;

/// <summary>
/// Reads an encoding from its first byte to its last, once. Offsets are never followed: each must name the place where the reader
/// stands, which is how every compiler lays values out. So nothing can overlap, loop or be skipped, and time and memory are
/// bounded by the input's length.
/// </summary>
internal ref struct AbiReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;

    public int Position { get; private set; }

    public readonly int Remaining => _data.Length - Position;

    public ReadOnlySpan<byte> Word() => Take(AbiWriter.WordSize);

    /// <summary>A length or an offset: never more than what is left of the input.</summary>
    public int Length()
    {
        var word = Word();
        if (word[..^sizeof(int)].ContainsAnyExcept((byte)0))
            throw new EthereumFormatException("An ABI length or offset is beyond the data.");
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(word[^sizeof(int)..]);
        return value <= (uint)_data.Length ? (int)value : throw new EthereumFormatException("An ABI length or offset is beyond the data.");
    }

    /// <summary>Bytes and the zeros that fill their last word.</summary>
    public ReadOnlySpan<byte> Padded(int count)
    {
        var padding = -count & (AbiWriter.WordSize - 1);
        var value = Take(count);
        return Take(padding).ContainsAnyExcept((byte)0) ? throw new EthereumFormatException("ABI padding is not zero.") : value;
    }

    public readonly void End()
    {
        if (Remaining != 0)
            throw new EthereumFormatException($"{Remaining} bytes follow the ABI values.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
            throw new EthereumFormatException("The ABI data ends too early.");
        var taken = _data.Slice(Position, count);
        Position += count;
        return taken;
    }
}
