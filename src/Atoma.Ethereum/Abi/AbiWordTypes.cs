using System.Numerics;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Abi;

/// <summary>uint8 to uint256 and int8 to int256.</summary>
internal sealed class AbiInteger(string name, bool signed, int bits) : AbiType(name, AbiWriter.WordSize)
{
    private readonly BigInteger _min = signed ? -(BigInteger.One << (bits - 1)) : BigInteger.Zero;
    private readonly BigInteger _max = (BigInteger.One << (signed ? bits - 1 : bits)) - 1;

    internal override void Write(AbiWriter writer, object value)
    {
        var number = value switch
        {
            BigInteger big => big,
            int i => i,
            uint u => u,
            long l => l,
            ulong u => u,
            UInt128 u => u,
            _ => throw Misfit(value),
        };
        if (number < _min || number > _max)
            throw Misfit(value);
        writer.AppendNumber(number);
    }

    internal override object Read(ref AbiReader reader)
    {
        var number = new BigInteger(reader.Word(), isUnsigned: !signed, isBigEndian: true);
        return number >= _min && number <= _max ? number : throw new EthereumFormatException($"A number does not fit {Name}.");
    }
}

internal sealed class AbiBool() : AbiType("bool", AbiWriter.WordSize)
{
    internal override void Write(AbiWriter writer, object value) =>
        writer.AppendNumber(value is bool flag ? (flag ? BigInteger.One : BigInteger.Zero) : throw Misfit(value));

    internal override object Read(ref AbiReader reader)
    {
        var word = reader.Word();
        return word[..^1].ContainsAnyExcept((byte)0) || word[^1] > 1 ? throw new EthereumFormatException("A bool is 0 or 1.") : word[^1] == 1;
    }
}

internal sealed class AbiAddress() : AbiType("address", AbiWriter.WordSize)
{
    private const int Padding = AbiWriter.WordSize - NodeId.Size;

    internal override void Write(AbiWriter writer, object value)
    {
        if (value is not NodeId address)
            throw Misfit(value);
        address.CopyTo(writer.Append(AbiWriter.WordSize)[Padding..]);
    }

    internal override object Read(ref AbiReader reader)
    {
        var word = reader.Word();
        return word[..Padding].ContainsAnyExcept((byte)0) ? throw new EthereumFormatException("An address has 20 bytes.") : new NodeId(word[Padding..]);
    }
}

/// <summary>bytes1 to bytes32, left-aligned.</summary>
internal sealed class AbiFixedBytes(string name, int size) : AbiType(name, AbiWriter.WordSize)
{
    internal override void Write(AbiWriter writer, object value)
    {
        var bytes = value is Hash32 hash ? hash.ToArray() : value as byte[];
        if (bytes is null || bytes.Length != size)
            throw Misfit(value);
        bytes.CopyTo(writer.Append(AbiWriter.WordSize));
    }

    internal override object Read(ref AbiReader reader)
    {
        if (size == AbiWriter.WordSize)
            return new Hash32(reader.Word());
        return reader.Padded(size).ToArray();
    }
}
