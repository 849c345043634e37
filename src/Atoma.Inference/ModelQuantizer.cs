using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference;

/// <summary>llama.cpp's own quantiser: writes a model in another file type.</summary>
public static class ModelQuantizer
{
    /// <summary>Quantises a file on the calling thread; seconds for each gigabyte.</summary>
    /// <param name="sourcePath">A GGUF model, best in F32 or F16.</param>
    /// <param name="targetPath">Written new; must not exist.</param>
    /// <param name="fileType">E.g. <c>Q8_0</c>, <c>Q4_0</c>, <c>Q4_K_M</c>.</param>
    /// <param name="threads">CPU threads, at least 1.</param>
    /// <param name="libraries">The llama.cpp build; as for engines of this process.</param>
    /// <param name="logger">Takes llama.cpp's log.</param>
    /// <exception cref="ArgumentException">Unknown file type, or the target exists.</exception>
    /// <exception cref="GgufException">The source is not a model.</exception>
    /// <exception cref="InferenceException">llama.cpp could not write it.</exception>
    public static unsafe void Quantize(string sourcePath, string targetPath, string fileType, int threads, LlamaLibraryOptions libraries, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (!GgufFileTypes.TryGetNumber(fileType, out var number))
            throw new ArgumentException($"'{fileType}' is not a file type of llama.cpp.", nameof(fileType));
        if (File.Exists(targetPath))
            throw new ArgumentException($"The file {targetPath} exists already.", nameof(targetPath));
        LlamaRuntime.Initialise(libraries, logger);
        var source = GgufModel.Open(sourcePath);

        var parameters = LlamaApi.llama_model_quantize_default_params();
        parameters.ftype = number;
        parameters.nthread = threads;
        parameters.allow_requantize = 1;
        // Written aside and renamed: a reader never meets half a model.
        var partial = targetPath + ".partial";
        var code = LlamaApi.llama_model_quantize(source.Path, partial, &parameters);
        if (code != 0)
        {
            File.Delete(partial);
            throw new InferenceException(InferenceError.QuantizeFailed,
                $"llama.cpp could not quantise {source.Path} to {fileType} ({code}); the log holds its reason.");
        }

        File.Move(partial, targetPath);
    }
}
