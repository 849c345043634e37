using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Security;

/// <summary>Looks keys up by their hash and remembers the found ones for a short time. Unknown keys are not remembered: guesses cannot fill it.</summary>
internal sealed class ApiKeys(IGrainFactory grains, Limits limits, TimeProvider time)
{
    private sealed record Entry(KeyInfo Key, DateTimeOffset Until);

    private readonly ConcurrentDictionary<string, Entry> _found = new(StringComparer.Ordinal);

    /// <summary>SHA-256 of the key's text, hex.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    public async ValueTask<KeyInfo?> FindAsync(string keyHash)
    {
        var now = time.GetUtcNow();
        if (_found.TryGetValue(keyHash, out var entry) && entry.Until > now)
            return entry.Key;
        var key = await ReadAsync(keyHash);
        if (key is null)
        {
            _found.TryRemove(keyHash, out _);
            return null;
        }

        if (_found.Count >= limits.CachedKeys)
            _found.Clear();
        _found[keyHash] = new Entry(key, now + limits.CachedKeyTime);
        return key;
    }

    /// <summary>As the network knows it now.</summary>
    public Task<KeyInfo?> ReadAsync(string keyHash) => grains.GetGrain<IAccountsGrain>(Keys.Accounts).FindKey(keyHash);

    /// <summary>Changed or revoked through this front end: what is remembered of it counts no more.</summary>
    public void Forget(string keyId)
    {
        foreach (var (hash, _) in _found.Where(f => f.Value.Key.Id == keyId))
            _found.TryRemove(hash, out _);
    }
}
