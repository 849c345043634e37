using System.Buffers;
using System.Security.Cryptography;
using Atoma.Ethereum.Secp256k1;

namespace Atoma.Ethereum.Keys;

/// <summary>A key file that cannot be used; the message says what to do and never holds key material.</summary>
public sealed class KeyFileException : Exception
{
    public KeyFileException()
    {
    }

    public KeyFileException(string message)
        : base(message)
    {
    }

    public KeyFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Asks for the passphrase of a key file: from a terminal, another file, a secret store.</summary>
/// <param name="path">Of the key file.</param>
public delegate string PassphraseSource(string path);

/// <summary>
/// A key on disk, readable by its owner alone. Either 64 hex digits (0x allowed) and an optional line end, which only the file's
/// permission protects, or a keystore with a passphrase (<see cref="KeystoreV3"/>).
/// </summary>
public static class KeyFile
{
    /// <summary>More than any key written as hex with white space around it.</summary>
    public const int LengthMaxBytes = 256;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <param name="path">Of the file.</param>
    /// <param name="passphrase">Asked when the file is a keystore; null for the file that the environment variable ATOMA_PASSPHRASE_FILE names.</param>
    /// <exception cref="KeyFileException">Missing, readable by others (Unix), not a key, or the passphrase is wrong.</exception>
    public static NodeKey Load(string path, PassphraseSource? passphrase = null)
    {
        // Pinned, so that the collector leaves no copies of a key behind.
        var text = GC.AllocateArray<byte>(KeystoreLimits.LengthMaxBytes + 1, pinned: true);
        Span<byte> key = stackalloc byte[SignatureRules.KeySize];
        try
        {
            var length = ReadOwnerOnly(path, text);
            if (text.AsSpan(0, length).TrimStart(" \t\r\n"u8).StartsWith("{"u8))
                return LoadKeystore(path, text.AsMemory(0, length), passphrase);
            if (length > LengthMaxBytes || !TryParse(text.AsSpan(0, length), key))
                throw new KeyFileException($"Key file '{path}' does not hold a key: 64 hex digits on one line, or a keystore, are expected.");
            return NodeKey.FromBytes(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Makes a key and writes it, permission 0600, never over an existing file.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="passphrase">Writes a keystore that this opens; null writes the key as it is.</param>
    /// <exception cref="KeyFileException">The file exists or cannot be written.</exception>
    public static NodeKey Create(string path, string? passphrase = null) => Create(path, passphrase, KeystoreV3.StandardCost);

    internal static NodeKey Create(string path, string? passphrase, int cost)
    {
        var key = NodeKey.Generate();
        try
        {
            WriteKey(path, key, passphrase, cost);
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new KeyFileException(
                File.Exists(path) ? $"Key file '{path}' exists already; it is never overwritten." : $"Key file '{path}' cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The key in the file, which is made when it is missing.</summary>
    /// <exception cref="KeyFileException">As <see cref="Load"/> and <see cref="Create(string, string?)"/>.</exception>
    public static NodeKey LoadOrCreate(string path, PassphraseSource? passphrase = null) =>
        File.Exists(path) ? Load(path, passphrase) : Create(path, passphrase?.Invoke(path));

    private static NodeKey LoadKeystore(string path, ReadOnlyMemory<byte> json, PassphraseSource? passphrase)
    {
        try
        {
            return KeystoreV3.Decrypt(json, (passphrase ?? PassphraseFile.Read)(path)) ?? throw new KeyFileException($"The passphrase of key file '{path}' is wrong, or the file was changed.");
        }
        catch (EthereumFormatException e)
        {
            throw new KeyFileException($"Key file '{path}' is not a keystore that can be used: {e.Message}", e);
        }
    }

    internal static int ReadOwnerOnly(string path, Span<byte> buffer)
    {
        try
        {
            // The permission is asked of the open file, so that nobody can swap it in between.
            using var handle = File.OpenHandle(path);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(handle) & OthersMay) != UnixFileMode.None)
                throw new KeyFileException($"Key file '{path}' may be used by others than its owner. Run: chmod 600 '{path}'");
            var length = 0;
            while (length < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[length..], length);
                if (read == 0)
                    break;
                length += read;
            }

            return length;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyFileException($"Key file '{path}' does not exist.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"Key file '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> text, Span<byte> key)
    {
        text = text.Trim(" \t\r\n"u8);
        if (text.StartsWith("0x"u8))
            text = text[2..];
        return text.Length == 2 * SignatureRules.KeySize
            && Convert.FromHexString(text, key, out _, out _) == OperationStatus.Done
            && SignatureRules.IsValidKey(key);
    }

    private static void WriteKey(string path, NodeKey key, string? passphrase, int cost)
    {
        if (passphrase is not null)
        {
            Write(path, KeystoreV3.Encrypt(key, passphrase, cost));
            return;
        }

        Span<byte> bytes = stackalloc byte[SignatureRules.KeySize];
        Span<byte> text = stackalloc byte[2 * SignatureRules.KeySize + 1];
        try
        {
            key.CopyTo(bytes);
            Convert.TryToHexStringLower(bytes, text, out _);
            text[^1] = (byte)'\n';
            Write(path, text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Writes a file beside it and renames it, so that a crash leaves no half of a key under the name.</summary>
    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var temporary = full + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: false);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
