using System.Buffers.Binary;
using System.Security.Cryptography;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Verification;

/// <summary>Random byte ranges of a model's file, hashed (P2.4, P7.6): who does not hold the file cannot answer.</summary>
public static class WeightChallenge
{
    /// <summary>Ranges of one challenge: a file of which a tenth is another's is caught with probability 1 − 0.9^8 = 0.57, each epoch.</summary>
    public const int Ranges = 8;

    /// <summary>Bytes of one range: one page.</summary>
    public const int RangeBytes = 4096;

    private static readonly byte[] Domain = "atoma/weights/1"u8.ToArray();

    /// <summary>SHA-256 of domain ‖ seed ‖ length ‖ the ranges' bytes. Range i starts at floor(u·(length − 4096)), u of PRF(seed, i); a shorter file counts whole.</summary>
    /// <param name="seed">A beacon step that nobody saw before.</param>
    /// <param name="file">The model's file: seekable.</param>
    public static Hash32 DigestOf(Hash32 seed, Stream file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Domain);
        hash.AppendData(seed.ToArray());
        var number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, file.Length);
        hash.AppendData(number);
        var buffer = new byte[RangeBytes];
        for (var i = 0; i < Ranges; i++)
        {
            var room = (ulong)Math.Max(0, file.Length - RangeBytes) + 1;
            file.Position = (long)(((UInt128)Prf.Derive("atoma/weights-range/1", seed.ToArray(), [(byte)i]).High64 * room) >> 64);
            var read = file.ReadAtLeast(buffer, RangeBytes, throwOnEndOfStream: false);
            hash.AppendData(buffer, 0, read);
        }

        return new Hash32(hash.GetHashAndReset());
    }
}

/// <summary>A node's signed answer to a challenge: hard evidence when it is wrong (P8.1).</summary>
/// <param name="Seed">The challenge.</param>
/// <param name="Model">Digest of the model's file.</param>
/// <param name="Node">Who answers.</param>
/// <param name="Digest">See <see cref="WeightChallenge.DigestOf"/>.</param>
/// <param name="Signature">65 bytes over <see cref="SigningDomain.Weights"/>.</param>
public sealed record WeightAnswer(Hash32 Seed, Hash32 Model, NodeId Node, Hash32 Digest, byte[] Signature)
{
    public static WeightAnswer Sign(ISigner signer, Hash32 seed, Hash32 model, Hash32 digest) =>
        new(seed, model, signer.Id, digest, signer.Sign(SigningDomain.Weights(seed, model, signer.Id, digest)));

    public bool IsSigned(ISignatureScheme scheme) => scheme.Recover(SigningDomain.Weights(Seed, Model, Node, Digest), Signature) == Node;

    public void Write(CanonicalWriter writer) => writer.Hash(Seed).Hash(Model).Node(Node).Hash(Digest).Raw(Signature);

    public byte[] ToBytes()
    {
        var writer = new CanonicalWriter();
        Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static WeightAnswer Read(ref CanonicalReader reader) =>
        new(reader.Hash(), reader.Hash(), reader.Node(), reader.Hash(), reader.Take(Commitment.SignatureLength).ToArray());
}
