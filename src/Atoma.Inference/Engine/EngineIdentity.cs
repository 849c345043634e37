using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>What the engine is to the network: the model's manifest (P2.4) and the echelon (P2.5).</summary>
internal static class EngineIdentity
{
    public static ModelManifest Manifest(GgufModel model, string? id, IReadOnlyList<int> endOfGeneration, CancellationToken cancellationToken) =>
        new(
            id ?? ModelNames.OfFile(model.Path),
            model.DigestFile(cancellationToken),
            model.Architecture,
            model.Quantisation,
            model.ContextLength,
            model.VocabularySize,
            model.TokenizerDigest,
            [.. endOfGeneration.Take(ModelLimits.EndOfGenerationTokens)])
        {
            EmbeddingLength = model.EmbeddingLength,
        };

    /// <summary>Of the libraries in use; the digest is of their bytes, so a rebuilt library is another echelon.</summary>
    public static Echelon Echelon(Hash32 modelDigest, LlamaLibraryFiles files, LlamaLibraryOptions options, ContextRecipe recipe) =>
        new(modelDigest, DigestLibraries(files), "cpu", $"{Architecture()}-{options.CpuVariant}", recipe.NumericFlags);

    private static Hash32 DigestLibraries(LlamaLibraryFiles files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in new[] { files.Llama, files.Ggml, files.GgmlBase, files.Backend })
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
        return new Hash32(hash.GetHashAndReset());
    }

    private static string Architecture() => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
