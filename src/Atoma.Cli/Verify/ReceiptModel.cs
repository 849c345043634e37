using Atoma.Inference.Engine;
using Atoma.Inference.Gguf;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Cli.Verify;

/// <summary>The file is not the model that the receipt names.</summary>
public sealed class WrongModelException(string message) : Exception(message)
{
    public WrongModelException()
        : this("The file is not the receipt's model.")
    {
    }

    public WrongModelException(string message, Exception innerException)
        : this(message + " " + innerException.Message)
    {
    }
}

/// <summary>Loads a receipt's model from a file, the digest first.</summary>
public static class ReceiptModel
{
    /// <summary>Least context: what the engine's self-test needs.</summary>
    private const int ContextMin = 256;

    /// <param name="path">GGUF file.</param>
    /// <param name="spec">The receipt's request.</param>
    /// <param name="threads">CPU threads; they do not change bits.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="WrongModelException">Another file.</exception>
    /// <exception cref="GgufException">No readable model.</exception>
    /// <exception cref="Inference.InferenceException">It could not be loaded.</exception>
    /// <exception cref="ArgumentException">Threads out of range.</exception>
    public static async Task<IInferenceEngine> LoadAsync(string path, RequestSpec spec, int threads, Action<string> progress, CancellationToken cancellationToken)
    {
        var file = GgufModel.Open(path);
        progress($"Hashing {Path.GetFileName(path)} ({Math.Max(1, file.FileBytes >> 20)} MiB) …");
        var digest = file.DigestFile(cancellationToken);
        if (digest != spec.Model.Digest)
            throw new WrongModelException($"{Path.GetFileName(path)} is not the receipt's model {spec.Model.Id}: its SHA-256 is {digest}, the receipt names {spec.Model.Digest}.");
        progress("It is the receipt's model. Loading …");
        var wanted = (long)spec.Prompt.Count + spec.Parameters.MaxTokens;
        return await LlamaEngine.LoadAsync(
            new EngineOptions
            {
                ModelPath = path,
                ModelId = spec.Model.Id,
                Slots = KnownAnswers.Count,
                Threads = threads,
                ContextTokens = (int)Math.Clamp(wanted, ContextMin, EngineLimits.ContextTokens),
            },
            NullLogger.Instance, cancellationToken);
    }
}
