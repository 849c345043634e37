using Atoma.Protocol.Ledger;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

/// <content>What the audit is for: somebody changed the books past the store.</content>
public abstract partial class LedgerStoreContract
{
    /// <summary>Runs statements past the store, around the triggers of its tables.</summary>
    protected abstract Task TamperAsync(string sql);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Audit_BalanceChangedByHand_NotExact(bool auditedBefore)
    {
        await OkAsync(Deposit("d", Alice, 100));
        if (auditedBefore)
            await ExactAsync();
        await TamperAsync("UPDATE account SET balance = 101 WHERE kind = 1");
        var audit = await Store.AuditAsync(None);
        Assert.False(audit.IsExact);
        Assert.Equal((1, 1), (audit.MismatchedAccounts, audit.Difference.Value));
        Assert.Equal(audit, await Store.RecountAsync(None));
    }

    /// <summary>An entry that an audit has counted is not read again: only the recount sees what became of it.</summary>
    [SkippableTheory]
    [InlineData("UPDATE entry SET amount = amount + 1 WHERE sequence = 4", 2)]
    [InlineData("UPDATE entry SET amount = amount + 1 WHERE sequence = 2; UPDATE entry SET amount = amount - 1 WHERE sequence = 4", 2)]
    [InlineData("UPDATE entry SET balance_after = balance_after + 1 WHERE sequence = 2", 1)]
    [InlineData("UPDATE entry SET counterparty = account + 7 WHERE sequence = 2", 2)]
    [InlineData("DELETE FROM entry WHERE sequence = 4", 2)]
    [InlineData("DELETE FROM entry WHERE sequence IN (3, 4)", 2)]
    [InlineData("UPDATE entry SET account = counterparty, counterparty = account WHERE sequence = 4", 2)]
    public async Task Recount_EntryChangedByHand_NotExact(string sql, int mismatched)
    {
        await OkAsync(Deposit("d", Alice, 100));
        await OkAsync(Deposit("e", Alice, 10));
        await OkAsync(Deposit("f", Alice, 1));
        await ExactAsync();
        await TamperAsync(sql);
        await ExactAsync();

        var recount = await Store.RecountAsync(None);
        Assert.Equal((false, mismatched), (recount.IsExact, recount.MismatchedAccounts));
        Assert.Equal(recount, await Store.AuditAsync(None));
    }

    [SkippableTheory]
    [InlineData("UPDATE account SET balance = balance - 1 WHERE kind = 1", 1)]
    [InlineData("INSERT INTO entry SELECT 5, operation, account, counterparty, 1, 112, code, at FROM entry WHERE sequence = 4", 1)]
    [InlineData("UPDATE hold SET amount = 8", 0)]
    public async Task Audit_ChangedSinceTheLast_NotExact(string sql, int mismatched)
    {
        await OkAsync(Deposit("d", Alice, 111));
        await OkAsync(Hold("h", Alice, 9));
        await ExactAsync();
        await TamperAsync(sql);
        var audit = await Store.AuditAsync(None);
        Assert.Equal((false, mismatched), (audit.IsExact, audit.MismatchedAccounts));
    }

    [SkippableFact]
    public async Task Audit_WhileWriting_AlwaysExact()
    {
        await OkAsync(Deposit("d", Alice, 1_000_000));
        var writing = Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => StatusAsync(
            i % 2 == 0 ? Do(Hold($"h{i}", Alice, 5)) : Do(Transfer($"t{i}", Alice, Bob, 1), Deposit($"e{i}", Bob, 3)))));
        do
        {
            var audits = await Task.WhenAll(Store.AuditAsync(None), Store.RecountAsync(None), Store.AuditAsync(None));
            Assert.All(audits, audit => Assert.True(audit.IsExact, audit.ToString()));
        }
        while (!writing.IsCompleted);
        Assert.All(await writing, status => Assert.Equal(LedgerStatus.Ok, status));
        await ExactAsync();
    }
}
