namespace Atoma.Inference.Gguf;

/// <summary>Sizes of a network, as far as the memory to run it follows from them.</summary>
/// <param name="WeightBytes">Tensor data.</param>
/// <param name="Width">Values of one token between blocks.</param>
/// <param name="FeedForward">Values in the widest feed-forward layer; of a mixture, over the experts used at once.</param>
/// <param name="Heads">Attention heads of the block that has most.</param>
/// <param name="HeadSize">Values of one head: the larger of key and value.</param>
/// <param name="CacheValues">Keys and values that one token leaves in the cache, over all blocks.</param>
public sealed record GgufDimensions(long WeightBytes, long Width, long FeedForward, long Heads, long HeadSize, long CacheValues)
{
    /// <param name="header">One that passed <see cref="GgufModelRules"/>.</param>
    /// <param name="architecture">Its architecture.</param>
    internal static GgufDimensions Of(GgufHeader header, string architecture)
    {
        var width = (long)header.FindUInt32($"{architecture}.embedding_length")!.Value;
        var blocks = (int)header.FindUInt32($"{architecture}.block_count")!.Value;
        long[] heads = PerBlock(header, $"{architecture}.attention.head_count", blocks, 1);
        long[] headsKv = header.Find($"{architecture}.attention.head_count_kv") is null ? heads : PerBlock(header, $"{architecture}.attention.head_count_kv", blocks, 1);
        var headSize = width / Math.Max(1, heads.Max());
        var keySize = header.FindUInt32($"{architecture}.attention.key_length") ?? headSize;
        var valueSize = header.FindUInt32($"{architecture}.attention.value_length") ?? headSize;
        var experts = (long)(header.FindUInt32($"{architecture}.expert_used_count") ?? 0) * (header.FindUInt32($"{architecture}.expert_feed_forward_length") ?? 0);
        return new GgufDimensions(
            header.Tensors.Sum(t => t.Bytes),
            width,
            Math.Max(PerBlock(header, $"{architecture}.feed_forward_length", blocks, 4 * width).Max(), experts),
            heads.Max(),
            Math.Max(keySize, valueSize),
            headsKv.Sum() * (keySize + valueSize));
    }

    /// <summary>A size given once for all blocks or for each.</summary>
    private static long[] PerBlock(GgufHeader header, string key, int blocks, long otherwise) => header.Find(key) is { IsArray: true } value
        ? [.. Enumerable.Range(0, blocks).Select(i => (long)(value.AsUInt32(i) ?? 0))]
        : [.. Enumerable.Repeat(header.FindUInt32(key) ?? otherwise, blocks)];
}
