using Atoma.Inference.Gguf;
using Atoma.Inference.Native;

namespace Atoma.Inference.Engine;

/// <summary>Bytes of memory that a model takes in a context of some shape, known before anything is loaded.</summary>
/// <param name="WeightBytes">Tensor data; mapped from the file, so others that run the same file share it, unless weights are repacked.</param>
/// <param name="CacheBytes">Keys and values of every sequence's whole context, taken when the context is made.</param>
/// <param name="ComputeBytes">Intermediate results of the largest decode, and the logits handed out: an upper bound.</param>
public sealed record MemoryEstimate(long WeightBytes, long CacheBytes, long ComputeBytes)
{
    /// <summary>Bytes of one cached key or value: F16 and BF16.</summary>
    private const int CacheValueBytes = 2;

    /// <summary>Graph, threads and bookkeeping of a context whatever the model.</summary>
    private const long FixedBytes = 16 << 20;

    public long TotalBytes => WeightBytes + CacheBytes + ComputeBytes;

    /// <summary>For an engine with these options.</summary>
    public static MemoryEstimate Of(GgufModel model, EngineOptions options) => Of(model, ContextRecipe.For(model, options.Mode), ContextShape.For(model, options));

    internal static MemoryEstimate Of(GgufModel model, ContextRecipe recipe, ContextShape shape)
    {
        var d = model.Dimensions;
        long cells = DecodeContext.CellsOf(recipe, shape.ContextTokens);
        long rows = DecodeContext.RowsOf(recipe, shape);
        long outputs = DecodeContext.OutputsOf(recipe, shape);
        // llama.cpp's allocator reuses what is no longer needed; at the widest place a block holds its input, the residual and
        // either three feed-forward vectors or queries, keys, values and the attention's result, each in 32 bits.
        var perRow = sizeof(float) * (3 * d.Width + Math.Max(3 * d.FeedForward, 4 * d.Heads * d.HeadSize));
        var mask = (sizeof(float) + CacheValueBytes) * cells * rows;
        // The logits once in the graph and once where the caller reads them.
        var logits = 2 * sizeof(float) * outputs * model.VocabularySize;
        // What embeddings are made from, handed out beside the logits.
        var hidden = sizeof(float) * outputs * model.RowLength;
        return new MemoryEstimate(d.WeightBytes, cells * shape.Sequences * d.CacheValues * CacheValueBytes, FixedBytes + perRow * rows + mask + logits + hidden);
    }

    /// <exception cref="InferenceException">It does not fit; the message holds the numbers and what to change.</exception>
    public void Require(long availableBytes, string modelPath)
    {
        if (TotalBytes <= availableBytes)
            return;
        throw new InferenceException(InferenceError.MemoryInsufficient,
            $"The model {modelPath} needs about {Megabytes(TotalBytes)} of memory ({Megabytes(WeightBytes)} weights, {Megabytes(CacheBytes)} cache, "
            + $"{Megabytes(ComputeBytes)} computing); {Megabytes(availableBytes)} are available. Fewer slots or a shorter context take less cache.");
    }

    private static string Megabytes(long bytes) => $"{bytes / 1_000_000.0:F0} MB";
}
