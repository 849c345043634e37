using Atoma.Protocol.Common;

namespace Atoma.Protocol.Receipts;

/// <summary>One named field of an encoded receipt.</summary>
/// <param name="Path">Name as shown, e.g. <c>participants[1].commitment.signature</c>.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Its bytes.</param>
public readonly record struct ReceiptField(string Path, int Start, int Length);

/// <summary>A canonical writer that remembers which bytes belong to which field.</summary>
internal sealed class FieldRecorder
{
    private readonly List<ReceiptField> _fields = [];

    public CanonicalWriter Writer { get; } = new();

    public IReadOnlyList<ReceiptField> Fields => _fields;

    public void Field(string path, Action<CanonicalWriter> write)
    {
        var start = Writer.Length;
        write(Writer);
        _fields.Add(new ReceiptField(path, start, Writer.Length - start));
    }
}
