using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Atoma.Ethereum.Keys;

/// <summary>How a passphrase becomes the 32 bytes that encrypt a key.</summary>
internal abstract record KeystoreKdf(byte[] Salt)
{
    public const int DerivedSize = 32;

    /// <param name="name">The member <c>kdf</c>.</param>
    /// <param name="parameters">The member <c>kdfparams</c>.</param>
    /// <exception cref="EthereumFormatException">Unknown, or over <see cref="KeystoreLimits"/>.</exception>
    public static KeystoreKdf Read(string name, JsonElement parameters)
    {
        if (KeystoreJson.Int(parameters, "dklen") != DerivedSize)
            throw new EthereumFormatException($"A keystore derives {DerivedSize} bytes.");
        var salt = KeystoreJson.Bytes(parameters, "salt");
        if (salt.Length > KeystoreLimits.SaltMaxBytes)
            throw new EthereumFormatException($"A keystore's salt has at most {KeystoreLimits.SaltMaxBytes} bytes.");
        return name switch
        {
            "scrypt" => WithScrypt.Checked(salt, KeystoreJson.Int(parameters, "n"), KeystoreJson.Int(parameters, "r"), KeystoreJson.Int(parameters, "p")),
            "pbkdf2" when KeystoreJson.Text(parameters, "prf") == "hmac-sha256" => WithPbkdf2.Checked(salt, KeystoreJson.Int(parameters, "c")),
            _ => throw new EthereumFormatException("A keystore's key is derived with scrypt or with pbkdf2 and hmac-sha256."),
        };
    }

    /// <summary>The caller wipes what it gets.</summary>
    public abstract byte[] Derive(ReadOnlySpan<byte> passphrase);

    /// <summary>RFC 7914.</summary>
    public sealed record WithScrypt(byte[] Salt, int N, int R, int P) : KeystoreKdf(Salt)
    {
        /// <exception cref="EthereumFormatException">Not allowed, or over <see cref="KeystoreLimits"/>.</exception>
        public static WithScrypt Checked(byte[] salt, int n, int r, int p)
        {
            if (n < 2 || !BitOperations.IsPow2(n) || r < 1 || p < 1)
                throw new EthereumFormatException("A keystore's scrypt parameters are not allowed: n is a power of two, r and p are above zero.");
            if ((long)n * r > KeystoreLimits.ScryptMemoryMaxBytes / 128 || (long)n * r > KeystoreLimits.ScryptWorkMax / p)
                throw new EthereumFormatException($"A keystore asks for more than {KeystoreLimits.ScryptMemoryMaxBytes >> 20} MiB of memory or some seconds of time.");
            return new WithScrypt(salt, n, r, p);
        }

        public override byte[] Derive(ReadOnlySpan<byte> passphrase) => Scrypt.Derive(passphrase, Salt, N, R, P, DerivedSize);
    }

    /// <summary>RFC 8018 with HMAC-SHA-256.</summary>
    public sealed record WithPbkdf2(byte[] Salt, int Iterations) : KeystoreKdf(Salt)
    {
        /// <exception cref="EthereumFormatException">Over <see cref="KeystoreLimits"/>.</exception>
        public static WithPbkdf2 Checked(byte[] salt, int iterations) =>
            iterations is >= 1 and <= KeystoreLimits.Pbkdf2IterationsMax
                ? new WithPbkdf2(salt, iterations)
                : throw new EthereumFormatException($"A keystore has 1 to {KeystoreLimits.Pbkdf2IterationsMax} iterations.");

        public override byte[] Derive(ReadOnlySpan<byte> passphrase) =>
            Rfc2898DeriveBytes.Pbkdf2(passphrase, Salt, Iterations, HashAlgorithmName.SHA256, DerivedSize);
    }
}

/// <summary>Members of a keystore's JSON, each of the kind that it has to be.</summary>
internal static class KeystoreJson
{
    public static JsonElement Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) ? value : throw new EthereumFormatException($"A keystore has a member '{name}'.");

    public static string Text(JsonElement of, string name)
    {
        try
        {
            return Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new EthereumFormatException($"A keystore's '{name}' is text.");
        }
        catch (InvalidOperationException e)
        {
            throw new EthereumFormatException($"A keystore's '{name}' is not UTF-8.", e);
        }
    }

    public static int Int(JsonElement of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value)
            ? value
            : throw new EthereumFormatException($"A keystore's '{name}' is a number below 2^31.");

    /// <summary>Hex digits without 0x.</summary>
    public static byte[] Bytes(JsonElement of, string name)
    {
        var text = Text(of, name);
        var bytes = new byte[text.Length / 2];
        return text.Length % 2 == 0 && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done
            ? bytes
            : throw new EthereumFormatException($"A keystore's '{name}' is pairs of hex digits.");
    }

    public static byte[] Bytes(JsonElement of, string name, int length) =>
        Bytes(of, name) is var bytes && bytes.Length == length ? bytes : throw new EthereumFormatException($"A keystore's '{name}' has {length} bytes.");
}
