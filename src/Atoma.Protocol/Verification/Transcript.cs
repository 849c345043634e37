using System.Text;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Verification;

/// <summary>
/// Everything needed to check an answer (P7.2): prompt, parameters with seed, output with evidence, why it ended. Its digest,
/// the root of a Merkle tree over header, chunks, vectors and trailer, is what a node commits to (P5.4). Where embeddings were
/// asked for there are vectors and no chunks; where the prompt was to be scored, its chunks come before the output's.
/// </summary>
public sealed record Transcript(
    Hash32 Model,
    IReadOnlyList<int> Prompt,
    SamplingParameters Parameters,
    IReadOnlyList<TranscriptChunk> Chunks,
    FinishReason Finish)
{
    private static readonly byte[] HeaderDomain = Encoding.ASCII.GetBytes("atoma/transcript/header/4");
    private static readonly byte[] PromptDomain = Encoding.ASCII.GetBytes("atoma/transcript/prompt/1");
    private static readonly byte[] VectorDomain = Encoding.ASCII.GetBytes("atoma/transcript/vector/1");
    private static readonly byte[] TrailerDomain = Encoding.ASCII.GetBytes("atoma/transcript/trailer/1");

    private static readonly int ChunksMax = VerificationLimits.OutputTokens / VerificationLimits.ChunkPositions;

    /// <summary>Evidence of the prompt's tokens from the second on (<see cref="PromptScores"/>); empty unless it was to be scored.</summary>
    public IReadOnlyList<TranscriptChunk> PromptChunks { get; init; } = [];

    /// <summary>Embeddings of the prompt's inputs, in their order; empty unless they were asked for.</summary>
    public IReadOnlyList<EmbeddingVector> Vectors { get; init; } = [];

    /// <summary>Of embeddings: no token was to be generated, so the output has the length that was asked for.</summary>
    public static Transcript OfVectors(Hash32 model, IReadOnlyList<int> prompt, SamplingParameters parameters, IReadOnlyList<EmbeddingVector> vectors) =>
        new(model, prompt, parameters, [], FinishReason.Length) { Vectors = vectors };

    /// <summary>Output tokens in order.</summary>
    public IEnumerable<int> Output => Chunks.SelectMany(c => c.Positions).Select(p => p.Token);

    public IEnumerable<PositionEvidence> Positions => Chunks.SelectMany(c => c.Positions);

    public int OutputCount => Chunks.Sum(c => c.Positions.Count);

    /// <summary>The digest that commitments bind.</summary>
    public Hash32 Digest() => MerkleTree.Root(Leaves());

    /// <summary>Leaf hashes: header, each chunk of a scored prompt, each chunk, each vector, trailer.</summary>
    public Hash32[] Leaves()
    {
        var header = new CanonicalWriter().Raw(HeaderDomain).Hash(Model).Tokens([.. Prompt]);
        Parameters.Write(header);
        return
        [
            MerkleTree.Leaf(header.ToArray()),
            .. PromptChunks.Select(c => Leaf(PromptDomain, c.Write)),
            .. Chunks.Select(c => Leaf([], c.Write)),
            .. Vectors.Select(v => Leaf(VectorDomain, v.Write)),
            MerkleTree.Leaf(new CanonicalWriter().Raw(TrailerDomain).Int32(OutputCount).Byte((byte)Finish).ToArray()),
        ];
    }

    private static Hash32 Leaf(byte[] domain, Action<CanonicalWriter> write)
    {
        var writer = new CanonicalWriter().Raw(domain);
        write(writer);
        return MerkleTree.Leaf(writer.ToArray());
    }

    /// <summary>Index of the first output position where the two differ, 0 where the scores of the prompt do; null when they are the same answer.</summary>
    public int? FirstDifference(Transcript other)
    {
        if (!PromptChunks.SequenceEqual(other.PromptChunks))
            return 0;
        var position = 0;
        foreach (var (mine, theirs) in Positions.Zip(other.Positions))
        {
            if (!mine.Equals(theirs))
                return position;
            position++;
        }

        return OutputCount == other.OutputCount && Finish == other.Finish && Vectors.SequenceEqual(other.Vectors) ? null : position;
    }

    public void Write(CanonicalWriter writer)
    {
        WriteQuestion(writer);
        WriteAnswer(writer);
    }

    /// <summary>What was asked: model, prompt and parameters. A receipt writes it only where it is not the request's own.</summary>
    public void WriteQuestion(CanonicalWriter writer)
    {
        writer.Hash(Model).Tokens([.. Prompt]);
        Parameters.Write(writer);
    }

    private void WriteAnswer(CanonicalWriter writer)
    {
        WriteChunks(writer, PromptChunks);
        WriteChunks(writer, Chunks);
        writer.Count(Vectors.Count);
        foreach (var vector in Vectors)
            vector.Write(writer);
        writer.Byte((byte)Finish);
    }

    internal static void WriteChunks(CanonicalWriter writer, IReadOnlyList<TranscriptChunk> chunks)
    {
        writer.Count(chunks.Count);
        foreach (var chunk in chunks)
            chunk.Write(writer);
    }

    public byte[] ToBytes()
    {
        var writer = new CanonicalWriter();
        Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static Transcript FromBytes(ReadOnlySpan<byte> bytes)
    {
        var reader = new CanonicalReader(bytes);
        var transcript = Read(ref reader);
        reader.End();
        return transcript;
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static Transcript Read(ref CanonicalReader reader)
    {
        var model = reader.Hash();
        var prompt = reader.Tokens(VerificationLimits.PromptTokens);
        return ReadAnswer(ref reader, model, prompt, SamplingParameters.Read(ref reader));
    }

    /// <summary>What follows the question: chunks of a scored prompt, chunks, vectors, finish.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static Transcript ReadAnswer(ref CanonicalReader reader, Hash32 model, IReadOnlyList<int> prompt, SamplingParameters parameters)
    {
        var promptChunks = ReadChunks(ref reader, PromptScores.ChunksMax);
        var chunks = ReadChunks(ref reader, ChunksMax);
        var vectors = ReadVectors(ref reader);
        var finish = reader.Byte();
        if (finish > (byte)FinishReason.GrammarEnd)
            throw new CanonicalFormatException($"Unknown finish reason {finish}.");
        return new Transcript(model, prompt, parameters, chunks, (FinishReason)finish) { PromptChunks = promptChunks, Vectors = vectors };
    }

    /// <summary>Up to so many chunks, all full but the last; also as a node shows those of a scored prompt.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    internal static TranscriptChunk[] ReadChunks(ref CanonicalReader reader, int most)
    {
        var chunks = new TranscriptChunk[reader.Count(most)];
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = TranscriptChunk.Read(ref reader);
            if (i < chunks.Length - 1 && chunks[i].Positions.Count != VerificationLimits.ChunkPositions)
                throw new CanonicalFormatException("Only the last chunk may be short.");
        }

        return chunks;
    }

    private static EmbeddingVector[] ReadVectors(ref CanonicalReader reader)
    {
        var vectors = new EmbeddingVector[reader.Count(VerificationLimits.EmbeddingInputs)];
        var left = VerificationLimits.EmbeddingValues;
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] = EmbeddingVector.Read(ref reader, left);
            left -= vectors[i].Values.Count;
        }

        return vectors;
    }
}
