using System.Security.Claims;

namespace Atoma.Api.Security;

/// <summary>Names of the authorization policies. An API key has one scope, client or admin.</summary>
public static class AtomaPolicies
{
    /// <summary>May spend its account's money: scope client, as bearer.</summary>
    public const string Client = "atoma.client";

    /// <summary>May read what belongs to it: any scope, as bearer.</summary>
    public const string Reader = "atoma.reader";

    /// <summary>Scope admin: as bearer, as password of HTTP basic authentication, or by a browser session (see <see cref="AdminLogin"/>).</summary>
    public const string Admin = "atoma.admin";

    /// <summary>Below this path <c>?key=ADMIN_KEY</c> signs a browser in.</summary>
    public const string DashboardPath = "/dashboard";

    internal const string ClientScope = "client";
    internal const string AdminScope = "admin";
    internal const string AccountClaim = "account";
    internal const string ScopeClaim = "scope";

    internal static string Account(this ClaimsPrincipal user) => user.FindFirstValue(AccountClaim) ?? throw new InvalidOperationException("No account: the endpoint asks for no key.");

    internal static bool IsAdmin(this ClaimsPrincipal user) => user.HasClaim(ScopeClaim, AdminScope);
}
