using System.Numerics;
using Atoma.Ethereum.Rlp;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Transactions;

/// <summary>A transaction as it is handed to a chain.</summary>
/// <param name="Transaction">What was signed.</param>
/// <param name="Signature">65 bytes as <see cref="ISignatureScheme"/> has them.</param>
/// <param name="Sender">Whose signature it is.</param>
/// <param name="Raw">Its EIP-2718 bytes.</param>
/// <param name="Hash">Keccak-256 of them: its name on the chain.</param>
public sealed record SignedTransaction(Eip1559Transaction Transaction, byte[] Signature, NodeId Sender, byte[] Raw, Hash32 Hash)
{
    /// <summary>Larger ones are not taken by public nodes.</summary>
    public const int RawMaxBytes = 128 * 1024;

    private const int SignatureFields = 3;
    private const int WordSize = 32;
    private const byte VOffset = 27;

    private static readonly EthereumSignatures Signatures = new();

    /// <summary>Reads the bytes and finds out who signed.</summary>
    /// <exception cref="EthereumFormatException">Not the canonical encoding of a type 2 transaction, or its signature is none (high s included).</exception>
    public static SignedTransaction Decode(ReadOnlySpan<byte> raw)
    {
        if (raw.Length > RawMaxBytes)
            throw new EthereumFormatException($"A transaction has at most {RawMaxBytes} bytes, not {raw.Length}.");
        if (raw.Length == 0 || raw[0] != Eip1559Transaction.EnvelopeType)
            throw new EthereumFormatException("Only transactions of type 2 (EIP-1559) are understood.");
        var fields = RlpCodec.Decode(raw[1..]).AsList(Eip1559Transaction.FieldCount + SignatureFields);
        var transaction = Eip1559Transaction.FromFields(fields);
        var signature = ReadSignature(fields);
        var sender = Signatures.Recover(transaction.SigningHash(), signature)
            ?? throw new EthereumFormatException("The transaction's signature is none.");
        return new SignedTransaction(transaction, signature, sender, raw.ToArray(), Keccak.Hash(raw));
    }

    internal static SignedTransaction Join(Eip1559Transaction transaction, byte[] signature, NodeId sender)
    {
        RlpItem[] fields =
        [
            .. transaction.Fields(), RlpItem.Integer(signature[64] - VOffset),
            RlpItem.Integer(Number(signature.AsSpan(0, WordSize))), RlpItem.Integer(Number(signature.AsSpan(WordSize, WordSize))),
        ];
        byte[] raw = [Eip1559Transaction.EnvelopeType, .. RlpCodec.Encode(RlpItem.List(fields))];
        if (raw.Length > RawMaxBytes)
            throw new ArgumentException($"The transaction has {raw.Length} bytes; no node takes more than {RawMaxBytes}.", nameof(transaction));
        return new SignedTransaction(transaction, signature, sender, raw, Keccak.Hash(raw));
    }

    private static byte[] ReadSignature(IReadOnlyList<RlpItem> fields)
    {
        var parity = fields[Eip1559Transaction.FieldCount].AsInteger(1);
        if (parity > 1)
            throw new EthereumFormatException("The parity of a signature is 0 or 1.");
        var signature = new byte[ISignatureScheme.SignatureSize];
        WriteWord(fields[Eip1559Transaction.FieldCount + 1].AsInteger(WordSize), signature.AsSpan(0, WordSize));
        WriteWord(fields[Eip1559Transaction.FieldCount + 2].AsInteger(WordSize), signature.AsSpan(WordSize, WordSize));
        signature[64] = (byte)(VOffset + (int)parity);
        return signature;
    }

    private static BigInteger Number(ReadOnlySpan<byte> word) => new(word, isUnsigned: true, isBigEndian: true);

    private static void WriteWord(BigInteger value, Span<byte> word)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(word[(word.Length - bytes.Length)..]);
    }
}
