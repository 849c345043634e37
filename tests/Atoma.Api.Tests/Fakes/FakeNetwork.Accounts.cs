using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests.Fakes;

// Accounts and keys, as far as tests without books need them; with books they are tested in Atoma.Gateway.Tests.
internal sealed partial class FakeNetwork : IAccountsGrain
{
    /// <summary>What the next questions find at their key's meter.</summary>
    public Func<TrafficCall, TrafficReply> OnTraffic { get; set; } = static call => new TrafficReply(
        true, new TrafficLevel(call.RequestsPerMinute, call.RequestsPerMinute - call.Requests, TimeSpan.FromMilliseconds(1), TimeSpan.Zero),
        new TrafficLevel(call.TokensPerMinute, call.TokensPerMinute - call.Tokens, TimeSpan.FromSeconds(61.5), TimeSpan.Zero));

    private static KeyInfo Key(string account, params string[] scopes) => new() { Id = "key-of-" + account, Account = account, Scopes = scopes };

    public Task<KeyInfo?> FindKey(string keyHash)
    {
        Interlocked.Increment(ref KeyLookups);
        return Task.FromResult(KeysByHash.GetValueOrDefault(keyHash));
    }

    public Task<AccountInfo?> Describe(string account) => Task.FromResult<AccountInfo?>(new AccountInfo(account, 250));

    public Task<IReadOnlyList<AccountInfo>> List(string after, int limit) => throw new NotSupportedException();

    public Task<AccountStatus> Open(string actor, string account, string label) => throw new NotSupportedException();

    public Task<AccountStatus> Close(string actor, string account) => throw new NotSupportedException();

    public Task<CreditReply> Credit(string actor, string account, long micros, string reference) => throw new NotSupportedException();

    public Task<CreditReply> Draw(string account) => throw new NotSupportedException();

    public Task<IReadOnlyList<StatementLine>> Statement(string account, long before, int limit) => throw new NotSupportedException();

    public Task<IReadOnlyList<HoldInfo>> Holds(string account, int limit) => throw new NotSupportedException();

    public Task<RequestMoney?> Money(string request) => throw new NotSupportedException();

    public Task<IReadOnlyList<KeyInfo>> Keys(string account, int limit) => throw new NotSupportedException();

    public Task<KeyReply> AddKey(string actor, NewKey key) => throw new NotSupportedException();

    public Task<KeyReply> RevokeKey(string actor, string account, string keyId) => throw new NotSupportedException();

    public Task<KeyReply> LimitKey(string actor, string account, string keyId, KeyLimits limits) => throw new NotSupportedException();

    public Task<IReadOnlyList<AuditLine>> AuditLog(long before, int limit) => throw new NotSupportedException();
}

internal sealed class FakeTraffic(FakeNetwork network) : ITrafficGrain
{
    public Task<TrafficReply> Take(TrafficCall call) => Task.FromResult(network.OnTraffic(call));
}
