using System.Buffers.Binary;
using System.Text;

namespace Atoma.Inference.Tests.Support;

/// <summary>Takes a GGUF file apart into raw pieces and puts it together again, right or wrong. Written apart from the reader under test.</summary>
internal sealed class GgufEditor
{
    private const int Alignment = 32;

    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    /// <summary>Declared counts; null declares the real ones.</summary>
    public ulong? DeclaredTensors { get; set; }

    public ulong? DeclaredEntries { get; set; }

    /// <summary>Key and everything after it: type and value.</summary>
    public List<(byte[] Key, byte[] Value)> Entries { get; } = [];

    public List<Tensor> Tensors { get; } = [];

    public byte[] Data { get; private set; } = [];

    public sealed record Tensor(byte[] Name, ulong[] Shape, uint Type, ulong Offset);

    public static GgufEditor Open(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var at = 8;
        var editor = new GgufEditor();
        var tensors = TakeUInt64();
        var entries = TakeUInt64();
        for (var i = 0UL; i < entries; i++)
        {
            var key = TakeString();
            var start = at;
            SkipValue((int)TakeUInt32());
            editor.Entries.Add((key, bytes[start..at]));
        }

        for (var i = 0UL; i < tensors; i++)
        {
            var name = TakeString();
            var shape = new ulong[TakeUInt32()];
            for (var d = 0; d < shape.Length; d++)
                shape[d] = TakeUInt64();
            var type = TakeUInt32();
            editor.Tensors.Add(new Tensor(name, shape, type, TakeUInt64()));
        }

        editor.Data = bytes[((at + Alignment - 1) / Alignment * Alignment)..];
        return editor;

        uint TakeUInt32()
        {
            at += 4;
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at - 4));
        }

        ulong TakeUInt64()
        {
            at += 8;
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at - 8));
        }

        byte[] TakeString()
        {
            var length = (int)TakeUInt64();
            at += length;
            return bytes[(at - length)..at];
        }

        void SkipValue(int type)
        {
            if (type == 8)
            {
                TakeString();
            }
            else if (type == 9)
            {
                var element = (int)TakeUInt32();
                for (var left = TakeUInt64(); left > 0; left--)
                    SkipValue(element);
            }
            else
            {
                at += type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, _ => 8 };
            }
        }
    }

    public GgufEditor Set(string key, byte[] value)
    {
        Remove(key);
        Entries.Add((Encoding.UTF8.GetBytes(key), value));
        return this;
    }

    public GgufEditor Remove(string key)
    {
        Entries.RemoveAll(e => Encoding.UTF8.GetString(e.Key) == key);
        return this;
    }

    public byte[] Build()
    {
        var header = new List<byte>();
        header.AddRange(UInt32(Magic));
        header.AddRange(UInt32(Version));
        header.AddRange(UInt64(DeclaredTensors ?? (ulong)Tensors.Count));
        header.AddRange(UInt64(DeclaredEntries ?? (ulong)Entries.Count));
        foreach (var (key, value) in Entries)
        {
            header.AddRange(UInt64((ulong)key.Length));
            header.AddRange(key);
            header.AddRange(value);
        }

        foreach (var tensor in Tensors)
        {
            header.AddRange(UInt64((ulong)tensor.Name.Length));
            header.AddRange(tensor.Name);
            header.AddRange(UInt32((uint)tensor.Shape.Length));
            foreach (var size in tensor.Shape)
                header.AddRange(UInt64(size));
            header.AddRange(UInt32(tensor.Type));
            header.AddRange(UInt64(tensor.Offset));
        }

        header.AddRange(new byte[(Alignment - header.Count % Alignment) % Alignment]);
        return [.. header, .. Data];
    }

    /// <summary>Writes the file into a folder of its own; the caller deletes it.</summary>
    public string Save(string name)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("atoma-gguf-").FullName, name);
        File.WriteAllBytes(path, Build());
        return path;
    }

    public static byte[] UInt32(uint value) => BitConverter.GetBytes(value);

    public static byte[] UInt64(ulong value) => BitConverter.GetBytes(value);

    /// <summary>Type and value of a 32-bit number.</summary>
    public static byte[] Number(uint value) => [.. UInt32(4), .. UInt32(value)];

    /// <summary>Type and value of a string.</summary>
    public static byte[] Text(string value) => [.. UInt32(8), .. String(value)];

    /// <summary>Type and value of an array of 32-bit numbers of the given element type (4 unsigned, 5 signed, 6 float).</summary>
    public static byte[] Numbers(uint elementType, params IEnumerable<uint> values) =>
        [.. UInt32(9), .. UInt32(elementType), .. UInt64((ulong)values.Count()), .. values.SelectMany(UInt32)];

    public static byte[] Texts(params IEnumerable<string> values) =>
        [.. UInt32(9), .. UInt32(8), .. UInt64((ulong)values.Count()), .. values.SelectMany(String)];

    private static byte[] String(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        return [.. UInt64((ulong)bytes.Length), .. bytes];
    }
}
