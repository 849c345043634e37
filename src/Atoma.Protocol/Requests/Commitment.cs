using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Protocol.Requests;

/// <summary>A node's signed promise of one output, made before anybody's output is shown (P5.4).</summary>
/// <param name="Request">Request id.</param>
/// <param name="Node">Who commits.</param>
/// <param name="Value">See <see cref="ValueOf"/>.</param>
/// <param name="Signature">65 bytes over <see cref="SigningDomain.Commitment"/>.</param>
public sealed record Commitment(Hash32 Request, NodeId Node, Hash32 Value, byte[] Signature)
{
    public const int SignatureLength = 65;

    /// <summary>H(domain ‖ request ‖ node ‖ nonce ‖ output digest ‖ input count ‖ output count).</summary>
    public static Hash32 ValueOf(Hash32 request, NodeId node, Hash32 nonce, Hash32 outputDigest, int inputCount, int outputCount) =>
        new CanonicalWriter().Text("atoma/commitment/1").Hash(request).Node(node).Hash(nonce).Hash(outputDigest)
            .Int32(inputCount).Int32(outputCount).Sha256();

    public static Commitment Sign(ISigner signer, Hash32 request, Hash32 value) =>
        new(request, signer.Id, value, signer.Sign(SigningDomain.Commitment(request, signer.Id, value)));

    public bool IsSigned(ISignatureScheme scheme) => scheme.Recover(SigningDomain.Commitment(Request, Node, Value), Signature) == Node;

    public void Write(CanonicalWriter writer) => writer.Hash(Request).Node(Node).Hash(Value).Raw(Signature);

    public static Commitment Read(ref CanonicalReader reader) =>
        new(reader.Hash(), reader.Node(), reader.Hash(), reader.Take(SignatureLength).ToArray());

    public bool Equals(Commitment? other) =>
        other is not null && Request == other.Request && Node == other.Node && Value == other.Value && Signature.AsSpan().SequenceEqual(other.Signature);

    public override int GetHashCode() => Value.GetHashCode();
}
