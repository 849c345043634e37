using System.Security.Cryptography;
using System.Text;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Silo.Hosting;

/// <summary>The keys of a development network, as printed at start.</summary>
/// <param name="Api">For requests, on the account <see cref="SiloSettings.DevelopmentAccount"/>.</param>
/// <param name="Admin">For the dashboard.</param>
public sealed record IssuedKeys(string Api, string Admin);

/// <summary>
/// Makes the development account: its API key, an admin key and a starting balance. Keys are random unless given, kept in files
/// only their owner can read, and known to the database by hash only.
/// </summary>
public sealed class DevelopmentKeys(SiloSettings settings, IAccountStore accounts, ILedgerStore ledger, TimeProvider time)
{
    public const string Account = "dev";

    public const string AdminAccount = "admin";

    public async Task<IssuedKeys> IssueAsync(CancellationToken cancellationToken)
    {
        var api = settings.DevelopmentKey ?? Kept("dev.key", "atoma-dev-");
        var admin = Kept("admin.key", "atoma-admin-");
        await accounts.AddAccountAsync(new AccountRecord(settings.DevelopmentAccount, "development", time.GetUtcNow()), cancellationToken);
        await accounts.AddAccountAsync(new AccountRecord(AdminAccount, "administration", time.GetUtcNow()), cancellationToken);
        await AddAsync(api, settings.DevelopmentAccount, KeyScopes.Client | KeyScopes.Manage, "development", cancellationToken);
        await AddAsync(admin, AdminAccount, KeyScopes.Admin, "development admin", cancellationToken);
        if (settings.DevelopmentBalanceMicros > 0 && settings.Chain is null)
        {
            // The id makes the faucet pay once per network, however often it starts.
            var id = new CanonicalWriter().Text("atoma/faucet/development").Text(Account).Sha256();
            await ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Transfer(
                id, LedgerAccount.External, LedgerAccount.User(Account), new Micros(settings.DevelopmentBalanceMicros), TransferCode.Deposit)]), cancellationToken);
        }

        return new IssuedKeys(api, admin);
    }

    private Task AddAsync(string key, string account, KeyScopes scopes, string label, CancellationToken cancellationToken) =>
        accounts.AddKeyAsync(
            new ApiKeyRecord(Hash32.Sha256(Encoding.UTF8.GetBytes(key)), account, scopes, label, time.GetUtcNow()), cancellationToken);

    private string Kept(string file, string prefix)
    {
        var folder = Path.Combine(settings.DataDirectory, "keys");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, file);
        if (File.Exists(path))
            return File.ReadAllText(path).Trim();
        var key = prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(key);
        return key;
    }
}
