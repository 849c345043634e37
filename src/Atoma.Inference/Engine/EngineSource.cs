using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>A model that an <see cref="EnginePool"/> can load.</summary>
/// <param name="ModelId">The model's name for clients.</param>
/// <param name="Bytes">Memory that its engine takes, at least 1.</param>
/// <param name="ContextTokens">Tokens of prompt and output together that one task may take.</param>
/// <param name="LoadAsync">Loads it. Called by one at a time, and again after it was unloaded.</param>
public sealed record EngineSource(string ModelId, long Bytes, int ContextTokens, Func<CancellationToken, Task<IInferenceEngine>> LoadAsync)
{
    /// <summary>The model's file.</summary>
    public string Path { get; init; } = "";

    /// <summary>Reads the file's header; nothing is loaded.</summary>
    /// <exception cref="ArgumentException">Options out of range; all of them are named.</exception>
    /// <exception cref="GgufException">The file is not a model that can be given to llama.cpp.</exception>
    public static EngineSource Of(EngineOptions options, ILogger logger)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException($"Engine options: {string.Join("; ", problems)}.", nameof(options));
        var model = GgufModel.Open(options.ModelPath);
        return new EngineSource(
            options.ModelId ?? ModelNames.OfFile(options.ModelPath),
            MemoryEstimate.Of(model, options).TotalBytes,
            ContextShape.For(model, options).ContextTokens,
            async cancellationToken => await LlamaEngine.LoadAsync(options, logger, cancellationToken))
        {
            Path = options.ModelPath,
        };
    }
}
