using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Atoma.Api.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Atoma.Api.Security;

/// <param name="Hash">Hash of the presented key; null when none was presented, or not readable.</param>
/// <param name="Problem">Why there is none.</param>
internal readonly record struct PresentedKey(string? Hash, ApiError Problem);

/// <summary>Authenticates <c>Authorization: Bearer KEY</c>.</summary>
internal class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiKeys keys, Limits limits)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "atoma.key";

    protected virtual string Challenge => "Bearer";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Present().Hash is not { } hash)
            return AuthenticateResult.NoResult();
        if (await keys.FindAsync(hash) is not { } key)
            return AuthenticateResult.Fail("unknown key");
        var identity = new ClaimsIdentity(
            [
                new Claim(AtomaPolicies.AccountClaim, key.Account), new Claim(AtomaPolicies.KeyHashClaim, hash), new Claim(AtomaPolicies.KeyIdClaim, key.Id),
                .. key.Scopes.Select(s => new Claim(AtomaPolicies.ScopeClaim, s)),
            ],
            Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = Challenge;
        var presented = Present();
        return (presented.Hash is null ? presented.Problem : OpenAiErrors.WrongKey()).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => OpenAiErrors.WrongScope(AtomaPolicies.Wanted(Context)).ExecuteAsync(Context);

    protected virtual PresentedKey Present() => FromHeader("Bearer", static value => value);

    protected PresentedKey FromHeader(string scheme, Func<string, string?> read)
    {
        var header = Request.Headers.Authorization;
        if (header.Count == 0 || string.IsNullOrWhiteSpace(header.ToString()))
            return new PresentedKey(null, OpenAiErrors.MissingKey());
        return header.Count == 1
            && AuthenticationHeaderValue.TryParse(header.ToString(), out var parsed)
            && string.Equals(parsed.Scheme, scheme, StringComparison.OrdinalIgnoreCase)
            && parsed.Parameter is { Length: > 0 } value && value.Length <= limits.KeyLength * 2
            && read(value) is { Length: > 0 } key && key.Length <= limits.KeyLength
            ? new PresentedKey(ApiKeys.Hash(key), OpenAiErrors.WrongKey())
            : new PresentedKey(null, OpenAiErrors.MalformedAuthorization());
    }
}

/// <summary>
/// What a browser can present, for pages only: basic authentication with the key as password, or the cookie of
/// <see cref="AdminLogin"/>. Never accepted for /v1, where a foreign page could make a browser send it.
/// </summary>
internal sealed class BrowserKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiKeys keys, Limits limits, AdminSessions sessions)
    : ApiKeyHandler(options, loggers, encoder, keys, limits)
{
    public const string BrowserSchemeName = "atoma.browser";

    protected override string Challenge => "Basic realm=\"Atoma: the admin key is the password\", charset=\"UTF-8\"";

    protected override PresentedKey Present()
    {
        var bearer = base.Present();
        if (bearer.Hash is not null)
            return bearer;
        var basic = FromHeader("Basic", Password);
        if (basic.Hash is not null)
            return basic;
        return Request.Cookies.TryGetValue(AdminSessions.Cookie, out var id) && sessions.KeyHash(id) is { } hash
            ? new PresentedKey(hash, OpenAiErrors.WrongKey())
            : basic;
    }

    private static string? Password(string base64)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var written))
            return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, written);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : pair[(colon + 1)..];
    }
}
