using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

/// <summary>What every store must do, whatever its database. Each test starts from an empty store.</summary>
public abstract partial class LedgerStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The store under test, with its clock at <see cref="Sample.Now"/>. Skips the test where its database is not installed.</summary>
    protected abstract ILedgerStore Store { get; }

    protected IAccountStore Accounts => (IAccountStore)Store;

    /// <summary>The store's clock.</summary>
    protected abstract FakeTimeProvider Time { get; }

    /// <summary>Closes the store cleanly and opens it again.</summary>
    protected abstract void Reopen();

    private async Task<LedgerStatus> StatusAsync(LedgerCommand command) => (await Store.CommitAsync(command, None)).Status;

    private async Task OkAsync(params LedgerOperation[] operations) => Assert.Equal(LedgerStatus.Ok, await StatusAsync(Do(operations)));

    private async Task ExactAsync()
    {
        var audit = await Store.AuditAsync(None);
        Assert.True(audit.IsExact, audit.ToString());
    }

    /// <summary>
    /// Every status in its order. What is recorded before: alice 100, a transfer "t" of 10 to bob, holds "open", "posted" (4 of 5
    /// to bob), "voided" and "expired" of 5 each; a budget "key-a" of 20 that has used 5 for the hold "charged". Each case also
    /// breaks all later rules that it can, so the order is tested too.
    /// </summary>
    public static readonly IReadOnlyList<(LedgerStatus Status, string Why, LedgerCommand Command)> Cases =
    [
        (LedgerStatus.Ok, "transfer", Do(Transfer("new", Alice, Bob, 1))),
        (LedgerStatus.Ok, "hold", Do(Hold("new", Alice, 1))),
        (LedgerStatus.Ok, "post nothing", Do(Post("open"))),
        (LedgerStatus.Ok, "post everything", Do(Post("open", Pay(Bob, 2), Pay(Bob, 1, TransferCode.Fee), Pay(Alice, 2)))),
        (LedgerStatus.Ok, "void", Do(Void("open"))),
        (LedgerStatus.Ok, "row alone", Write(Request("new"))),
        (LedgerStatus.Ok, "done operation, new row", Write(Request("new"), Transfer("t", Alice, Bob, 10))),
        (LedgerStatus.Ok, "new operation after a done one", Do(Transfer("t", Alice, Bob, 10), Transfer("new", Alice, Bob, 1))),
        (LedgerStatus.Ok, "hold of all that the budget has left", Do(Hold("new", Alice, 15, budget: "key-a"))),
        (LedgerStatus.Ok, "hold charged to a key without budget", Do(Hold("new", Alice, 70, budget: "unknown"))),
        (LedgerStatus.Ok, "post of a charged hold gives the budget the rest", Do(Post("charged", Pay(Bob, 1)), Hold("new", Alice, 19, budget: "key-a"))),
        (LedgerStatus.Ok, "void of a charged hold gives it all", Do(Void("charged"), Hold("new", Alice, 20, budget: "key-a"))),
        (LedgerStatus.Ok, "hold that is due at once, and expires", Do(Hold("new", Alice, 20, expiresInS: 0), Expire("new"))),
        (LedgerStatus.Ok, "post past the expiry that nobody made", Do(Hold("new", Alice, 2, expiresInS: -1), Post("new", Pay(Bob, 2)))),
        (LedgerStatus.Ok, "payout row", WritePayout(Payout("new"), Transfer("new", Bob, LedgerAccount.Payable(Node), 5, TransferCode.PayoutRequested))),
        (LedgerStatus.AlreadyDone, "same transfer", Do(Transfer("t", Alice, Bob, 10))),
        (LedgerStatus.AlreadyDone, "same hold, resolved since", Do(Hold("posted", Alice, 5), Hold("voided", Alice, 5), Hold("open", Alice, 5))),
        (LedgerStatus.AlreadyDone, "same charged hold", Do(Hold("charged", Alice, 5, budget: "key-a"))),
        (LedgerStatus.AlreadyDone, "same expiry", Do(Expire("expired"))),
        (LedgerStatus.AlreadyDone, "same payout", WritePayout(Payout("payout"))),
        (LedgerStatus.AlreadyDone, "same post", Do(Post("posted", Pay(Bob, 4)))),
        (LedgerStatus.AlreadyDone, "same void", Do(Void("voided"))),
        (LedgerStatus.AlreadyDone, "same row", Write(Request("row", key: "key"))),
        (LedgerStatus.IdReused, "other amount", Do(Transfer("t", Alice, Bob, 0))),
        (LedgerStatus.IdReused, "other account", Do(Transfer("t", Alice, Alice, 10))),
        (LedgerStatus.IdReused, "other code", Do(Transfer("t", Alice, Bob, 10, TransferCode.Bond))),
        (LedgerStatus.IdReused, "hold with a transfer's id", Do(Hold("t", Alice, 1000))),
        (LedgerStatus.IdReused, "transfer with a hold's id", Do(Transfer("open", Alice, Bob, 5))),
        (LedgerStatus.IdReused, "hold that ends later", Do(Hold("open", Alice, 5, expiresInS: 61))),
        (LedgerStatus.IdReused, "hold of another budget", Do(Hold("charged", Alice, 5))),
        (LedgerStatus.IdReused, "expiry of a transfer", Do(Expire("t"))),
        (LedgerStatus.IdReused, "post of a transfer", Do(Post("t", Pay(Bob, -1)))),
        (LedgerStatus.IdReused, "void of a transfer", Do(Void("t"))),
        (LedgerStatus.AmountNotPositive, "zero to itself", Do(Transfer("new", Alice, Alice, 0))),
        (LedgerStatus.AmountNotPositive, "below zero", Do(Transfer("new", Alice, Bob, -1))),
        (LedgerStatus.AmountNotPositive, "hold of zero from escrow", Do(Hold("new", LedgerAccount.Escrow, 0))),
        (LedgerStatus.AmountNotPositive, "part of zero, no hold", Do(Post("new", Pay(LedgerAccount.Escrow, 0)))),
        (LedgerStatus.SameAccount, "to itself, too much", Do(Transfer("new", Alice, Alice, 1000))),
        (LedgerStatus.SameAccount, "hold from escrow", Do(Hold("new", LedgerAccount.Escrow, 1000))),
        (LedgerStatus.SameAccount, "post to escrow, no hold", Do(Post("new", Pay(LedgerAccount.Escrow, 1)))),
        (LedgerStatus.HoldNotFound, "post", Do(Post("new", Pay(Bob, 1)))),
        (LedgerStatus.HoldNotFound, "void", Do(Void("new"))),
        (LedgerStatus.HoldNotFound, "expiry", Do(Expire("new"))),
        (LedgerStatus.HoldPosted, "other parts, too much", Do(Post("posted", Pay(Bob, 1000)))),
        (LedgerStatus.HoldPosted, "void", Do(Void("posted"))),
        (LedgerStatus.HoldPosted, "expiry, not due", Do(Expire("posted"))),
        (LedgerStatus.HoldVoided, "post too much", Do(Post("voided", Pay(Bob, 1000)))),
        (LedgerStatus.HoldVoided, "expiry, not due", Do(Expire("voided"))),
        (LedgerStatus.HoldExpired, "post too much", Do(Post("expired", Pay(Bob, 1000)))),
        (LedgerStatus.HoldExpired, "void", Do(Void("expired"))),
        (LedgerStatus.HoldNotDue, "expiry", Do(Expire("open"))),
        (LedgerStatus.HoldNotDue, "and a row at another version", Write(Request("row", version: 7), Expire("open"))),
        (LedgerStatus.ExceedsHold, "one too much in two parts", Do(Post("open", Pay(Bob, 3), Pay(Alice, 3)))),
        (LedgerStatus.ExceedsHold, "sum beyond 64 bits", Do(Post("open", Pay(Bob, long.MaxValue), Pay(Alice, long.MaxValue)))),
        (LedgerStatus.InsufficientFunds, "transfer", Do(Transfer("new", Alice, Bob, 77))),
        (LedgerStatus.InsufficientFunds, "hold, over the budget too", Do(Hold("new", Alice, 77, budget: "key-a"))),
        (LedgerStatus.InsufficientFunds, "account that never was", Do(Transfer("new", NodeEarnings, Bob, 1))),
        (LedgerStatus.InsufficientFunds, "and a row at another version", Write(Request("row", version: 7), Hold("new", Alice, 77))),
        (LedgerStatus.BudgetExceeded, "one too much", Do(Hold("new", Alice, 16, budget: "key-a"))),
        (LedgerStatus.BudgetExceeded, "two holds together", Do(Hold("new", Alice, 8, budget: "key-a"), Hold("newer", Alice, 8, budget: "key-a"))),
        (LedgerStatus.BudgetExceeded, "and a row at another version", Write(Request("row", version: 7), Hold("new", Alice, 16, budget: "key-a"))),
        (LedgerStatus.VersionConflict, "first version of a row that is there", Write(Request("row", key: "other"))),
        (LedgerStatus.VersionConflict, "skipped version", Write(Request("row", version: 3, key: "key"))),
        (LedgerStatus.VersionConflict, "second version of no row", Write(Request("new", version: 2, key: "key"))),
        (LedgerStatus.VersionConflict, "row written, operation new", Write(Request("row", key: "key"), Hold("new", Alice, 1))),
        (LedgerStatus.VersionConflict, "slash", new LedgerCommand([], Request("new", key: "key"), [Slash("slash", version: 3)])),
        (LedgerStatus.VersionConflict, "payout", new LedgerCommand([], Request("new", key: "key"), Payouts: [Payout("payout", version: 3)])),
        (LedgerStatus.IdempotencyKeyUsed, "new request", Write(Request("new", key: "key"), Hold("new", Alice, 1))),
    ];

    private static readonly LedgerCommand[] Before =
    [
        Do(Deposit("d", Alice, 100)),
        Do(Transfer("t", Alice, Bob, 10)),
        Do(Hold("open", Alice, 5), Hold("posted", Alice, 5), Hold("voided", Alice, 5)),
        Do(Post("posted", Pay(Bob, 4)), Void("voided")),
        new LedgerCommand([], Request("row", key: "key"), [Slash("slash")], [Payout("payout")]),
        Do(Hold("expired", Alice, 5, expiresInS: 0), Expire("expired"), Hold("charged", Alice, 5, budget: "key-a")),
    ];

    /// <summary>A model and the store after <see cref="Before"/>.</summary>
    private async Task<LedgerModel> PrepareAsync()
    {
        var model = new LedgerModel();
        model.SetBudget(Id("key-a"), new Micros(20), BudgetPeriod.Day, Now);
        await Accounts.AddKeyAsync(Key("key-a", budget: 20), None);
        foreach (var command in Before)
        {
            Assert.Equal(LedgerStatus.Ok, model.Commit(command, Now).Status);
            Assert.Equal(LedgerStatus.Ok, await StatusAsync(command));
        }

        return model;
    }

    [SkippableFact]
    public void Cases_AllStatuses_InOrder()
    {
        Assert.Equal(LedgerStatuses.Precedence, Cases.Select(one => one.Status).Distinct());
        var places = Cases.Select(one => LedgerStatuses.Precedence.ToList().IndexOf(one.Status)).ToArray();
        Assert.Equal(places.Order(), places);
    }

    /// <summary>The store and the model give each case the expected status; a refused one changes nothing.</summary>
    [SkippableFact]
    public async Task Commit_EveryCase_ItsStatusAndNothingElse()
    {
        var model = await PrepareAsync();
        foreach (var (status, why, command) in Cases.Where(one => one.Status != LedgerStatus.Ok))
        {
            var result = await Store.CommitAsync(command, None);
            Assert.True(status == result.Status, $"{status}, {why}: {result}");
            Assert.Equal(result, model.Commit(command, Now));
        }

        await LedgerComparison.EqualAsync(model, Store);
    }

    [SkippableFact]
    public async Task Commit_EveryOkCase_Ok()
    {
        foreach (var (_, why, command) in Cases.Where(one => one.Status == LedgerStatus.Ok))
        {
            Clear();
            var model = await PrepareAsync();
            var result = await Store.CommitAsync(command, None);
            Assert.True(result.Status == LedgerStatus.Ok, $"{why}: {result}");
            Assert.Equal(result, model.Commit(command, Now));
            await LedgerComparison.EqualAsync(model, Store);
        }
    }

    /// <summary>Makes the store empty.</summary>
    protected abstract void Clear();

    [SkippableFact]
    public async Task Commit_LaterOperationFails_NothingHappened()
    {
        await OkAsync(Deposit("d", Alice, 10));
        var result = await Store.CommitAsync(
            new LedgerCommand([Hold("h", Alice, 4), Transfer("t", Alice, Bob, 7)], Request("r"), [Slash("s")]), None);
        Assert.Equal(new LedgerResult(LedgerStatus.InsufficientFunds, 1), result);
        Assert.Equal(new Micros(10), await Store.BalanceAsync(Alice, None));
        Assert.Equal(Micros.Zero, await Store.BalanceAsync(LedgerAccount.Escrow, None));
        Assert.Null(await Store.FindRequestAsync(Id("r"), None));
        Assert.Null(await Store.FindSlashAsync(Id("s"), None));
        Assert.Empty(await Store.EntriesOfAsync([Id("h"), Id("t")], None));
        await ExactAsync();
    }

    [SkippableFact]
    public async Task Commit_HoldThenPost_EntriesTellTheStory()
    {
        await OkAsync(Deposit("d", Alice, 100));
        await OkAsync(Hold("h", Alice, 60));
        await OkAsync(Post("h", Pay(NodeEarnings, 40), Pay(LedgerAccount.Treasury, 5, TransferCode.Fee)));

        var entries = await Store.EntriesOfAsync([Id("h"), Id("unknown"), Id("h")], None);
        Assert.Equal(
            [
                "user:alice -60 Hold = 40", "escrow 60 Hold = 60",
                "escrow -40 PayPrimary = 20", $"earnings:{Node} 40 PayPrimary = 40",
                "escrow -5 Fee = 15", "treasury 5 Fee = 5",
                "escrow -15 Release = 0", "user:alice 15 Release = 55",
            ],
            entries.Select(entry => $"{entry.Account} {entry.Amount} {entry.Code} = {entry.BalanceAfter}"));
        Assert.All(entries, entry => Assert.Equal(Now, entry.At));

        var ofAlice = await Store.EntriesAsync(Alice, 0, 1000, None);
        Assert.Equal([100, -60, 15], ofAlice.Select(entry => entry.Amount.Value));
        Assert.Equal(ofAlice.Skip(1).Take(1), await Store.EntriesAsync(Alice, ofAlice[0].Sequence, 1, None));
        Assert.Equal(new Micros(40), (await Store.BalancesAsync(AccountKind.Earnings, None))[Node.ToString()]);
        await ExactAsync();
    }

    [SkippableFact]
    public async Task Commit_IdempotencyKeyTwice_NamesTheFirst()
    {
        await OkAsync(Deposit("d", Alice, 100));
        await OkAsync(Deposit("e", Bob, 100));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("first", key: "k"), Hold("h1", Alice, 10))));
        var second = await Store.CommitAsync(Write(Request("second", key: "k"), Hold("h2", Alice, 10)), None);
        Assert.Equal(new LedgerResult(LedgerStatus.IdempotencyKeyUsed, -1, Id("first")), second);
        Assert.Equal(new Micros(90), await Store.BalanceAsync(Alice, None));

        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("third", account: "bob", key: "k"), Hold("h3", Bob, 10))));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("fourth", key: ""))));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("fifth", key: ""))));
        Assert.Equal(Id("first"), (await Store.FindRequestAsync("alice", "k", None))!.Id);
        Assert.Null(await Store.FindRequestAsync("alice", "", None));
    }

    [SkippableFact]
    public async Task Commit_RowMovesOn_LastVersionStays()
    {
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("r", key: "k", state: 1))));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(Write(Request("r", version: 2, key: "k", phase: 3, open: false, state: 2))));
        Assert.Equal(LedgerStatus.VersionConflict, await StatusAsync(Write(Request("r", version: 2, key: "k", phase: 4))));

        var row = (await Store.FindRequestAsync(Id("r"), None))!;
        Assert.Equal((2, 3, false), (row.Version, row.Phase, row.Open));
        Assert.Equal([2, 1, 2], row.State);
        Assert.Equal(Now.AddSeconds(60), row.Deadline);
    }

    [SkippableFact]
    public async Task RequestQueries_SeveralRows_DocumentedOrder()
    {
        await StatusAsync(Write(Request("late", createdInS: 1, deadlineInS: 30)));
        await StatusAsync(Write(Request("later", createdInS: 2, deadlineInS: 40, account: "bob", phase: 2)));
        await StatusAsync(Write(Request("done", createdInS: 3, deadlineInS: 10, open: false, phase: 2)));
        await StatusAsync(Write(Request("due", createdInS: 0, deadlineInS: 20)));

        Assert.Equal([Id("due"), Id("late")], await Store.OpenRequestsAsync(Now.AddSeconds(30), 10, None));
        Assert.Equal([Id("due")], await Store.OpenRequestsAsync(Now.AddSeconds(90), 1, None));
        Assert.Equal(
            [Id("done"), Id("later"), Id("late"), Id("due")], (await Store.RecentRequestsAsync(null, 10, None)).Select(row => row.Id));
        Assert.Equal([Id("done"), Id("late")], (await Store.RecentRequestsAsync("alice", 2, None)).Select(row => row.Id));
        Assert.Equal([new PhaseCount(0, 2), new PhaseCount(2, 2)], await Store.RequestCountsAsync(None));
    }

    [SkippableFact]
    public async Task SlashQueries_SeveralRows_DocumentedOrder()
    {
        Assert.Equal(
            LedgerStatus.Ok,
            await StatusAsync(new LedgerCommand([], Slashes: [Slash("a", dueInS: 20), Slash("b", dueInS: 10), Slash("c", node: "node-b")])));
        Assert.Equal(LedgerStatus.Ok, await StatusAsync(new LedgerCommand([], Slashes: [Slash("a", version: 2, open: false)])));

        Assert.Equal([Id("b"), Id("c")], (await Store.OpenSlashesAsync(Now.AddSeconds(60), 10, None)).Select(row => row.Id));
        Assert.Equal([Id("b")], (await Store.OpenSlashesAsync(Now.AddSeconds(10), 10, None)).Select(row => row.Id));
        Assert.Equal([Id("c"), Id("b"), Id("a")], (await Store.SlashesAsync(null, 10, None)).Select(row => row.Id));
        Assert.Equal([Id("b"), Id("a")], (await Store.SlashesAsync("node-a", 10, None)).Select(row => row.Id));
        Assert.False((await Store.FindSlashAsync(Id("a"), None))!.Open);
    }

    /// <summary>Random sequences to try; a new database each, which costs more in some.</summary>
    protected abstract int RandomSequences { get; }

    /// <summary>All commands of a sequence are queued at once, so that transactions hold good and refused ones together.</summary>
    [SkippableFact]
    public void Commit_RandomSequences_EqualToTheModel()
    {
        // Skips here, where it counts as skipped.
        Assert.NotNull(Store);
        LedgerCommandGen.Sequence.Sample(
            sequence =>
            {
                Clear();
                RunAsync(sequence).GetAwaiter().GetResult();
            },
            iter: RandomSequences, threads: 1);
    }

    private async Task RunAsync((long? Limit, LedgerCommand[] Commands)[] sequence)
    {
        var model = new LedgerModel();
        foreach (var (name, period) in LedgerCommandGen.Keys.Zip([BudgetPeriod.Day, BudgetPeriod.None]))
        {
            await Accounts.AddKeyAsync(Key(name, budget: 20, period), None);
            model.SetBudget(Id(name), new Micros(20), period, Now);
        }

        var start = Time.GetUtcNow();
        for (var round = 0; round < sequence.Length; round++)
        {
            Time.SetUtcNow(start.AddSeconds(round * LedgerCommandGen.StepS));
            var (limit, commands) = sequence[round];
            var budget = limit is { } most ? new Micros(most) : (Micros?)null;
            model.SetBudget(Id(LedgerCommandGen.Keys[0]), budget, BudgetPeriod.Day, Time.GetUtcNow());
            Assert.True(await Accounts.SetKeyLimitsAsync(Id(LedgerCommandGen.Keys[0]), budget, BudgetPeriod.Day, null, null, None));
            var expected = commands.Select(command => model.Commit(command, Time.GetUtcNow())).ToArray();
            Assert.Equal(expected, await Task.WhenAll(commands.Select(command => Store.CommitAsync(command, None))));
            Assert.Equal(model.Audit(), await Store.AuditAsync(None));
        }

        await LedgerComparison.EqualAsync(model, Store);
    }

    /// <summary>P12, double spend by parallel requests.</summary>
    [SkippableFact]
    public async Task Commit_ManyHoldsAtOnce_ExactlyWhatTheBalancePays()
    {
        await OkAsync(Deposit("d", Alice, 100));
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => StatusAsync(Write(Request($"r{i}"), Hold($"h{i}", Alice, 10)))));
        Assert.Equal(10, results.Count(status => status == LedgerStatus.Ok));
        Assert.Equal(190, results.Count(status => status == LedgerStatus.InsufficientFunds));
        Assert.Equal(10, (await Store.RecentRequestsAsync(null, 1000, None)).Count);
        await ExactAsync();
    }

    [SkippableFact]
    public async Task Commit_SameCommandAtOnce_OneDoesItAllSucceed()
    {
        await OkAsync(Deposit("d", Alice, 100));
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StatusAsync(Write(Request("r", key: "k"), Hold("h", Alice, 10)))));
        Assert.Equal(1, results.Count(status => status == LedgerStatus.Ok));
        Assert.Equal(99, results.Count(status => status == LedgerStatus.AlreadyDone));
        Assert.Equal(new Micros(90), await Store.BalanceAsync(Alice, None));
    }

    [SkippableFact]
    public async Task Commit_OneOverflowAmongOthers_FailsAlone()
    {
        await OkAsync(Deposit("d", Alice, long.MaxValue));
        var before = StatusAsync(Do(Transfer("t1", Alice, Bob, 1)));
        var overflow = StatusAsync(Do(Transfer("t2", Alice, Bob, 1), Deposit("e", Bob, long.MaxValue)));
        var after = StatusAsync(Do(Transfer("t3", Alice, Bob, 1)));
        await Assert.ThrowsAsync<OverflowException>(() => overflow);
        Assert.Equal((LedgerStatus.Ok, LedgerStatus.Ok), (await before, await after));
        Assert.Equal(new Micros(2), await Store.BalanceAsync(Bob, None));
        await ExactAsync();
    }

    [SkippableFact]
    public async Task Reopen_AfterCleanClose_EverythingIsThere()
    {
        await PrepareAsync();
        var entries = await Store.EntriesAsync(Alice, 0, 1000, None);
        Reopen();
        Assert.Equal(entries, await Store.EntriesAsync(Alice, 0, 1000, None));
        foreach (var command in Before)
            Assert.Equal(LedgerStatus.AlreadyDone, await StatusAsync(command));
        Assert.Equal(new Micros(76), await Store.BalanceAsync(Alice, None));
        await ExactAsync();
    }

    [SkippableFact]
    public async Task Queries_LimitsOutOfRange_Throw()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.EntriesAsync(Alice, 0, 0, None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.EntriesAsync(Alice, 0, 1001, None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.RecentRequestsAsync(null, 0, None));
    }

    [SkippableFact]
    public async Task Queries_TokenCancelled_Stop()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.AuditAsync(cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CommitAsync(Do(Deposit("d", Alice, 1)), cancelled.Token));
        Assert.Equal(Micros.Zero, await Store.BalanceAsync(Alice, None));
    }
}
