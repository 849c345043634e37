using System.Security.Cryptography;
using System.Text;

namespace Atoma.Ethereum.Keys;

/// <summary>The passphrase of keystores where nobody can be asked: the first line of a file that its owner alone may read.</summary>
internal static class PassphraseFile
{
    /// <summary>Names the file. An environment variable with the passphrase itself would be seen by every child process.</summary>
    public const string Variable = "ATOMA_PASSPHRASE_FILE";

    private const int LengthMaxBytes = 1_024;

    /// <param name="keyPath">Whose passphrase.</param>
    /// <exception cref="KeyFileException">The variable is not set, or its file cannot be used.</exception>
    public static string Read(string keyPath)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } path)
            throw new KeyFileException($"Key file '{keyPath}' is a keystore. Set {Variable} to the path of a file that holds its passphrase.");
        var text = GC.AllocateArray<byte>(LengthMaxBytes + 1, pinned: true);
        try
        {
            var length = KeyFile.ReadOwnerOnly(path, text);
            if (length > LengthMaxBytes)
                throw new KeyFileException($"The passphrase in '{path}' has more than {LengthMaxBytes} bytes.");
            var line = text.AsSpan(0, length);
            var end = line.IndexOfAny((byte)'\r', (byte)'\n');
            return Encoding.UTF8.GetString(end < 0 ? line : line[..end]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
