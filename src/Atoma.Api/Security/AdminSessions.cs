using System.Security.Cryptography;

namespace Atoma.Api.Security;

/// <summary>Browsers signed in with an admin key. Only the key's hash is kept, and looked up again each time: a revoked key ends its sessions.</summary>
internal sealed class AdminSessions(Limits limits, TimeProvider time)
{
    public const string Cookie = "atoma_admin";

    private sealed record Session(string Id, string KeyHash, DateTimeOffset Until);

    private readonly Lock _gate = new();
    private readonly List<Session> _sessions = [];

    public string Open(string keyHash)
    {
        var session = new Session(RandomNumberGenerator.GetHexString(64, lowercase: true), keyHash, time.GetUtcNow() + limits.AdminSessionTime);
        lock (_gate)
        {
            if (_sessions.Count >= limits.AdminSessions)
                _sessions.RemoveAt(0);
            _sessions.Add(session);
        }

        return session.Id;
    }

    /// <summary>Hash of the key the session was opened with; null when there is none or it is over.</summary>
    public string? KeyHash(string id)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            _sessions.RemoveAll(s => s.Until <= now);
            return _sessions.Find(s => string.Equals(s.Id, id, StringComparison.Ordinal))?.KeyHash;
        }
    }
}
