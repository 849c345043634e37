using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace Atoma.Api.Security;

/// <summary>Names of the authorization policies. An API key has scopes: client, read, manage, admin.</summary>
public static class AtomaPolicies
{
    /// <summary>May spend its account's money: scope client, as bearer.</summary>
    public const string Client = "atoma.client";

    /// <summary>May read what belongs to it: any scope, as bearer.</summary>
    public const string Reader = "atoma.reader";

    /// <summary>May make and revoke keys of its own account: scope manage, as bearer.</summary>
    public const string Manager = "atoma.manager";

    /// <summary>May change accounts and payouts: scope admin, as bearer.</summary>
    public const string AdminApi = "atoma.admin-api";

    /// <summary>Scope admin: as bearer, as password of HTTP basic authentication, or by a browser session (see <see cref="AdminLogin"/>).</summary>
    public const string Admin = "atoma.admin";

    /// <summary>Below this path <c>?key=ADMIN_KEY</c> signs a browser in.</summary>
    public const string DashboardPath = "/dashboard";

    internal const string ClientScope = "client";
    internal const string ReadScope = "read";
    internal const string ManageScope = "manage";
    internal const string AdminScope = "admin";
    internal const string KeyHashClaim = "key";
    internal const string KeyIdClaim = "key-id";
    internal const string AccountClaim = "account";
    internal const string ScopeClaim = "scope";

    /// <summary>The scope that an endpoint asks for, to be told to whoever lacks it.</summary>
    internal static string Wanted(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy switch
    {
        Client => ClientScope,
        Reader => ReadScope,
        Manager => ManageScope,
        _ => AdminScope,
    };

    internal static string Account(this ClaimsPrincipal user) => user.FindFirstValue(AccountClaim) ?? throw new InvalidOperationException("No account: the endpoint asks for no key.");

    /// <summary>SHA-256 of the key that asks, hex.</summary>
    internal static string KeyHash(this ClaimsPrincipal user) => user.FindFirstValue(KeyHashClaim) ?? throw new InvalidOperationException("No key: the endpoint asks for none.");

    internal static string[] Scopes(this ClaimsPrincipal user) => [.. user.FindAll(ScopeClaim).Select(c => c.Value)];

    /// <summary>Who did it, for the audit log: the account and its key.</summary>
    internal static string Actor(this ClaimsPrincipal user)
    {
        var (account, key) = (user.Account(), user.FindFirstValue(KeyIdClaim) ?? "");
        return account.Length + key.Length < 64 ? $"{account}/{key}" : account;
    }

    internal static bool IsAdmin(this ClaimsPrincipal user) => user.HasClaim(ScopeClaim, AdminScope);
}
