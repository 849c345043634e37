using System.Security.Cryptography;
using System.Text;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Grains.Tests.Accounts;

[Collection(ClusterCollection.Name)]
public sealed class AccountsGrainTests(SharedCluster shared)
{
    private static readonly KeyLimits NoLimits = new(null, "none", null, null);

    private IAccountsGrain Accounts => shared.Cluster.Grains.GetGrain<IAccountsGrain>(Keys.Accounts);

    [Fact]
    public async Task FindKey_KnownRevokedExpiredUnknown()
    {
        var account = await OpenAsync();
        var key = await AddAsync(account, NoLimits, scopes: ["client", "manage"]);
        var brief = await AddAsync(account, NoLimits, expiresAt: shared.Cluster.Clock.GetUtcNow().AddMinutes(1));

        var found = await Accounts.FindKey(key.Hash);
        Assert.Equal((account, "client manage"), (found?.Account, string.Join(' ', found?.Scopes ?? [])));
        Assert.Equal(shared.Cluster.Clock.GetUtcNow(), (await Accounts.FindKey(key.Hash))?.LastUsedAt);
        Assert.NotNull(await Accounts.FindKey(brief.Hash));
        Assert.Null(await Accounts.FindKey(Hash32.Zero.ToString()));
        Assert.Null(await Accounts.FindKey("no hash"));

        Assert.Equal(AccountStatus.Unknown, (await Accounts.RevokeKey("admin", "another", found!.Id)).Status);
        Assert.Equal(AccountStatus.Ok, (await Accounts.RevokeKey("admin", account, found.Id)).Status);
        Assert.Equal(AccountStatus.AlreadyDone, (await Accounts.RevokeKey("admin", account, found.Id)).Status);
        Assert.Null(await Accounts.FindKey(key.Hash));
        shared.Cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await Accounts.FindKey(brief.Hash));
    }

    [Fact]
    public async Task Credit_SameReference_PaysInOnce_AnotherAmountConflicts()
    {
        var account = await OpenAsync();

        var first = await Accounts.Credit("admin", account, 500, "wire 1");
        var again = await Accounts.Credit("admin", account, 500, "wire 1");
        var other = await Accounts.Credit("admin", account, 501, "wire 1");
        await Accounts.Credit("admin", account, 70, "wire 2");

        Assert.Equal((AccountStatus.Ok, AccountStatus.AlreadyDone, AccountStatus.Conflict), (first.Status, again.Status, other.Status));
        Assert.Equal(570, (await Accounts.Describe(account))!.BalanceMicros);
        Assert.Equal([70L, 500L], (await Accounts.Statement(account, 0, 10)).Select(l => l.AmountMicros));
        Assert.Equal(AccountStatus.Unknown, (await Accounts.Credit("admin", "nobody", 1, "wire")).Status);
    }

    [Fact]
    public async Task Close_RevokesItsKeys_AndRefusesNewOnes_MoneyStays()
    {
        var account = await OpenAsync();
        var key = await AddAsync(account, NoLimits);
        await Accounts.Credit("admin", account, 500, "wire");

        Assert.Equal(AccountStatus.Ok, await Accounts.Close("admin", account));

        Assert.Null(await Accounts.FindKey(key.Hash));
        Assert.Equal(AccountStatus.Closed, (await Accounts.AddKey("admin", key with { Hash = Fresh() })).Status);
        Assert.Equal(AccountStatus.Closed, (await Accounts.Credit("admin", account, 1, "wire 2")).Status);
        Assert.Equal(500, (await Accounts.Describe(account))!.BalanceMicros);
        Assert.Equal(AccountStatus.AlreadyDone, await Accounts.Close("admin", account));
        Assert.Equal(AccountStatus.Exists, await Accounts.Open("admin", account, ""));
    }

    [Fact]
    public async Task Everything_IsInTheAuditLog_InOrder_WithoutTheKey()
    {
        var account = await OpenAsync();
        var key = await AddAsync(account, new KeyLimits(10, "day", 5, null));
        var id = (await Accounts.Keys(account, 10)).Single().Id;
        await Accounts.LimitKey("owner/1", account, id, new KeyLimits(20, "month", null, 7));
        await Accounts.RevokeKey("owner/1", account, id);
        await Accounts.Close("admin/1", account);

        var lines = (await Accounts.AuditLog(0, 500)).Where(l => l.Subject == account || l.Subject == id).Reverse().ToArray();

        Assert.Equal(["account.open", "key.add", "key.limit", "key.revoke", "account.close"], lines.Select(l => l.Action));
        Assert.Equal("owner/1", lines[2].Actor);
        Assert.Contains("20 micros per month", lines[2].Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(lines, l => l.Detail.Contains(key.Hash, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Budget_IsChargedByHolds_GivenBackByReleases_AndHoldsUnderParallelRequests()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        await Accounts.Open("admin", network.Account, "");
        var key = await AddAsync(network.Account, NoLimits);
        var probe = network.Call() with { KeyHash = key.Hash };
        var hold = (await network.RunAsync(probe)).Reply.HoldMicros;
        var price = await network.BalanceAsync();
        price = TestNetwork.Funds - price;
        var id = (await Accounts.Keys(network.Account, 10)).Single().Id;
        // Room for three holds at once, and for one more when two of them have given back what they did not use.
        await Accounts.LimitKey("admin", network.Account, id, new KeyLimits(3 * hold, "none", null, null));

        SubmitCall[] calls = [.. Enumerable.Range(0, 12).Select(_ => network.Call() with { KeyHash = key.Hash, Deferred = true })];
        var replies = await Task.WhenAll(calls.Select(network.SubmitAsync));

        Assert.Equal(3, replies.Count(r => r.Status == SubmitStatus.Accepted));
        Assert.Equal(9, replies.Count(r => r.Status == SubmitStatus.BudgetExceeded));
        Assert.Equal(3 * hold, (await Accounts.FindKey(key.Hash))!.UsedMicros);
        var held = calls.Zip(replies).Where(c => c.Second.Status == SubmitStatus.Accepted).Select(c => c.First).ToArray();
        await network.Grain(held[0]).Begin();
        await network.EndAsync(held[0], replies.First(r => r.Status == SubmitStatus.Accepted));
        foreach (var call in held[1..])
            await network.Grain(call).Cancel();
        await Eventually.TrueAsync("what was not used returns to the budget", async () => (await Accounts.FindKey(key.Hash))!.UsedMicros == price);
        Assert.Equal(SubmitStatus.Accepted, (await network.SubmitAsync(network.Call() with { KeyHash = key.Hash })).Status);
    }

    [Fact]
    public async Task Money_OpenThenSettled_TellsWhereAllOfItIs()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 2);
        var call = network.Call("checked") with { Deferred = true };
        var reply = await network.SubmitAsync(call);

        var open = (await Accounts.Money(reply.Request))!;
        Assert.Equal(("open", reply.HoldMicros, reply.HoldMicros, 0L, 0L), (open.Status, open.HeldMicros, open.WaitingMicros, open.PaidMicros, open.ReturnedMicros));
        Assert.Equal([reply.Request], (await Accounts.Holds(network.Account, 10)).Select(h => h.Id));

        await network.Grain(call).Begin();
        await network.EndAsync(call, reply);
        var settled = (await Accounts.Money(reply.Request))!;

        Assert.Equal(("settled", 0L), (settled.Status, settled.WaitingMicros));
        Assert.Equal(settled.HeldMicros, settled.PaidMicros + settled.ReturnedMicros);
        Assert.Equal(settled.PaidMicros, settled.Parts.Sum(p => p.AmountMicros));
        Assert.Contains(settled.Parts, p => p.Code == "pay_checker" && p.Account.StartsWith("earnings:", StringComparison.Ordinal));
        Assert.Equal(TestNetwork.Funds - settled.PaidMicros, await network.BalanceAsync());
        Assert.Empty(await Accounts.Holds(network.Account, 10));
        Assert.Null(await Accounts.Money(Hash32.Zero.ToString()));
    }

    [Fact]
    public async Task Money_AfterASilentNode_TellsTheCompensation()
    {
        await using var network = await TestNetwork.OfAsync(shared.Cluster, nodes: 3);
        network.Script.Generators(Conduct.Silent);
        var call = network.Call();
        var reply = await network.SubmitAsync(call);
        await Eventually.TrueAsync("a node is silent", () => Task.FromResult(network.Nodes.Any(n => n.Did.ContainsKey(Conduct.Silent))));
        await network.TimeOutAsync(call);
        await network.EndAsync(call, reply);

        // P5.9: 10 permille of its collateral, to the requester.
        Assert.Equal(TestNetwork.Bond / 100, (await Accounts.Money(reply.Request))!.CompensationMicros);
    }

    [Fact]
    public async Task Traffic_RefusesBeyondTheLimit_AndTakesBothOrNeither()
    {
        var traffic = shared.Cluster.Grains.GetGrain<ITrafficGrain>(Keys.Traffic(Fresh()));

        var first = await traffic.Take(new TrafficCall(1, 90, 2, 100));
        var tooManyTokens = await traffic.Take(new TrafficCall(1, 11, 2, 100));
        var fits = await traffic.Take(new TrafficCall(1, 10, 2, 100));
        var tooManyRequests = await traffic.Take(new TrafficCall(1, 0, 2, 100));

        Assert.True(first.Allowed);
        Assert.False(tooManyTokens.Allowed);
        Assert.Equal((1, 10), (tooManyTokens.Requests.Remaining, tooManyTokens.Tokens.Remaining));
        Assert.True(tooManyTokens.Tokens.RetryAfter > TimeSpan.Zero);
        Assert.True(fits.Allowed);
        Assert.False(tooManyRequests.Allowed);
    }

    private async Task<string> OpenAsync()
    {
        var account = "acct-" + RandomNumberGenerator.GetHexString(8, lowercase: true);
        Assert.Equal(AccountStatus.Ok, await Accounts.Open("admin", account, "a test's"));
        return account;
    }

    private async Task<NewKey> AddAsync(string account, KeyLimits limits, DateTimeOffset? expiresAt = null, params string[] scopes)
    {
        var key = new NewKey(Fresh(), account, scopes.Length > 0 ? scopes : ["client"], "", expiresAt, limits);
        Assert.Equal(AccountStatus.Ok, (await Accounts.AddKey("admin", key)).Status);
        return key;
    }

    private static string Fresh() => Hash32.Sha256(Encoding.UTF8.GetBytes(RandomNumberGenerator.GetHexString(40))).ToString();
}
