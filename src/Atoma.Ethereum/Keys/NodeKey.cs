using System.Security.Cryptography;
using Atoma.Ethereum.Secp256k1;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Keys;

/// <summary>
/// A node's private key (P1). Kept in pinned memory, wiped on dispose and never shown: <see cref="ToString"/> gives the address.
/// </summary>
public sealed class NodeKey : ISigner, IDisposable
{
    private readonly byte[] _key;
    private readonly ISecp256k1 _curve;
    private bool _disposed;

    private NodeKey(ReadOnlySpan<byte> key, ISecp256k1 curve)
    {
        _curve = curve;
        _key = GC.AllocateUninitializedArray<byte>(SignatureRules.KeySize, pinned: true);
        key.CopyTo(_key);
        Span<byte> publicKey = stackalloc byte[SignatureRules.PublicKeySize];
        curve.PublicKey(_key, publicKey);
        Id = NodeId.FromPublicKey(publicKey);
    }

    public NodeId Id { get; }

    /// <summary>A new key from the system's random source.</summary>
    public static NodeKey Generate()
    {
        Span<byte> key = stackalloc byte[SignatureRules.KeySize];
        do
        {
            RandomNumberGenerator.Fill(key);
        }
        while (!SignatureRules.IsValidKey(key));

        var made = new NodeKey(key, Curves.Best);
        CryptographicOperations.ZeroMemory(key);
        return made;
    }

    /// <summary>Takes a copy; the caller wipes its own.</summary>
    /// <param name="key">32 bytes, 1 to the curve's order − 1.</param>
    /// <exception cref="ArgumentException">Not a valid key. The message does not contain it.</exception>
    public static NodeKey FromBytes(ReadOnlySpan<byte> key) => FromBytes(key, Curves.Best);

    internal static NodeKey FromBytes(ReadOnlySpan<byte> key, ISecp256k1 curve) =>
        SignatureRules.IsValidKey(key)
            ? new NodeKey(key, curve)
            : throw new ArgumentException("Not a secp256k1 private key: 32 bytes, above zero and below the curve's order.", nameof(key));

    public byte[] Sign(Hash32 digest)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var signature = new byte[ISignatureScheme.SignatureSize];
        _curve.Sign(_key, digest, signature);
        return signature;
    }

    /// <summary>For the key file only. The caller wipes it.</summary>
    internal void CopyTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _key.CopyTo(destination);
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }

    public override string ToString() => Id.ToString();
}
