using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

/// <content>Keys, budgets, accounts, the audit log, payouts and webhooks.</content>
public abstract partial class LedgerStoreContract
{
    private IWebhookStore Webhooks => (IWebhookStore)Store;

    [SkippableFact]
    public async Task Keys_AddFindRevoke_FirstOneStays()
    {
        var key = new ApiKeyRecord(
            Id("key"), "alice", KeyScopes.Client | KeyScopes.Read, "laptop", Now, Now.AddDays(1), null, null,
            KeyBudget.New(new Micros(7), BudgetPeriod.Month, Now), 60, 1000);
        Assert.True(await Accounts.AddKeyAsync(key, None));
        Assert.False(await Accounts.AddKeyAsync(key with { Account = "mallory", Scopes = KeyScopes.Admin, Budget = null }, None));
        Assert.Equal(key, await Accounts.FindKeyAsync(Id("key"), None));
        Assert.Null(await Accounts.FindKeyAsync(Id("other"), None));

        Assert.True(await Accounts.RevokeKeyAsync(Id("key"), Now.AddSeconds(1), None));
        Assert.False(await Accounts.RevokeKeyAsync(Id("key"), Now.AddSeconds(2), None));
        Assert.False(await Accounts.RevokeKeyAsync(Id("other"), Now, None));
        Assert.Equal(key with { RevokedAt = Now.AddSeconds(1) }, await Accounts.FindKeyAsync(Id("key"), None));
    }

    [SkippableFact]
    public async Task Keys_List_NewestFirstOfOneOrAll()
    {
        foreach (var (name, account, createdInS) in ((string, string, int)[])[("a", "alice", 0), ("b", "bob", 1), ("c", "alice", 2)])
            await Accounts.AddKeyAsync(Key(name, account: account, createdInS: createdInS), None);
        Assert.Equal(["c", "b", "a"], (await Accounts.KeysAsync(null, 10, None)).Select(key => key.Label));
        Assert.Equal(["c", "a"], (await Accounts.KeysAsync("alice", 10, None)).Select(key => key.Label));
        Assert.Equal(["c"], (await Accounts.KeysAsync("alice", 1, None)).Select(key => key.Label));
    }

    [SkippableFact]
    public async Task TouchKeys_SeveralTimes_NeverBackwards()
    {
        await Accounts.AddKeyAsync(Key("a"), None);
        await Accounts.AddKeyAsync(Key("b"), None);
        await Accounts.TouchKeysAsync([(Id("a"), Now.AddSeconds(5)), (Id("a"), Now.AddSeconds(3)), (Id("unknown"), Now)], None);
        await Accounts.TouchKeysAsync([(Id("a"), Now.AddSeconds(4)), (Id("b"), Now)], None);
        Assert.Equal(Now.AddSeconds(5), (await Accounts.FindKeyAsync(Id("a"), None))!.LastUsedAt);
        Assert.Equal(Now, (await Accounts.FindKeyAsync(Id("b"), None))!.LastUsedAt);
    }

    [SkippableFact]
    public async Task SetKeyLimits_SamePeriod_KeepsWhatWasUsed()
    {
        await OkAsync(Deposit("d", Alice, 100));
        await Accounts.AddKeyAsync(Key("key", budget: 10), None);
        await OkAsync(Hold("h", Alice, 8, budget: "key"));
        Assert.Equal(LedgerStatus.BudgetExceeded, await StatusAsync(Do(Hold("i", Alice, 3, budget: "key"))));

        Assert.True(await Accounts.SetKeyLimitsAsync(Id("key"), new Micros(11), BudgetPeriod.Day, 5, null, None));
        await OkAsync(Hold("i", Alice, 3, budget: "key"));
        Assert.True(await Accounts.SetKeyLimitsAsync(Id("key"), new Micros(2), BudgetPeriod.Day, null, 6, None));
        Assert.Equal(LedgerStatus.BudgetExceeded, await StatusAsync(Do(Hold("j", Alice, 1, budget: "key"))));
        var key = (await Accounts.FindKeyAsync(Id("key"), None))!;
        Assert.Equal((11, null, 6), (key.Budget!.Used.Value, key.RequestsPerMinute, key.TokensPerMinute));
        Assert.Equal(Micros.Zero, key.Budget.Remaining(Now));

        Assert.True(await Accounts.SetKeyLimitsAsync(Id("key"), new Micros(2), BudgetPeriod.Month, null, null, None));
        await OkAsync(Hold("j", Alice, 2, budget: "key"));
        Assert.True(await Accounts.SetKeyLimitsAsync(Id("key"), null, BudgetPeriod.None, null, null, None));
        await OkAsync(Hold("k", Alice, 50, budget: "key"), Void("h"), Void("k"));
        Assert.Null((await Accounts.FindKeyAsync(Id("key"), None))!.Budget);
        Assert.False(await Accounts.SetKeyLimitsAsync(Id("unknown"), new Micros(2), BudgetPeriod.Day, null, null, None));
    }

    /// <summary>A hold of yesterday gives back to yesterday, not to today.</summary>
    [SkippableFact]
    public async Task Budget_NextDay_StartsAtZeroAndKeepsOldHoldsOut()
    {
        await OkAsync(Deposit("d", Alice, 100));
        await Accounts.AddKeyAsync(Key("key", budget: 10), None);
        await OkAsync(Hold("h", Alice, 10, budget: "key"));
        Time.SetUtcNow(Now.AddHours(11.99));
        Assert.Equal(LedgerStatus.BudgetExceeded, await StatusAsync(Do(Hold("i", Alice, 1, budget: "key"))));
        Time.SetUtcNow(Now.AddHours(12));
        await OkAsync(Hold("i", Alice, 7, budget: "key"));
        await OkAsync(Void("h"));
        Assert.Equal(LedgerStatus.BudgetExceeded, await StatusAsync(Do(Hold("j", Alice, 4, budget: "key"))));
        await OkAsync(Hold("j", Alice, 3, budget: "key"), Post("i", Pay(Bob, 2)));
        Assert.Equal(new Micros(5), (await Accounts.FindKeyAsync(Id("key"), None))!.Budget!.Used);
    }

    /// <summary>Budgets hold when everybody asks at once.</summary>
    [SkippableFact]
    public async Task Budget_ManyHoldsAtOnce_ExactlyWhatItPays()
    {
        await OkAsync(Deposit("d", Alice, 100_000));
        await Accounts.AddKeyAsync(Key("key", budget: 100), None);
        var results = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => StatusAsync(Do(Hold($"h{i}", Alice, 10, budget: "key")))));
        Assert.Equal(10, results.Count(status => status == LedgerStatus.Ok));
        Assert.Equal(490, results.Count(status => status == LedgerStatus.BudgetExceeded));
        Assert.Equal(new Micros(100), (await Accounts.FindKeyAsync(Id("key"), None))!.Budget!.Used);
        await ExactAsync();
    }

    [SkippableFact]
    public async Task Accounts_AddListClose_FirstOneStays()
    {
        foreach (var id in (string[])["b", "a", "ä", "B"])
            Assert.True(await Accounts.AddAccountAsync(new AccountRecord(id, "label", Now), None));
        Assert.False(await Accounts.AddAccountAsync(new AccountRecord("a", "other", Now.AddDays(1)), None));
        Assert.True(await Accounts.CloseAccountAsync("a", Now.AddSeconds(1), None));
        Assert.False(await Accounts.CloseAccountAsync("a", Now.AddSeconds(2), None));
        Assert.False(await Accounts.CloseAccountAsync("unknown", Now, None));
        Assert.Equal(new AccountRecord("a", "label", Now, Now.AddSeconds(1)), await Accounts.FindAccountAsync("a", None));
        Assert.Null(await Accounts.FindAccountAsync("unknown", None));
        Assert.Equal(["B", "a", "b", "ä"], (await Accounts.AccountsAsync("", 10, None)).Select(account => account.Id));
        Assert.Equal(["b"], (await Accounts.AccountsAsync("a", 1, None)).Select(account => account.Id));
    }

    [SkippableFact]
    public async Task AuditLog_AtOnce_NumberedWithoutGaps()
    {
        var numbers = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => Accounts.AppendAuditLogAsync(new AuditLogRecord(99, Now, "admin", "key.create", $"{i}", ""), None)));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), numbers.Order());
        var page = await Accounts.AuditLogAsync(null, 3, None);
        Assert.Equal([20, 19, 18], page.Select(line => line.Sequence));
        Assert.Equal([17, 16], (await Accounts.AuditLogAsync(18, 2, None)).Select(line => line.Sequence));
        Assert.Equal(("admin", "key.create", Now), (page[0].Actor, page[0].Action, page[0].At));
    }

    [SkippableFact]
    public async Task Records_Malformed_ThrowSayingWhy()
    {
        await Malformed("scopes", () => Accounts.AddKeyAsync(Key("k") with { Scopes = (KeyScopes)16 }, None));
        await Malformed("too long", () => Accounts.AddKeyAsync(Key("k") with { Label = new string('x', 65) }, None));
        await Malformed("account without id", () => Accounts.AddKeyAsync(Key("k") with { Account = "" }, None));
        await Malformed("below zero", () => Accounts.SetKeyLimitsAsync(Id("k"), new Micros(-1), BudgetPeriod.Day, null, null, None));
        await Malformed("period", () => Accounts.SetKeyLimitsAsync(Id("k"), new Micros(1), (BudgetPeriod)9, null, null, None));
        await Malformed("requests", () => Accounts.SetKeyLimitsAsync(Id("k"), null, BudgetPeriod.None, 0, null, None));
        await Malformed("control", () => Accounts.AddAccountAsync(new AccountRecord("a\n", "", Now), None));
        await Malformed("without actor", () => Accounts.AppendAuditLogAsync(new AuditLogRecord(0, Now, "", "a", "", ""), None));
        await Malformed("too long", () => Accounts.AppendAuditLogAsync(new AuditLogRecord(0, Now, "a", "a", "", new string('d', 2049)), None));
        await Malformed("address", () => Webhooks.AddWebhookAsync(Webhook("r") with { Url = "" }, None));

        static async Task Malformed(string why, Func<Task> run) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<ArgumentException>(run)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Payouts_RequestedPaidReturned_MoneyAndRowsTogether()
    {
        var payable = LedgerAccount.Payable(Node);
        await OkAsync(Deposit("d", NodeEarnings, 100));
        Assert.Equal(
            LedgerStatus.Ok, await StatusAsync(WritePayout(Payout("a", amount: 60), Transfer("a", NodeEarnings, payable, 60, TransferCode.PayoutRequested))));
        Assert.Equal(
            LedgerStatus.InsufficientFunds,
            await StatusAsync(WritePayout(Payout("b", amount: 41), Transfer("b", NodeEarnings, payable, 41, TransferCode.PayoutRequested))));
        Assert.Null(await Store.FindPayoutAsync(Id("b"), None));
        Assert.Equal(
            LedgerStatus.Ok,
            await StatusAsync(WritePayout(Payout("b", amount: 40, node: "node-b"), Transfer("b", NodeEarnings, payable, 40, TransferCode.PayoutRequested))));

        var paid = WritePayout(
            Payout("a", 2, PayoutState.Paid, 60, reference: "0xabc"), Transfer("a2", payable, LedgerAccount.External, 60, TransferCode.Withdrawal));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(paid));
        Assert.Equal(LedgerStatus.AlreadyDone, await StatusAsync(paid));
        // Somebody else returns it at once: its money is still there, but the row is not at the version that it read.
        Assert.Equal(
            LedgerStatus.VersionConflict,
            await StatusAsync(WritePayout(Payout("a", 2, PayoutState.Returned, 60), Transfer("a3", payable, NodeEarnings, 40, TransferCode.PayoutReturned))));
        Assert.Equal(
            LedgerStatus.Ok,
            await StatusAsync(WritePayout(
                Payout("b", 2, PayoutState.Returned, 40, "node-b"), Transfer("b2", payable, NodeEarnings, 40, TransferCode.PayoutReturned))));

        Assert.Equal(Payout("a", 2, PayoutState.Paid, 60, reference: "0xabc"), await Store.FindPayoutAsync(Id("a"), None));
        Assert.Equal([Id("b"), Id("a")], (await Store.PayoutsAsync(null, null, 10, None)).Select(row => row.Id));
        Assert.Equal([Id("a")], (await Store.PayoutsAsync("node-a", null, 10, None)).Select(row => row.Id));
        Assert.Equal([Id("b")], (await Store.PayoutsAsync("node-b", PayoutState.Returned, 10, None)).Select(row => row.Id));
        Assert.Empty(await Store.PayoutsAsync(null, PayoutState.Requested, 10, None));
        Assert.Equal((0, 40), ((await Store.BalanceAsync(payable, None)).Value, (await Store.BalanceAsync(NodeEarnings, None)).Value));
        await ExactAsync();
    }

    [SkippableFact]
    public async Task ExpiredHolds_SomeWithOpenRequests_OnlyThoseNobodyEnds()
    {
        await OkAsync(Deposit("d", Alice, 100), Hold("free", Alice, 1, 20), Hold("later", Alice, 2, 40), Hold("first", Alice, 3, 10));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("open"), Hold("open", Alice, 4, 10))));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("ended", open: false), Hold("ended", Alice, 5, 30))));

        Assert.Empty(await Store.ExpiredHoldsAsync(Now, 10, None));
        Assert.Equal([Id("first"), Id("free"), Id("ended")], await Store.ExpiredHoldsAsync(Now.AddSeconds(30), 10, None));
        Assert.Equal([Id("first")], await Store.ExpiredHoldsAsync(Now.AddSeconds(30), 1, None));
        Assert.Equal(LedgerStatus.HoldNotDue, await StatusAsync(Do(Expire("first"))));
        Time.SetUtcNow(Now.AddSeconds(30));
        await OkAsync(Expire("first"), Expire("free"), Expire("ended"));
        Assert.Empty(await Store.ExpiredHoldsAsync(Now.AddSeconds(30), 10, None));

        var open = await Store.OpenHoldsAsync(Alice, 10, None);
        Assert.Equal([new OpenHold(Id("open"), new Micros(4), Now, Now.AddSeconds(10)), new OpenHold(Id("later"), new Micros(2), Now, Now.AddSeconds(40))], open);
        Assert.Equal(open.Take(1), await Store.OpenHoldsAsync(Alice, 1, None));
        Assert.Empty(await Store.OpenHoldsAsync(Bob, 1, None));
        await ExactAsync();
    }

    [SkippableFact]
    public async Task EntriesBefore_Pages_NewestFirst()
    {
        await OkAsync([.. Enumerable.Range(0, 5).Select(i => Deposit($"{i}", Alice, i + 1))]);
        var newest = await Store.EntriesBeforeAsync(Alice, null, 3, None);
        Assert.Equal([5, 4, 3], newest.Select(entry => entry.Amount.Value));
        Assert.Equal([2, 1], (await Store.EntriesBeforeAsync(Alice, newest[^1].Sequence, 3, None)).Select(entry => entry.Amount.Value));
        Assert.Equal((await Store.EntriesAsync(Alice, 0, 10, None)).Reverse(), await Store.EntriesBeforeAsync(Alice, null, 10, None));
    }

    [SkippableFact]
    public async Task Webhooks_DueOnes_OnlyOfEndedRequests()
    {
        await StatusAsync(Write(Request("open")));
        foreach (var name in (string[])["ended", "late", "told"])
            await StatusAsync(Write(Request(name, open: false)));
        foreach (var webhook in (WebhookRow[])[Webhook("open"), Webhook("ended", 1), Webhook("late"), Webhook("told"), Webhook("never accepted")])
            Assert.True(await Webhooks.AddWebhookAsync(webhook, None));
        Assert.False(await Webhooks.AddWebhookAsync(Webhook("ended") with { Url = "https://mallory.example" }, None));

        Assert.Equal([Webhook("late"), Webhook("told"), Webhook("ended", 1)], (await Webhooks.DueWebhooksAsync(Now.AddSeconds(1), 10, None))
            .OrderBy(webhook => webhook.NextAt).ThenBy(webhook => webhook.Request == Id("told")));
        Assert.Equal(Id("ended"), (await Webhooks.DueWebhooksAsync(Now.AddSeconds(1), 10, None))[^1].Request);
        Assert.True(await Webhooks.UpdateWebhookAsync(Webhook("told") with { Attempts = 1, State = WebhookState.Delivered }, None));
        Assert.True(await Webhooks.UpdateWebhookAsync(Webhook("late", 60) with { Attempts = 1, LastError = "refused", Url = "https://mallory.example" }, None));
        Assert.False(await Webhooks.UpdateWebhookAsync(Webhook("unknown"), None));
        Assert.Equal([Webhook("ended", 1)], await Webhooks.DueWebhooksAsync(Now.AddSeconds(1), 10, None));
        Assert.Equal(Webhook("late", 60) with { Attempts = 1, LastError = "refused" }, await Webhooks.FindWebhookAsync(Id("late"), None));
        Assert.Null(await Webhooks.FindWebhookAsync(Id("unknown"), None));
    }

    private static WebhookRow Webhook(string request, int nextInS = 0) =>
        new(Id(request), "alice", "https://example.com/hook", 0, Now.AddSeconds(nextInS), WebhookState.Waiting, "");
}
