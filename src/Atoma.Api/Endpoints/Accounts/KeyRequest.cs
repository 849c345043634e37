using System.Globalization;
using System.Security.Cryptography;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;

namespace Atoma.Api.Endpoints.Accounts;

/// <summary>A key to be made: its text, which is shown once, and what is kept of it.</summary>
internal sealed record KeyRequest(string Text, NewKey Kept)
{
    /// <summary>Bytes of randomness: nobody guesses 160 bits.</summary>
    private const int SecretBytes = 20;

    private static readonly string[] KnownScopes = [AtomaPolicies.ClientScope, AtomaPolicies.ReadScope, AtomaPolicies.ManageScope, AtomaPolicies.AdminScope];

    /// <param name="body">As sent.</param>
    /// <param name="account">Whose it is to be.</param>
    /// <param name="allowed">Scopes that it may be given.</param>
    /// <param name="now">Time.</param>
    public static Parsed<KeyRequest> Make(NewKeyBody body, string account, IReadOnlyCollection<string> allowed, DateTimeOffset now)
    {
        IReadOnlyList<string> scopes = body.Scopes ?? [AtomaPolicies.ClientScope];
        if (scopes.Count == 0 || scopes.Any(s => !KnownScopes.Contains(s, StringComparer.Ordinal)))
            return OpenAiErrors.Invalid("scopes", $"names some of {string.Join(", ", KnownScopes)}");
        if (scopes.FirstOrDefault(s => !allowed.Contains(s, StringComparer.Ordinal)) is { } beyond)
            return OpenAiErrors.Invalid("scopes", $"has '{beyond}', which the key that asks may not give");
        if (body.Label is { Length: > AccountForm.LabelLengthMax } || body.Label?.Any(char.IsControl) == true)
            return OpenAiErrors.Invalid("label", $"has at most {AccountForm.LabelLengthMax} characters and no control characters");
        if (Expiry(body.ExpiresAt, now, out var expiresAt) is { } badExpiry)
            return badExpiry;
        if (Limits(body).Failed(out var badLimits, out var limits))
            return badLimits;
        var text = "atoma-" + RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true);
        return new KeyRequest(text, new NewKey(ApiKeys.Hash(text), account, [.. scopes.Distinct(StringComparer.Ordinal)], body.Label ?? "", expiresAt, limits));
    }

    public static Parsed<KeyLimits> Limits(NewKeyBody body)
    {
        if (body.BudgetMicros < 0)
            return OpenAiErrors.Invalid("budget_micros", "must be 0 or above");
        if (body.BudgetPeriod is not (null or "none" or "day" or "month"))
            return OpenAiErrors.Invalid("budget_period", "is none, day or month");
        if (body.BudgetPeriod is not null && body.BudgetMicros is null)
            return OpenAiErrors.Missing("budget_micros", "Say how much a period may spend.");
        if (body.RequestsPerMinute is < 1 or > RateMeter.PerMinuteMax)
            return OpenAiErrors.Invalid("requests_per_minute", $"must be between 1 and {RateMeter.PerMinuteMax}");
        if (body.TokensPerMinute is < 1 or > RateMeter.PerMinuteMax)
            return OpenAiErrors.Invalid("tokens_per_minute", $"must be between 1 and {RateMeter.PerMinuteMax}");
        return new KeyLimits(body.BudgetMicros, body.BudgetPeriod ?? "none", body.RequestsPerMinute, body.TokensPerMinute);
    }

    private static ApiError? Expiry(string? text, DateTimeOffset now, out DateTimeOffset? at)
    {
        at = null;
        if (text is null)
            return null;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) || time <= now)
            return OpenAiErrors.Invalid("expires_at", "is a time in the future such as 2027-01-01T00:00:00Z");
        at = time;
        return null;
    }
}
