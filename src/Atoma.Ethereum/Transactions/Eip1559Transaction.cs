using System.Numerics;
using Atoma.Ethereum.Rlp;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Transactions;

/// <summary>An account and the storage slots of it that a transaction names beforehand (EIP-2930).</summary>
public sealed record AccessListEntry(NodeId Account, IReadOnlyList<Hash32> Slots);

/// <summary>A transaction of type 2, not yet signed. Source: https://eips.ethereum.org/EIPS/eip-1559.</summary>
/// <param name="ChainId">The only chain it is good for.</param>
/// <param name="Nonce">Transactions that the sender sent before.</param>
/// <param name="MaxPriorityFee">Wei per gas for the block's producer, at most <paramref name="MaxFee"/>.</param>
/// <param name="MaxFee">Wei per gas in all.</param>
/// <param name="GasLimit">Gas.</param>
/// <param name="To">Receiver; null creates a contract.</param>
/// <param name="Value">Wei.</param>
/// <param name="Data">Call data or initialisation code.</param>
public sealed record Eip1559Transaction(
    ulong ChainId, ulong Nonce, BigInteger MaxPriorityFee, BigInteger MaxFee, ulong GasLimit, NodeId? To, BigInteger Value, byte[] Data)
{
    /// <summary>First byte of its EIP-2718 envelope.</summary>
    internal const byte EnvelopeType = 2;

    /// <summary>Fields before the signature.</summary>
    internal const int FieldCount = 9;

    private const int WordSize = 32;

    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>What the sender signs.</summary>
    public Hash32 SigningHash() => Keccak.Hash([EnvelopeType, .. RlpCodec.Encode(RlpItem.List(Fields()))]);

    /// <exception cref="ArgumentException">A field is out of its range.</exception>
    public SignedTransaction Sign(ISigner signer)
    {
        CheckRanges();
        var signature = signer.Sign(SigningHash());
        return SignedTransaction.Join(this, signature, signer.Id);
    }

    internal IReadOnlyList<RlpItem> Fields() =>
    [
        RlpItem.Integer(ChainId), RlpItem.Integer(Nonce), RlpItem.Integer(MaxPriorityFee), RlpItem.Integer(MaxFee), RlpItem.Integer(GasLimit),
        RlpItem.Address(To), RlpItem.Integer(Value), RlpItem.Bytes(Data),
        RlpItem.List([.. AccessList.Select(entry => RlpItem.List(RlpItem.Address(entry.Account), RlpItem.List([.. entry.Slots.Select(RlpItem.Hash)])))]),
    ];

    internal static Eip1559Transaction FromFields(IReadOnlyList<RlpItem> fields) =>
        new(fields[0].AsUInt64(), fields[1].AsUInt64(), fields[2].AsInteger(WordSize), fields[3].AsInteger(WordSize), fields[4].AsUInt64(),
            fields[5].AsAddress(), fields[6].AsInteger(WordSize), fields[7].AsBytes())
        {
            AccessList = [.. fields[8].AsList().Select(ReadEntry)],
        };

    private static AccessListEntry ReadEntry(RlpItem item)
    {
        var pair = item.AsList(2);
        return new AccessListEntry(new NodeId(pair[0].AsBytes(NodeId.Size)), [.. pair[1].AsList().Select(slot => new Hash32(slot.AsBytes(Hash32.Size)))]);
    }

    private void CheckRanges()
    {
        foreach (var number in (ReadOnlySpan<BigInteger>)[MaxPriorityFee, MaxFee, Value])
        {
            if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > WordSize)
                throw new ArgumentException("Fees and value are 0 to 2^256 - 1 wei.");
        }

        if (MaxPriorityFee > MaxFee)
            throw new ArgumentException("The priority fee is part of the whole fee and cannot be above it.");
        if (Nonce == ulong.MaxValue)
            throw new ArgumentException("This nonce can never be used (EIP-2681).");
    }
}
