namespace Atoma.Inference.Gguf;

/// <summary>
/// Refuses files whose header is well formed but would make llama.cpp abort the process (its GGML_ASSERTs) or
/// divide by zero: what kind of file it is, its architecture, the sizes of the network.
/// </summary>
internal static class GgufModelRules
{
    /// <exception cref="GgufException">The first broken rule.</exception>
    public static void Require(GgufHeader header)
    {
        RequireModel(header);
        var architecture = RequireArchitecture(header);
        RequireSizes(header, architecture);
        RequireExperts(header, architecture);
        GgufTokenizerRules.Require(header);
    }

    private static void RequireModel(GgufHeader header)
    {
        if (header.FindText("general.type") is { } type && type != "model")
            throw new GgufException(GgufError.NotAModel, $"The file is of type '{type}', not a model.");
        if (header.Find("split.count")?.Bytes is { } split && split.AsSpan().ContainsAnyExcept((byte)0) && split[0] > 1)
            throw new GgufException(GgufError.SplitUnsupported, $"The model is split over {split[0]} files; merge them with llama-gguf-split first.");
        if (header.Tensors.Count == 0)
            throw new GgufException(GgufError.NotAModel, "The file holds no tensors, only metadata.");
    }

    private static string RequireArchitecture(GgufHeader header)
    {
        var architecture = header.FindText("general.architecture")
            ?? throw new GgufException(GgufError.KeyMissing, "The file does not name its architecture (general.architecture).");
        return GgufArchitectures.IsKnown(architecture)
            ? architecture
            : throw new GgufException(GgufError.ArchitectureUnsupported, $"The architecture '{Shown(architecture)}' is not one that the pinned llama.cpp knows.");
    }

    private static void RequireSizes(GgufHeader header, string architecture)
    {
        Size(header, $"{architecture}.context_length", GgufLimits.ContextLength);
        var width = Size(header, $"{architecture}.embedding_length", GgufLimits.Dimension);
        var blocks = Size(header, $"{architecture}.block_count", GgufLimits.Blocks);
        Optional(header, $"{architecture}.nextn_predict_layers", 0, blocks);
        Optional(header, $"{architecture}.attention.key_length", 1, GgufLimits.Dimension);
        Optional(header, $"{architecture}.attention.value_length", 1, GgufLimits.Dimension);
        PerBlock(header, $"{architecture}.feed_forward_length", blocks, GgufLimits.Dimension * 16, 0);
        PerBlock(header, $"{architecture}.attention.head_count", blocks, width, 0);
        PerBlock(header, $"{architecture}.attention.head_count_kv", blocks, width, 0);

        var heads = header.FindUInt32($"{architecture}.attention.head_count") ?? 0;
        var headsKv = header.FindUInt32($"{architecture}.attention.head_count_kv") ?? heads;
        if (heads > 0 && (headsKv == 0 || heads % headsKv != 0))
            throw new GgufException(GgufError.HyperparameterInvalid, $"{heads} attention heads cannot share {headsKv} key/value heads.");
        var headSize = header.FindUInt32($"{architecture}.attention.key_length") ?? (heads == 0 ? 0 : width / heads);
        if (Optional(header, $"{architecture}.rope.dimension_count", 0, GgufLimits.Dimension) is { } rotated
            && (rotated % 2 != 0 || (headSize > 0 && rotated > headSize)))
            throw new GgufException(GgufError.HyperparameterInvalid, $"rope.dimension_count is {rotated}; it must be even and at most the head size {headSize}.");
        if (header.FindText($"{architecture}.rope.scaling.type") is { } scaling && scaling is not ("none" or "linear" or "yarn" or "longrope"))
            throw new GgufException(GgufError.HyperparameterInvalid, $"rope.scaling.type is '{Shown(scaling)}', which llama.cpp does not have.");
    }

    private static void RequireExperts(GgufHeader header, string architecture)
    {
        const uint ExpertsMax = 1024; // LLAMA_MAX_EXPERTS
        var experts = Optional(header, $"{architecture}.expert_count", 0, ExpertsMax) ?? 0;
        var groups = Optional(header, $"{architecture}.expert_group_count", 0, ExpertsMax) ?? 0;
        if (experts == 0 ? groups != 0 : groups >= experts)
            throw new GgufException(GgufError.HyperparameterInvalid, $"{groups} expert groups do not fit {experts} experts.");
        if (header.Find($"{architecture}.expert_used_count") is not { } used)
        {
            if (experts > 0)
                throw new GgufException(GgufError.HyperparameterInvalid, $"The model has {experts} experts and does not say how many it uses.");
            return;
        }

        for (var i = 0; i < used.Count; i++)
        {
            if (used.AsUInt32(i) is not { } count || count > experts || (count == 0 && experts > 0 && !used.IsArray))
                throw new GgufException(GgufError.HyperparameterInvalid, $"expert_used_count must be 1 to {experts}.");
        }
    }

    /// <summary>A size that every model has: 1 to <paramref name="most"/>.</summary>
    private static uint Size(GgufHeader header, string key, uint most) =>
        header.Find(key) is null
            ? throw new GgufException(GgufError.KeyMissing, $"The file has no '{key}'.")
            : Optional(header, key, 1, most)!.Value;

    private static uint? Optional(GgufHeader header, string key, uint least, uint most)
    {
        if (header.Find(key) is not { } value)
            return null;
        if (value.IsArray || value.AsUInt32() is not { } size)
            throw new GgufException(GgufError.KeyMissing, $"'{key}' is not a 32-bit number.");
        return size >= least && size <= most
            ? size
            : throw new GgufException(GgufError.HyperparameterInvalid, $"'{key}' is {size}; it must be {least} to {most}.");
    }

    /// <summary>A size given once or for each block.</summary>
    private static void PerBlock(GgufHeader header, string key, uint blocks, uint most, uint least)
    {
        if (header.Find(key) is not { IsArray: true } value)
        {
            Optional(header, key, least, most);
            return;
        }

        if (value.Count != blocks)
            throw new GgufException(GgufError.HyperparameterInvalid, $"'{key}' has {value.Count} values for {blocks} blocks.");
        for (var i = 0; i < value.Count; i++)
        {
            if (value.AsUInt32(i) is not { } size || size < least || size > most)
                throw new GgufException(GgufError.HyperparameterInvalid, $"'{key}' of block {i} must be {least} to {most}.");
        }
    }

    /// <summary>At most 64 characters of a text that a stranger wrote.</summary>
    private static string Shown(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
