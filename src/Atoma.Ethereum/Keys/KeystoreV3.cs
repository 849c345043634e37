using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Atoma.Ethereum.Secp256k1;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Keys;

/// <summary>
/// A key encrypted with a passphrase, as geth, ethers and wallets write it. Passphrases are UTF-8 as they are typed; a wallet that
/// normalises them first (NFKC) gives the same for everything that is not rare. Source: "Web3 Secret Storage Definition",
/// version 3.
/// </summary>
public static class KeystoreV3
{
    /// <summary>scrypt's n of new files: 128 MiB of memory, half a second.</summary>
    public const int StandardCost = 1 << 17;

    private const int Version = 3;
    private const string Cipher = "aes-128-ctr";
    private const int CipherKeySize = 16;
    private const int IvSize = 16;
    private const int SaltSize = 32;
    private const int ScryptR = 8;
    private const int ScryptP = 1;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = KeystoreLimits.DepthMax };

    /// <summary>Null when the passphrase is wrong, or the file was changed: the two cannot be told apart.</summary>
    /// <param name="json">The file.</param>
    /// <param name="passphrase">As it was typed.</param>
    /// <exception cref="EthereumFormatException">Not a keystore of version 3, or over <see cref="KeystoreLimits"/>.</exception>
    public static NodeKey? Decrypt(ReadOnlyMemory<byte> json, ReadOnlySpan<char> passphrase)
    {
        if (json.Length > KeystoreLimits.LengthMaxBytes)
            throw new EthereumFormatException($"A keystore has at most {KeystoreLimits.LengthMaxBytes} bytes.");
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return Decrypt(document.RootElement, passphrase);
        }
        catch (JsonException e)
        {
            throw new EthereumFormatException("A keystore is a JSON object.", e);
        }
    }

    /// <param name="key">What is kept.</param>
    /// <param name="passphrase">Anything, also nothing.</param>
    /// <param name="cost">scrypt's n: a power of two up to 2^18.</param>
    /// <returns>JSON.</returns>
    public static byte[] Encrypt(NodeKey key, ReadOnlySpan<char> passphrase, int cost = StandardCost)
    {
        var kdf = KeystoreKdf.WithScrypt.Checked(RandomNumberGenerator.GetBytes(SaltSize), cost, ScryptR, ScryptP);
        var iv = RandomNumberGenerator.GetBytes(IvSize);
        var derived = Derive(kdf, passphrase);
        Span<byte> secret = stackalloc byte[SignatureRules.KeySize];
        try
        {
            key.CopyTo(secret);
            Crypt(derived.AsSpan(0, CipherKeySize), iv, secret);
            return Write(key.Id, kdf, iv, secret, Mac(derived, secret));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static NodeKey? Decrypt(JsonElement root, ReadOnlySpan<char> passphrase)
    {
        if (KeystoreJson.Int(root, "version") != Version)
            throw new EthereumFormatException($"Only keystores of version {Version} are understood.");
        // Wallets write the name with a capital letter.
        var crypto = root.TryGetProperty("Crypto", out var capital) ? capital : KeystoreJson.Member(root, "crypto");
        if (KeystoreJson.Text(crypto, "cipher") != Cipher)
            throw new EthereumFormatException($"A keystore is encrypted with {Cipher}.");
        var iv = KeystoreJson.Bytes(KeystoreJson.Member(crypto, "cipherparams"), "iv", IvSize);
        var secret = KeystoreJson.Bytes(crypto, "ciphertext", SignatureRules.KeySize);
        var mac = KeystoreJson.Bytes(crypto, "mac", Hash32.Size);
        var derived = Derive(KeystoreKdf.Read(KeystoreJson.Text(crypto, "kdf"), KeystoreJson.Member(crypto, "kdfparams")), passphrase);
        try
        {
            if (!CryptographicOperations.FixedTimeEquals(Mac(derived, secret).ToArray(), mac))
                return null;
            Crypt(derived.AsSpan(0, CipherKeySize), iv, secret);
            return Named(root, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The key, whose address is the one in the file if there is one: it is not under the MAC.</summary>
    private static NodeKey Named(JsonElement root, ReadOnlySpan<byte> secret)
    {
        if (!SignatureRules.IsValidKey(secret))
            throw new EthereumFormatException("What the keystore holds is no secp256k1 key.");
        var key = NodeKey.FromBytes(secret);
        if (!root.TryGetProperty("address", out _))
            return key;
        try
        {
            var text = KeystoreJson.Text(root, "address");
            if (NodeId.TryParse(text.StartsWith("0x", StringComparison.Ordinal) ? text : "0x" + text, out var address) && address == key.Id)
                return key;
            throw new EthereumFormatException($"The keystore says that its address is another than its key's, {key.Id}.");
        }
        catch (EthereumFormatException)
        {
            key.Dispose();
            throw;
        }
    }

    private static byte[] Derive(KeystoreKdf kdf, ReadOnlySpan<char> passphrase)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(passphrase.Length)];
        try
        {
            return kdf.Derive(bytes.AsSpan(0, Encoding.UTF8.GetBytes(passphrase, bytes)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static Hash32 Mac(ReadOnlySpan<byte> derived, ReadOnlySpan<byte> ciphertext) => Keccak.Hash([.. derived[CipherKeySize..], .. ciphertext]);

    /// <summary>AES-128 in counter mode, which is its own inverse. The counter is the whole block, big endian.</summary>
    private static void Crypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, Span<byte> data)
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        var counter = BinaryPrimitives.ReadUInt128BigEndian(iv);
        Span<byte> block = stackalloc byte[IvSize];
        for (var at = 0; at < data.Length; at += IvSize)
        {
            BinaryPrimitives.WriteUInt128BigEndian(block, unchecked(counter++));
            aes.EncryptEcb(block, block, PaddingMode.None);
            for (var i = 0; i < IvSize && at + i < data.Length; i++)
                data[at + i] ^= block[i];
        }
    }

    private static byte[] Write(NodeId address, KeystoreKdf.WithScrypt kdf, byte[] iv, ReadOnlySpan<byte> ciphertext, Hash32 mac)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("address", Convert.ToHexStringLower(address.ToArray()));
            json.WriteStartObject("crypto");
            json.WriteString("cipher", Cipher);
            json.WriteStartObject("cipherparams");
            json.WriteString("iv", Convert.ToHexStringLower(iv));
            json.WriteEndObject();
            json.WriteString("ciphertext", Convert.ToHexStringLower(ciphertext));
            json.WriteString("kdf", "scrypt");
            json.WriteStartObject("kdfparams");
            json.WriteNumber("dklen", KeystoreKdf.DerivedSize);
            json.WriteNumber("n", kdf.N);
            json.WriteNumber("p", kdf.P);
            json.WriteNumber("r", kdf.R);
            json.WriteString("salt", Convert.ToHexStringLower(kdf.Salt));
            json.WriteEndObject();
            json.WriteString("mac", mac.ToString());
            json.WriteEndObject();
            json.WriteString("id", RandomId());
            json.WriteNumber("version", Version);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>A random UUID (version 4): it says nothing about the key.</summary>
    private static string RandomId()
    {
        var bytes = RandomNumberGenerator.GetBytes(16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
