using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Receipts;

/// <summary>
/// All that was decided about a request (P9): enough to recompute every draw, signature, sampled token, vote and payment
/// without a key or a node.
/// </summary>
/// <param name="State">The terminal state.</param>
/// <param name="Resolvers">Number of resolvers a dispute asks for; a majority of it decides.</param>
/// <param name="FinishedAt">When it became terminal, whole milliseconds.</param>
public sealed record Receipt(RequestState State, int Resolvers, DateTimeOffset FinishedAt);

/// <summary>A receipt with the coordinator's signature over its digest: what is handed out.</summary>
/// <param name="Receipt">The receipt.</param>
/// <param name="Coordinator">Address of the coordinator's key.</param>
/// <param name="Signature">65 bytes over <see cref="SigningDomain.Receipt"/>.</param>
public sealed record SignedReceipt(Receipt Receipt, NodeId Coordinator, byte[] Signature)
{
    public static SignedReceipt Sign(Receipt receipt, ISigner coordinator)
    {
        var digest = ReceiptCodec.Digest(receipt);
        return new SignedReceipt(receipt, coordinator.Id, coordinator.Sign(SigningDomain.Receipt(receipt.State.Spec.Id, digest)));
    }

    public byte[] ToBytes() =>
        new CanonicalWriter().Node(Coordinator).Raw(Signature).Raw(ReceiptCodec.Encode(Receipt).Bytes).ToArray();

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static SignedReceipt FromBytes(ReadOnlySpan<byte> bytes)
    {
        var reader = new CanonicalReader(bytes);
        var coordinator = reader.Node();
        var signature = reader.Take(Commitment.SignatureLength).ToArray();
        return new SignedReceipt(ReceiptCodec.Decode(reader.Take(reader.Remaining)), coordinator, signature);
    }
}
