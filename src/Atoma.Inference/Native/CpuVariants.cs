using System.Runtime.InteropServices;

namespace Atoma.Inference.Native;

/// <summary>The CPU variants of a llama.cpp build; each scores itself on the processor it is loaded on.</summary>
internal static unsafe class CpuVariants
{
    private const string Prefix = "libggml-cpu-";

    /// <summary>The one with the highest score.</summary>
    /// <exception cref="InferenceException">There is none that this processor can run.</exception>
    public static string Best(string directory)
    {
        var (best, most) = ("", 0);
        if (Directory.Exists(directory))
        {
            // The variants need it; by itself it does nothing.
            foreach (var path in Directory.EnumerateFiles(directory, "libggml-base.*"))
                NativeLibrary.TryLoad(path, out _);
            foreach (var path in Directory.EnumerateFiles(directory, Prefix + "*").Order(StringComparer.Ordinal))
            {
                if (NativeLibrary.TryLoad(path, out var library) && Score(library) is { } score && score > most)
                    (best, most) = (Path.GetFileNameWithoutExtension(path)[Prefix.Length..], score);
            }
        }

        return most > 0 ? best : throw new InferenceException(InferenceError.BackendUnsupported, $"{directory} holds no CPU variant that this processor can run.");
    }

    /// <summary>0 where it would die of an illegal instruction; null for a build that does not score itself.</summary>
    public static int? Score(nint library) =>
        NativeLibrary.TryGetExport(library, "ggml_backend_score", out var score) ? ((delegate* unmanaged[Cdecl]<int>)score)() : null;
}
