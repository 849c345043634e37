using Atoma.Inference;
using Atoma.Inference.Native;
using Microsoft.Extensions.Logging;

namespace Atoma.Benchmarks.Engine;

/// <summary>Quantised copies of a model, made with llama.cpp's own quantiser in a temporary folder that is deleted at the end.</summary>
internal sealed class ModelVariants : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("atoma-variants-");

    /// <summary>Path of the model in that file type.</summary>
    public string Make(string source, string fileType, LlamaLibraryOptions libraries, ILogger logger)
    {
        var path = Path.Combine(_folder.FullName, $"{Path.GetFileNameWithoutExtension(source)}-to-{fileType.ToLowerInvariant()}.gguf");
        if (!File.Exists(path))
            ModelQuantizer.Quantize(source, path, fileType, threads: 1, libraries, logger);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
