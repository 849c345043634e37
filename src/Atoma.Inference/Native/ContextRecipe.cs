using System.Runtime.InteropServices;
using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Native;

/// <summary>
/// The flags and batch shapes of a context: everything about it that changes bits (docs/engine.md, "Modes"). What invariant mode
/// needs was measured, and differs with the model's weights, because llama.cpp picks a matrix kernel by weight type and rows.
/// </summary>
/// <param name="Name">Of the mode.</param>
/// <param name="Repack">Weights interleaved at load where the CPU backend knows how.</param>
/// <param name="FlashAttention">llama.cpp's number: −1 auto, 1 on.</param>
/// <param name="TypeK">ggml's number of the cached keys' type.</param>
/// <param name="TypeV">ggml's number of the cached values' type.</param>
/// <param name="RowsMin">Fewest rows of a decode, and of rows with logits in it.</param>
/// <param name="RowsMultiple">Rows of a decode, and those with logits, are a multiple of this.</param>
/// <param name="OneMicroBatch">Whether each decode must be one micro-batch: sequences without gaps, equally long.</param>
internal sealed record ContextRecipe(
    string Name, bool Repack, int FlashAttention, int TypeK, int TypeV, int RowsMin, int RowsMultiple, bool OneMicroBatch)
{
    /// <summary>The repacked kernels work on four rows at a time and treat what is left over with another kernel.</summary>
    private const int RepackRows = 4;

    /// <summary>Unrepacked F32, F16 and BF16 matrices take another kernel for a single row.</summary>
    private const int FloatRows = 2;

    private const int FlashAttentionAuto = -1;

    // ggml's numbers of the types whose x64 kernels want repacked weights (ggml-cpu/repack.cpp of 0.5.0, AVX2 and up).
    private const uint Q4_0 = 2;
    private const uint Q4_K = 12;
    private const uint Iq4Nl = 20;
    private const uint Mxfp4 = 39;

    private static readonly uint[] FloatTypes = [0, LlamaConstants.GgmlTypeF16, LlamaConstants.GgmlTypeBf16];
    private static readonly uint[] RepackTypes = [Q4_0, Q4_K, Iq4Nl, Mxfp4];

    /// <summary>The library's own defaults: as fast as llama-server, and answers that depend on what else is running.</summary>
    public static ContextRecipe Fast { get; } =
        new("fast", Repack: true, FlashAttentionAuto, LlamaConstants.GgmlTypeF16, LlamaConstants.GgmlTypeF16, RowsMin: 1, RowsMultiple: 1, OneMicroBatch: false);

    /// <summary>As the echelon names it (P2.5).</summary>
    public string NumericFlags =>
        $"{Name};fa={FlashAttention};k={TypeK};v={TypeV};repack={(Repack ? 1 : 0)};kv_unified=0;rows={RowsMin}/{RowsMultiple}";

    /// <summary>The recipe of a mode for a model.</summary>
    public static ContextRecipe For(GgufModel model, EngineMode mode) =>
        mode == EngineMode.Fast ? Fast : Invariant(model.MatrixTypes, RuntimeInformation.ProcessArchitecture == Architecture.X64);

    /// <summary>The smallest rows for which a row's bits depend on its own sequence alone.</summary>
    /// <param name="matrixTypes">ggml's numbers of the types of the model's matrices.</param>
    /// <param name="x64">Whether this is an x64 processor; the kernels of others were not measured with repacked weights.</param>
    internal static ContextRecipe Invariant(IReadOnlySet<uint> matrixTypes, bool x64)
    {
        var repack = x64 && matrixTypes.Overlaps(RepackTypes);
        var (least, multiple) = repack ? (RepackRows, RepackRows) : matrixTypes.Overlaps(FloatTypes) ? (FloatRows, 1) : (1, 1);
        // Different types of K and V keep the attention on the one path that neither splits a row's keys among threads nor tiles rows.
        return new ContextRecipe(
            Echelon.InvariantMode, repack, LlamaConstants.FlashAttentionEnabled, LlamaConstants.GgmlTypeF16, LlamaConstants.GgmlTypeBf16, least, multiple, OneMicroBatch: true);
    }

    /// <summary>The number of rows to compute for so many wanted ones.</summary>
    public int RowsFor(int wanted) => (Math.Max(wanted, RowsMin) + RowsMultiple - 1) / RowsMultiple * RowsMultiple;
}
