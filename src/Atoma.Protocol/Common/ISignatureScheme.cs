namespace Atoma.Protocol.Common;

/// <summary>
/// secp256k1 ECDSA with public-key recovery. A signature is 65 bytes r ‖ s ‖ v, big endian, v 27 or 28, low s only (EIP-2), so
/// that each digest and key have one signature that counts. Pure and safe for concurrent use.
/// </summary>
public interface ISignatureScheme
{
    /// <summary>Length of a signature in bytes.</summary>
    const int SignatureSize = 65;

    /// <summary>Who signed the digest; null when the signature is malformed (length, v, range of r or s, high s, r not on the curve).</summary>
    NodeId? Recover(Hash32 digest, ReadOnlySpan<byte> signature);
}

/// <summary>Holds one key and signs with it. Deterministic (RFC 6979); safe for concurrent use.</summary>
public interface ISigner
{
    /// <summary>Address of the key.</summary>
    NodeId Id { get; }

    /// <summary>65 bytes as <see cref="ISignatureScheme"/> takes them.</summary>
    byte[] Sign(Hash32 digest);
}
