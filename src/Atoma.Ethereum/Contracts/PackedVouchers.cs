using System.Buffers.Binary;
using Atoma.Ethereum.Secp256k1;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Contracts;

/// <summary>Vouchers as <c>redeem</c> takes them: 116 bytes each, since call data is what a voucher costs most.</summary>
public static class PackedVouchers
{
    /// <summary>User 20, spent 16, cumulative 16, EIP-2098 signature 64.</summary>
    public const int EntrySize = NodeId.Size + 2 * AmountSize + CompactSignature.Size;

    private const int AmountSize = 16;

    /// <exception cref="ArgumentException">An amount is negative, more is spent than authorised, or a signature is none.</exception>
    public static byte[] Pack(IReadOnlyList<Redemption> redemptions)
    {
        var packed = new byte[checked(redemptions.Count * EntrySize)];
        for (var i = 0; i < redemptions.Count; i++)
            Write(redemptions[i], packed.AsSpan(i * EntrySize, EntrySize));
        return packed;
    }

    private static void Write(Redemption redemption, Span<byte> entry)
    {
        if (redemption.Spent < Micros.Zero || redemption.Authorised < redemption.Spent)
            throw new ArgumentException($"{redemption.User} cannot have spent {redemption.Spent} of {redemption.Authorised}.", nameof(redemption));
        redemption.User.CopyTo(entry);
        BinaryPrimitives.WriteUInt128BigEndian(entry[NodeId.Size..], (UInt128)redemption.Spent.Value);
        BinaryPrimitives.WriteUInt128BigEndian(entry[(NodeId.Size + AmountSize)..], (UInt128)redemption.Authorised.Value);
        CompactSignature.FromFull(redemption.Signature).CopyTo(entry[(NodeId.Size + 2 * AmountSize)..]);
    }
}
