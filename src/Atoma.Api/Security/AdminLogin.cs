using Atoma.Api.Errors;
using Microsoft.AspNetCore.Http.Extensions;

namespace Atoma.Api.Security;

/// <summary>Signs a browser in by <c>/dashboard?key=ADMIN_KEY</c>: a cookie that scripts cannot read, and at once away from the address with the key in it.</summary>
internal sealed class AdminLogin(RequestDelegate next, ApiKeys keys, AdminSessions sessions, Limits limits, ILogger<AdminLogin> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.Path.StartsWithSegments(AtomaPolicies.DashboardPath, StringComparison.OrdinalIgnoreCase) || !request.Query.TryGetValue("key", out var values))
        {
            await next(context);
            return;
        }

        var text = values.ToString();
        var hash = ApiKeys.Hash(text);
        var key = text.Length > 0 && text.Length <= limits.KeyLength ? await keys.FindAsync(hash) : null;
        if (key?.Scopes.Contains(AtomaPolicies.AdminScope) != true)
        {
            await (key is null ? OpenAiErrors.WrongKey() : OpenAiErrors.WrongScope(AtomaPolicies.AdminScope)).ExecuteAsync(context);
            return;
        }

        Log.AdminSignedIn(logger);
        context.Response.Cookies.Append(AdminSessions.Cookie, sessions.Open(hash), new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = request.IsHttps,
            Path = AtomaPolicies.DashboardPath,
            MaxAge = limits.AdminSessionTime,
            IsEssential = true,
        });
        var rest = new QueryBuilder(request.Query.Where(q => !string.Equals(q.Key, "key", StringComparison.OrdinalIgnoreCase)));
        context.Response.Redirect(request.PathBase + request.Path + rest.ToQueryString());
    }
}
