using System.Runtime.InteropServices;
using Atoma.Inference.Engine;

namespace Atoma.Inference.Native;

/// <summary>Which llama.cpp build a process uses. Part of the echelon (P2.5): other bits, other answers.</summary>
public sealed record LlamaLibraryOptions
{
    /// <summary>Folder of the shared libraries. Default: <c>llama</c> beside the application, where the build puts them.</summary>
    public string Directory { get; init; } = Path.Combine(AppContext.BaseDirectory, "llama");

    /// <summary>
    /// The CPU variant, as in <c>libggml-cpu-VARIANT.so</c>. Default: the floor of every current machine of its
    /// kind (<c>haswell</c>: AVX2 on x64; <c>armv8.0_1</c> on arm64), so that all nodes compute the same bits.
    /// </summary>
    public string CpuVariant { get; init; } =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "armv8.0_1" : "haswell";

    /// <summary>The build for a mode: the pinned variant for exact answers, the best one of this processor for fast ones.</summary>
    /// <exception cref="InferenceException">There is no such folder, or no variant that this processor can run.</exception>
    public static LlamaLibraryOptions For(EngineMode mode)
    {
        var pinned = new LlamaLibraryOptions();
        return mode == EngineMode.Invariant ? pinned : pinned with { CpuVariant = CpuVariants.Best(pinned.Directory) };
    }
}
