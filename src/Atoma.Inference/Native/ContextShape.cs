using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;

namespace Atoma.Inference.Native;

/// <summary>Sizes of a context. None of them changes bits.</summary>
/// <param name="Sequences">At least 2: one is for checks.</param>
/// <param name="ContextTokens">Tokens of one sequence.</param>
/// <param name="ChunkTokens">Most tokens of one prefill.</param>
/// <param name="RowsMax">Most logit rows of one prefill.</param>
/// <param name="Threads">CPU threads.</param>
internal sealed record ContextShape(int Sequences, int ContextTokens, int ChunkTokens, int RowsMax, int Threads)
{
    /// <summary>The model's file asks for pooling, which the library then has to leave to us; it warns when it is told so without need.</summary>
    public bool IsPooled { get; init; }

    /// <summary>What the options ask for, within what the model was trained for; one sequence more than slots is kept for checks.</summary>
    public static ContextShape For(GgufModel model, EngineOptions options)
    {
        var wanted = options.ContextTokens == 0 ? EngineLimits.DefaultContextTokens : options.ContextTokens;
        var rows = Math.Clamp(EngineLimits.CheckLogitBytes / sizeof(float) / model.VocabularySize, 2, options.ChunkTokens);
        return new ContextShape(options.Slots + 1, Math.Min(model.ContextLength, wanted), options.ChunkTokens, rows, options.Threads) { IsPooled = model.IsPooled };
    }
}
