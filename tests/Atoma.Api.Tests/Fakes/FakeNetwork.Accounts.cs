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

    public Task<AccountStatus> Open(string actor, string account, string label) => Task.FromResult(AccountStatus.Ok);

    public Task<AccountStatus> Close(string actor, string account) => Task.FromResult(AccountStatus.Ok);

    public Task<CreditReply> Credit(string actor, string account, long micros, string reference) => Task.FromResult(new CreditReply(AccountStatus.Ok, micros, "t1"));

    public Task<CreditReply> Draw(string account) => Task.FromResult(new CreditReply(AccountStatus.AlreadyDone, 250, ""));

    public Task<IReadOnlyList<StatementLine>> Statement(string account, long before, int limit) => throw new NotSupportedException();

    public Task<IReadOnlyList<HoldInfo>> Holds(string account, int limit) => throw new NotSupportedException();

    public Task<RequestMoney?> Money(string request) => throw new NotSupportedException();

    public Task<IReadOnlyList<KeyInfo>> Keys(string account, int limit) => throw new NotSupportedException();

    public Task<KeyReply> AddKey(string actor, NewKey key) => Task.FromResult(new KeyReply(AccountStatus.Ok, Key(key.Account, [.. key.Scopes])));

    public Task<KeyReply> RevokeKey(string actor, string account, string keyId) => Task.FromResult(new KeyReply(AccountStatus.Unknown, null));

    public Task<KeyReply> LimitKey(string actor, string account, string keyId, KeyLimits limits) => Task.FromResult(new KeyReply(AccountStatus.Ok, Key(account) with { Limits = limits }));

    public Task<IReadOnlyList<AuditLine>> AuditLog(long before, int limit) => throw new NotSupportedException();
}

internal sealed class FakeTraffic(FakeNetwork network) : ITrafficGrain
{
    public Task<TrafficReply> Take(TrafficCall call) => Task.FromResult(network.OnTraffic(call));
}

internal sealed class FakePayouts : IPayoutsGrain
{
    private static readonly PayoutInfo Payout = new("p1", FakeNetwork.NodeAddress, 5, FakeNetwork.NodeAddress, "requested", DateTimeOffset.UnixEpoch, null, "");

    public Task<PayoutReply> Request(string node, long micros, string to, byte[] nonce, byte[] signature) =>
        Task.FromResult(new PayoutReply(PayoutStatus.Ok, "", Payout, 0, 0));

    public Task<PayoutReply> Bond(string node, long micros, byte[] nonce, byte[] signature) => Task.FromResult(new PayoutReply(PayoutStatus.Ok, "", null, 0, micros));

    public Task<PayoutReply> Decide(string actor, string payout, bool paid, string reference) => Task.FromResult(new PayoutReply(PayoutStatus.Ok, "", Payout, 0, 0));

    public Task<IReadOnlyList<PayoutInfo>> List(string node, string state, int limit) => Task.FromResult<IReadOnlyList<PayoutInfo>>([Payout]);

    public Task<IReadOnlyList<StatementLine>> Statement(string node, string account, long before, int limit) => Task.FromResult<IReadOnlyList<StatementLine>>([]);
}
