using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Secp256k1;

/// <summary>
/// Signatures of 64 bytes: the parity of v stands in the highest bit of s, which is free when s is low. Source:
/// https://eips.ethereum.org/EIPS/eip-2098.
/// </summary>
public static class CompactSignature
{
    public const int Size = 64;

    private const byte VOffset = 27;
    private const byte ParityBit = 0x80;

    /// <param name="signature">65 bytes as <see cref="ISignatureScheme"/> has them.</param>
    /// <exception cref="ArgumentException">Not a signature, or with a high s.</exception>
    public static byte[] FromFull(ReadOnlySpan<byte> signature)
    {
        if (!SignatureRules.IsWellFormed(signature))
            throw new ArgumentException("Not a signature of 65 bytes with low s and v 27 or 28.", nameof(signature));
        var compact = signature[..Size].ToArray();
        if (signature[Size] != VOffset)
            compact[Hash32.Size] |= ParityBit;
        return compact;
    }

    /// <exception cref="EthereumFormatException">Not a signature.</exception>
    public static byte[] ToFull(ReadOnlySpan<byte> compact)
    {
        if (compact.Length != Size)
            throw new EthereumFormatException($"A compact signature has {Size} bytes, not {compact.Length}.");
        byte[] signature = [.. compact, (compact[Hash32.Size] & ParityBit) == 0 ? VOffset : (byte)(VOffset + 1)];
        signature[Hash32.Size] &= ParityBit - 1;
        return SignatureRules.IsWellFormed(signature) ? signature : throw new EthereumFormatException("A compact signature has r or s out of range.");
    }
}
