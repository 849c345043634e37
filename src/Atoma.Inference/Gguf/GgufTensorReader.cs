using System.Numerics;

namespace Atoma.Inference.Gguf;

/// <summary>Reads tensor entries and refuses those whose data cannot lie in the file as declared.</summary>
internal static class GgufTensorReader
{
    /// <exception cref="GgufException">Name, shape or type out of range.</exception>
    public static GgufTensor Read(GgufReader reader, int index)
    {
        var name = reader.Text($"name of tensor {index}", GgufLimits.TensorNameBytes);
        if (name.Length == 0)
            throw new GgufException(GgufError.StringOutOfRange, $"Tensor {index} has no name.");
        var dimensions = reader.UInt32();
        if (dimensions is 0 or > GgufLimits.TensorDimensions)
            throw new GgufException(GgufError.ShapeOutOfRange, $"Tensor '{name}' has {dimensions} dimensions; 1 to {GgufLimits.TensorDimensions} are allowed.");
        var shape = new long[dimensions];
        for (var i = 0; i < shape.Length; i++)
        {
            var size = reader.UInt64();
            if (size is 0 or > long.MaxValue)
                throw new GgufException(GgufError.ShapeOutOfRange, $"Tensor '{name}' has size {size} in dimension {i}.");
            shape[i] = (long)size;
        }

        var type = reader.UInt32();
        return new GgufTensor(name, shape, type, reader.UInt64(), BytesOf(name, shape, type));
    }

    private static long BytesOf(string name, long[] shape, uint type)
    {
        if (!GgufTensorTypes.TryGet(type, out var values, out var blockBytes))
            throw new GgufException(GgufError.TensorTypeUnknown, $"Tensor '{name}' has type {type}, which llama.cpp does not have.");
        if (shape[0] % values != 0)
            throw new GgufException(GgufError.ShapeOutOfRange, $"Tensor '{name}' has rows of {shape[0]} values; its type packs {values} to a block.");
        var blocks = BigInteger.One;
        foreach (var size in shape)
            blocks *= size;
        var bytes = blocks / values * blockBytes;
        return bytes <= long.MaxValue / 2
            ? (long)bytes
            : throw new GgufException(GgufError.ShapeOutOfRange, $"Tensor '{name}' would take {bytes} bytes.");
    }

    /// <summary>Tensors follow each other, each padded to the alignment, and the last ends within the file: what llama.cpp's own reader demands.</summary>
    /// <exception cref="GgufException">They do not.</exception>
    public static void RequireLayout(IReadOnlyList<GgufTensor> tensors, GgufHeader header, long fileBytes)
    {
        var expected = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset != (ulong)expected)
                throw new GgufException(GgufError.OffsetInvalid, $"Tensor '{tensor.Name}' is said to begin at data byte {tensor.Offset}; the ones before it end at {expected}.");
            var end = header.DataStart + expected + tensor.Bytes;
            if (tensor.Bytes > fileBytes || end > fileBytes)
                throw new GgufException(GgufError.DataTruncated, $"Tensor '{tensor.Name}' ends at byte {end}, the file at {fileBytes}: it is incomplete by {end - fileBytes} bytes or more.");
            expected += header.Padded(tensor.Bytes);
        }
    }
}
