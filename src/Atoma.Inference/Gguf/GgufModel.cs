using System.Security.Cryptography;
using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Gguf;

/// <summary>What the engine and the manifest need to know of a model file that passed every rule.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Architecture"><c>general.architecture</c>.</param>
/// <param name="Quantisation"><c>general.file_type</c> by name.</param>
/// <param name="ContextLength">Tokens, as trained.</param>
/// <param name="VocabularySize">Number of tokens.</param>
/// <param name="TokenizerDigest">SHA-256 over every <c>tokenizer.*</c> entry, chat template included, in key order.</param>
/// <param name="Experts">Experts of a mixture, 0 for a dense model.</param>
/// <param name="FileBytes">Length of the file.</param>
/// <param name="Dimensions">What memory it takes follows from these.</param>
/// <param name="MatrixTypes">ggml's numbers of the types of its matrices: the kernels that compute with them follow from these.</param>
public sealed record GgufModel(
    string Path,
    string Architecture,
    string Quantisation,
    int ContextLength,
    int VocabularySize,
    Hash32 TokenizerDigest,
    int Experts,
    long FileBytes,
    GgufDimensions Dimensions,
    IReadOnlySet<uint> MatrixTypes)
{
    /// <summary>How rows become an embedding.</summary>
    public GgufPooling Pooling { get; init; }

    /// <summary>The file says how, rather than nothing.</summary>
    public bool IsPooled { get; init; }

    /// <summary>Values of a row of the last layer.</summary>
    public int RowLength { get; init; }

    /// <summary>Values of one embedding, 0 when there is none.</summary>
    public int EmbeddingLength => Pooling == GgufPooling.None || RowLength > VerificationLimits.EmbeddingLength ? 0 : RowLength;

    /// <summary>Reads and checks the header; no weights are read.</summary>
    /// <exception cref="GgufException">The file is not a model that llama.cpp can safely be given.</exception>
    public static GgufModel Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
            return Read(stream, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new GgufException(GgufError.Unreadable, $"The model file {path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>As <see cref="Open"/>, from any seekable stream.</summary>
    /// <exception cref="GgufException">As there.</exception>
    public static GgufModel Read(Stream stream, string path)
    {
        var header = GgufHeader.Read(new GgufReader(stream, stream.Length));
        GgufModelRules.Require(header);
        var architecture = header.FindText("general.architecture")!;
        return new GgufModel(
            path,
            architecture,
            GgufFileTypes.Name(header.FindUInt32("general.file_type")),
            (int)header.FindUInt32($"{architecture}.context_length")!.Value,
            header.Find("tokenizer.ggml.tokens")!.Count,
            DigestTokenizer(header),
            (int)(header.FindUInt32($"{architecture}.expert_count") ?? 0),
            stream.Length,
            GgufDimensions.Of(header, architecture),
            header.Tensors.Where(t => t.Shape.Count(n => n > 1) > 1).Select(t => t.Type).ToHashSet())
        {
            Pooling = GgufPoolings.Of(header.FindUInt32($"{architecture}.pooling_type")),
            IsPooled = header.Find($"{architecture}.pooling_type") is not null,
            RowLength = (int)(header.FindUInt32($"{architecture}.embedding_length_out") ?? header.FindUInt32($"{architecture}.embedding_length")!.Value),
        };
    }

    /// <summary>SHA-256 of the whole file, streamed.</summary>
    /// <exception cref="GgufException">The file cannot be read.</exception>
    public Hash32 DigestFile(CancellationToken cancellationToken = default)
    {
        try
        {
            using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 20];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }

            return new Hash32(hash.GetHashAndReset());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new GgufException(GgufError.Unreadable, $"The model file {Path} cannot be read: {exception.Message}", exception);
        }
    }

    private static Hash32 DigestTokenizer(GgufHeader header)
    {
        var writer = new CanonicalWriter().Text("atoma/tokenizer/1");
        foreach (var key in header.Keys.Where(k => k.StartsWith("tokenizer.", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var value = header.Find(key)!;
            writer.Text(key).Int32((int)value.Type).Bool(value.IsArray).Count(value.Count).Bytes(value.Bytes);
            foreach (var element in value.Strings)
                writer.Bytes(element);
        }

        return writer.Sha256();
    }
}
