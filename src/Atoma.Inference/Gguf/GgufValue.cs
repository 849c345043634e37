using System.Buffers.Binary;

namespace Atoma.Inference.Gguf;

/// <summary>Types of metadata values; the numbers are the file format's.</summary>
internal enum GgufType : uint
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}

/// <summary>One metadata value as it stands in the file.</summary>
/// <param name="Type">Type, of the elements for an array.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="Count">Elements; 1 for a scalar.</param>
/// <param name="Bytes">Little endian, back to back; strings without their lengths, empty for arrays of strings (see <see cref="Strings"/>).</param>
/// <param name="Strings">Raw bytes of an array of strings, else empty.</param>
internal sealed record GgufValue(GgufType Type, bool IsArray, int Count, byte[] Bytes, byte[][] Strings)
{
    /// <summary>Bytes of one element of a fixed-size type; 0 for strings, null for anything that is no element type.</summary>
    public static int? SizeOf(GgufType type) => type switch
    {
        GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
        GgufType.UInt16 or GgufType.Int16 => 2,
        GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
        GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
        GgufType.String => 0,
        _ => null,
    };

    /// <summary>Element <paramref name="index"/> of an unsigned or non-negative 32-bit integer, as llama.cpp reads sizes; null for other types.</summary>
    public uint? AsUInt32(int index = 0)
    {
        if (Type is not (GgufType.UInt32 or GgufType.Int32) || index >= Count)
            return null;
        return BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(index * 4));
    }
}
