namespace Atoma.Inference.Native;

/// <summary>Absolute paths of one llama.cpp build's shared libraries.</summary>
internal sealed record LlamaLibraryFiles(string Llama, string Ggml, string GgmlBase, string Backend)
{
    private static readonly string[] Extensions = [".so", ".dylib", ".dll"];

    /// <exception cref="InferenceException">A library is missing.</exception>
    public static LlamaLibraryFiles Locate(LlamaLibraryOptions options)
    {
        var directory = Path.GetFullPath(options.Directory);
        if (!Directory.Exists(directory))
            throw Missing($"there is no folder {directory}");
        return new LlamaLibraryFiles(
            Find(directory, "llama"), Find(directory, "ggml"), Find(directory, "ggml-base"), FindBackend(directory, options.CpuVariant));
    }

    /// <summary>NAME.so, or NAME.vVERSION.so as the pinned packages call two of them.</summary>
    private static string Find(string directory, string name)
    {
        foreach (var path in Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal))
        {
            var file = Path.GetFileName(path);
            var stem = file.StartsWith("lib", StringComparison.Ordinal) ? file.AsSpan(3) : file.AsSpan();
            if (!HasLibraryExtension(file) || !stem.StartsWith(name))
                continue;
            var rest = stem[name.Length..];
            if (rest.StartsWith(".v") || rest.LastIndexOf('.') == 0)
                return path;
        }

        throw Missing($"{directory} holds no lib{name}");
    }

    private static string FindBackend(string directory, string variant)
    {
        foreach (var extension in Extensions)
        {
            foreach (var prefix in new[] { "lib", "" })
            {
                var path = Path.Combine(directory, $"{prefix}ggml-cpu-{variant}{extension}");
                if (File.Exists(path))
                    return path;
            }
        }

        throw new InferenceException(InferenceError.BackendUnsupported,
            $"{directory} holds no CPU variant '{variant}' (libggml-cpu-{variant}).");
    }

    private static bool HasLibraryExtension(string file)
    {
        foreach (var extension in Extensions)
        {
            if (file.EndsWith(extension, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private static InferenceException Missing(string what) => new(InferenceError.LibraryMissing,
        $"llama.cpp's libraries were not found: {what}. A build fetches them with npm into the folder 'llama' beside the application.");
}
