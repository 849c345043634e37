namespace Atoma.Ethereum.Abi;

/// <summary>
/// Values side by side, as tuples, arrays and parameter lists have them: a head for each (itself, or the offset of its tail), then
/// the tails in order.
/// </summary>
internal static class AbiSequence
{
    public static byte[] Encode(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        var writer = new AbiWriter();
        Write(writer, types, values);
        return writer.ToArray();
    }

    public static object[] Decode(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> data)
    {
        if (data.Length > AbiLimits.LengthMaxBytes)
            throw new EthereumFormatException($"An ABI encoding has at most {AbiLimits.LengthMaxBytes} bytes.");
        var reader = new AbiReader(data);
        var values = Read(ref reader, types);
        reader.End();
        return values;
    }

    public static void Write(AbiWriter writer, IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        if (types.Count != values.Count)
            throw new ArgumentException($"{types.Count} ABI values are expected, not {values.Count}.");
        var start = writer.Length;
        var offsets = new int[types.Count];
        for (var i = 0; i < types.Count; i++)
        {
            offsets[i] = writer.Length;
            if (types[i].IsDynamic)
                writer.Append(AbiWriter.WordSize);
            else
                types[i].Write(writer, values[i]);
        }

        for (var i = 0; i < types.Count; i++)
        {
            if (!types[i].IsDynamic)
                continue;
            writer.WriteNumberAt(offsets[i], writer.Length - start);
            types[i].Write(writer, values[i]);
        }
    }

    public static object[] Read(ref AbiReader reader, IReadOnlyList<AbiType> types)
    {
        // Before anything is allocated: a length of four bytes must not claim gigabytes.
        if (types.Sum(type => (long)type.HeadBytes) > reader.Remaining)
            throw new EthereumFormatException("The ABI data ends too early.");
        var start = reader.Position;
        var values = new object[types.Count];
        var offsets = new int[types.Count];
        for (var i = 0; i < types.Count; i++)
        {
            if (types[i].IsDynamic)
                offsets[i] = reader.Length();
            else
                values[i] = types[i].Read(ref reader);
        }

        for (var i = 0; i < types.Count; i++)
        {
            if (!types[i].IsDynamic)
                continue;
            if (offsets[i] != reader.Position - start)
                throw new EthereumFormatException("An ABI offset does not name the place of its value.");
            values[i] = types[i].Read(ref reader);
        }

        return values;
    }
}
