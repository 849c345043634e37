using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Grains.Accounts;

/// <summary>Stored keys as shown, and as named.</summary>
internal static class KeyView
{
    /// <summary>Hex digits of a hash that name its key: enough that no two keys of a network share them.</summary>
    private const int IdLength = 24;

    private static readonly (KeyScopes Scope, string Name)[] Names =
        [(KeyScopes.Client, "client"), (KeyScopes.Read, "read"), (KeyScopes.Manage, "manage"), (KeyScopes.Admin, "admin")];

    public static string IdOf(Hash32 keyHash) => keyHash.ToString()[..IdLength];

    public static KeyScopes Scopes(IEnumerable<string> names) =>
        names.Aggregate(KeyScopes.None, static (all, name) => all | Names.Single(n => n.Name == name).Scope);

    public static KeyInfo Of(ApiKeyRecord key, DateTimeOffset now)
    {
        var budget = key.Budget?.At(now);
        return new KeyInfo
        {
            Id = IdOf(key.KeyHash),
            Account = key.Account,
            Scopes = [.. Names.Where(n => key.Scopes.HasFlag(n.Scope)).Select(n => n.Name)],
            Label = key.Label,
            CreatedAt = key.CreatedAt,
            ExpiresAt = key.ExpiresAt,
            RevokedAt = key.RevokedAt,
            LastUsedAt = key.LastUsedAt,
            Limits = new KeyLimits(budget?.Limit.Value, Period(budget?.Period ?? BudgetPeriod.None), key.RequestsPerMinute, key.TokensPerMinute),
            UsedMicros = budget?.Used.Value ?? 0,
        };
    }

    public static string Period(BudgetPeriod period) => period.ToString().ToLowerInvariant();

    public static BudgetPeriod Period(string name) => Enum.Parse<BudgetPeriod>(name, ignoreCase: true);
}
