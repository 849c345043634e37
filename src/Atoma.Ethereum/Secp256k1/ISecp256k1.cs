using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Secp256k1;

/// <summary>
/// The curve operations, which several libraries offer. Every implementation gives the same bytes for the same input: RFC 6979
/// nonces (HMAC-SHA-256), low s. Callers check ranges first (<see cref="SignatureRules"/>).
/// </summary>
internal interface ISecp256k1
{
    /// <param name="key">32 bytes in 1 .. n−1.</param>
    /// <param name="publicKey">Receives 65 bytes: 04, X, Y.</param>
    void PublicKey(ReadOnlySpan<byte> key, Span<byte> publicKey);

    /// <param name="key">32 bytes in 1 .. n−1.</param>
    /// <param name="digest">What to sign.</param>
    /// <param name="signature">Receives 65 bytes: r, s, 27 or 28.</param>
    void Sign(ReadOnlySpan<byte> key, Hash32 digest, Span<byte> signature);

    /// <param name="digest">What was signed.</param>
    /// <param name="signature">65 bytes that passed <see cref="SignatureRules.IsWellFormed"/>.</param>
    /// <param name="publicKey">Receives 65 bytes: 04, X, Y.</param>
    /// <returns>False when r is no point's x or the result is infinity.</returns>
    bool TryRecover(Hash32 digest, ReadOnlySpan<byte> signature, Span<byte> publicKey);
}
