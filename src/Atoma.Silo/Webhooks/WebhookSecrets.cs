using System.Security.Cryptography;
using System.Text;
using Atoma.Protocol.Accounts;

namespace Atoma.Silo.Webhooks;

/// <summary>Secrets derived from one key of the silo: none is stored, and one that becomes known says nothing about another.</summary>
internal sealed class WebhookSecrets : IWebhookSecrets
{
    private const int MasterLength = 32;

    private readonly byte[] _master;

    public WebhookSecrets(byte[] master)
    {
        if (master.Length != MasterLength)
            throw new ArgumentException($"A key of {MasterLength} bytes is needed, this one has {master.Length}.", nameof(master));
        _master = master;
    }

    /// <summary>The key in the file (hex), which is made, readable by its owner alone, when it is missing.</summary>
    /// <exception cref="InvalidOperationException">The file does not hold a key.</exception>
    public static WebhookSecrets LoadOrCreate(string path)
    {
        if (!File.Exists(path))
            Create(path);
        try
        {
            return new WebhookSecrets(Convert.FromHexString(File.ReadAllText(path).Trim()));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new InvalidOperationException($"'{path}' does not hold a key: {2 * MasterLength} hex digits on one line are expected. Put the old file back, or remove it to have new secrets.", e);
        }
    }

    public byte[] Of(string account) => HMACSHA256.HashData(_master, Encoding.UTF8.GetBytes("atoma/webhook/1 " + account));

    private static void Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(MasterLength)));
    }
}
