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

/// <summary>
/// A node key on disk: 64 hex digits (0x allowed) and an optional line end, readable by its owner alone. The key is not encrypted
/// (a keystore with a passphrase is another format); the file's permission is what protects it.
/// </summary>
public static class KeyFile
{
    /// <summary>More than any key written as hex with white space around it.</summary>
    public const int LengthMaxBytes = 256;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OthersMay =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <exception cref="KeyFileException">Missing, readable by others (Unix), or not a key.</exception>
    public static NodeKey Load(string path)
    {
        Span<byte> text = stackalloc byte[LengthMaxBytes + 1];
        Span<byte> key = stackalloc byte[SignatureRules.KeySize];
        try
        {
            var length = ReadOwnerOnly(path, text);
            if (length > LengthMaxBytes || !TryParse(text[..length], key))
                throw new KeyFileException($"Key file '{path}' does not hold a key: 64 hex digits on one line are expected.");
            return NodeKey.FromBytes(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Makes a key and writes it, permission 0600, never over an existing file.</summary>
    /// <exception cref="KeyFileException">The file exists or cannot be written.</exception>
    public static NodeKey Create(string path)
    {
        var key = NodeKey.Generate();
        try
        {
            Write(path, key);
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
    /// <exception cref="KeyFileException">As <see cref="Load"/> and <see cref="Create"/>.</exception>
    public static NodeKey LoadOrCreate(string path) => File.Exists(path) ? Load(path) : Create(path);

    private static int ReadOwnerOnly(string path, Span<byte> buffer)
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

    /// <summary>Writes a file beside it and renames it, so that a crash leaves no half of a key under the name.</summary>
    private static void Write(string path, NodeKey key)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var temporary = full + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;

        Span<byte> bytes = stackalloc byte[SignatureRules.KeySize];
        Span<byte> text = stackalloc byte[2 * SignatureRules.KeySize + 1];
        try
        {
            key.CopyTo(bytes);
            Convert.TryToHexStringLower(bytes, text, out _);
            text[^1] = (byte)'\n';
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(text);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(text);
            File.Delete(temporary);
        }
    }
}
