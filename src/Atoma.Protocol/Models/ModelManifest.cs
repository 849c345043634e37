using Atoma.Protocol.Common;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Models;

/// <summary>What identifies a model (P2.4). The same file gives the same manifest everywhere.</summary>
/// <param name="Id">Name clients ask for, e.g. <c>atoma-demo</c>: lower-case letters, digits, '-', '.', '_', '/'; at most 96 characters.</param>
/// <param name="Digest">SHA-256 of the GGUF file.</param>
/// <param name="Architecture">GGUF <c>general.architecture</c>, e.g. <c>llama</c>.</param>
/// <param name="Quantisation">GGUF file type by name, e.g. <c>F16</c>, <c>Q8_0</c>.</param>
/// <param name="ContextLength">Tokens of prompt and output together, as trained.</param>
/// <param name="VocabularySize">Number of token ids.</param>
/// <param name="TokenizerDigest">SHA-256 over the tokenizer's and chat template's metadata.</param>
/// <param name="EndOfGeneration">Token ids that end an answer, ascending.</param>
public sealed record ModelManifest(
    string Id,
    Hash32 Digest,
    string Architecture,
    string Quantisation,
    int ContextLength,
    int VocabularySize,
    Hash32 TokenizerDigest,
    IReadOnlyList<int> EndOfGeneration)
{
    /// <summary>Values of one embedding; 0 for a model whose file says that it has none.</summary>
    public int EmbeddingLength { get; init; }

    public bool Equals(ModelManifest? other) => other is not null && CanonicalDigest() == other.CanonicalDigest();

    public override int GetHashCode() => Digest.GetHashCode();

    public void Write(CanonicalWriter writer) =>
        writer.Text(Id).Hash(Digest).Text(Architecture).Text(Quantisation).Int32(ContextLength).Int32(VocabularySize)
            .Hash(TokenizerDigest).Tokens([.. EndOfGeneration]).Count(EmbeddingLength);

    /// <summary>Whether a text may be a model's name.</summary>
    public static bool IsId(string text) =>
        text.Length is > 0 and <= ModelLimits.IdLength && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '_' or '/');

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static ModelManifest Read(ref CanonicalReader reader) =>
        new(
            reader.Text(ModelLimits.IdLength), reader.Hash(), reader.Text(ModelLimits.NameLength), reader.Text(ModelLimits.NameLength),
            reader.Int32(), reader.Int32(), reader.Hash(), reader.Tokens(ModelLimits.EndOfGenerationTokens))
        {
            EmbeddingLength = reader.Count(VerificationLimits.EmbeddingLength),
        };

    public Hash32 CanonicalDigest()
    {
        var writer = new CanonicalWriter();
        Write(writer);
        return writer.Sha256();
    }
}

/// <summary>Bounds of model metadata.</summary>
public static class ModelLimits
{
    /// <summary>Characters of a model id: fits a file name and a URL segment.</summary>
    public const int IdLength = 96;

    /// <summary>Characters of an architecture or quantisation name.</summary>
    public const int NameLength = 64;

    /// <summary>End-of-generation tokens: common models have 1 to 5.</summary>
    public const int EndOfGenerationTokens = 64;
}
