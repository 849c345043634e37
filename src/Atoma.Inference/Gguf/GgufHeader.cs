using System.Text;

namespace Atoma.Inference.Gguf;

/// <summary>A GGUF header, read whole within <see cref="GgufLimits"/>: metadata in file order, tensors, where the data begins.</summary>
internal sealed class GgufHeader
{
    private const uint Magic = 0x4655_4747; // "GGUF"
    private const uint DefaultAlignment = 32;

    private readonly Dictionary<string, GgufValue> _values = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];
    private readonly List<GgufTensor> _tensors = [];

    private GgufHeader()
    {
    }

    /// <summary>Keys in file order.</summary>
    public IReadOnlyList<string> Keys => _keys;

    public IReadOnlyList<GgufTensor> Tensors => _tensors;

    /// <summary>Alignment of the data section and of each tensor in it, a power of two.</summary>
    public uint Alignment { get; private set; } = DefaultAlignment;

    /// <summary>First byte of the data section.</summary>
    public long DataStart { get; private set; }

    public GgufValue? Find(string key) => _values.GetValueOrDefault(key);

    /// <summary>A scalar string, or null when there is none under that key.</summary>
    public string? FindText(string key) =>
        Find(key) is { Type: GgufType.String, IsArray: false } value ? Encoding.UTF8.GetString(value.Bytes) : null;

    /// <summary>A scalar 32-bit size, or null when there is none under that key.</summary>
    public uint? FindUInt32(string key) => Find(key) is { IsArray: false } value ? value.AsUInt32() : null;

    /// <exception cref="GgufException">Not a well-formed header.</exception>
    public static GgufHeader Read(GgufReader reader)
    {
        var header = new GgufHeader();
        if (reader.UInt32() != Magic)
            throw new GgufException(GgufError.NotGguf, "The file does not begin with 'GGUF'; it is no GGUF model.");
        var version = reader.UInt32();
        if (version is not (2 or 3))
            throw new GgufException(GgufError.VersionUnsupported, $"The file is GGUF version {version}; versions 2 and 3 (little endian) are supported.");
        var tensors = Count(reader, "tensors", GgufLimits.Tensors);
        var entries = Count(reader, "metadata entries", GgufLimits.Entries);
        for (var i = 0; i < entries; i++)
            header.ReadEntry(reader);
        header.ReadAlignment();
        header.ReadTensors(reader, tensors);
        return header;
    }

    private static int Count(GgufReader reader, string what, int most)
    {
        var count = reader.UInt64();
        return count <= (ulong)most
            ? (int)count
            : throw new GgufException(GgufError.CountOutOfRange, $"The file declares {count} {what}; at most {most} are allowed.");
    }

    private void ReadEntry(GgufReader reader)
    {
        var key = reader.Text("key", GgufLimits.KeyBytes);
        if (key.Length == 0)
            throw new GgufException(GgufError.StringOutOfRange, $"Metadata entry {_keys.Count} has an empty key.");
        if (!_values.TryAdd(key, ReadValue(reader, key)))
            throw new GgufException(GgufError.Duplicate, $"The key '{key}' occurs twice.");
        _keys.Add(key);
    }

    private static GgufValue ReadValue(GgufReader reader, string key)
    {
        var type = (GgufType)reader.UInt32();
        if (type != GgufType.Array)
        {
            return type == GgufType.String
                ? new GgufValue(type, false, 1, reader.StringBytes($"value of '{key}'", GgufLimits.StringBytes), [])
                : new GgufValue(type, false, 1, reader.Bytes(FixedSize(type, key), $"value of '{key}'"), []);
        }

        type = (GgufType)reader.UInt32();
        var size = FixedSize(type, key);
        var declared = reader.UInt64();
        if (declared > GgufLimits.ArrayLength)
            throw new GgufException(GgufError.ArrayOutOfRange, $"The array '{key}' declares {declared} elements; at most {GgufLimits.ArrayLength} are allowed.");
        var count = (int)declared;
        if (type != GgufType.String)
            return new GgufValue(type, true, count, reader.Bytes(count * size, $"array '{key}'"), []);

        // Every string takes at least its length's 8 bytes: a false count is caught before memory is taken for it.
        if (count > (reader.Length - reader.Position) / 8)
            throw new GgufException(GgufError.Truncated, $"The array '{key}' declares {count} strings, more than the file can hold.");
        var strings = new byte[count][];
        for (var i = 0; i < count; i++)
            strings[i] = reader.StringBytes($"element {i} of '{key}'", GgufLimits.StringBytes);
        return new GgufValue(type, true, count, [], strings);
    }

    private static int FixedSize(GgufType type, string key) => GgufValue.SizeOf(type)
        ?? throw new GgufException(GgufError.TypeUnknown, $"The key '{key}' has value type {(uint)type}, which GGUF does not have at that place.");

    private void ReadAlignment()
    {
        if (Find("general.alignment") is not { } value)
            return;
        var alignment = value is { Type: GgufType.UInt32, IsArray: false } ? value.AsUInt32() ?? 0 : 0;
        if (alignment is 0 or > GgufLimits.Alignment || !uint.IsPow2(alignment))
            throw new GgufException(GgufError.AlignmentInvalid, $"general.alignment must be a power of two up to {GgufLimits.Alignment}; it is {alignment}.");
        Alignment = alignment;
    }

    private void ReadTensors(GgufReader reader, int count)
    {
        var names = new HashSet<string>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var tensor = GgufTensorReader.Read(reader, i);
            if (!names.Add(tensor.Name))
                throw new GgufException(GgufError.Duplicate, $"The tensor '{tensor.Name}' occurs twice.");
            _tensors.Add(tensor);
        }

        DataStart = Padded(reader.Position);
        GgufTensorReader.RequireLayout(_tensors, this, reader.Length);
    }

    /// <summary>Rounded up to the alignment.</summary>
    public long Padded(long bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;
}
