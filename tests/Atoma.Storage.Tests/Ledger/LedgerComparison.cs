using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage.Tests.Ledger;

/// <summary>A store against the model: balances, entries, rows and audit.</summary>
internal static class LedgerComparison
{
    private static readonly CancellationToken None = CancellationToken.None;

    public static async Task EqualAsync(LedgerModel model, ILedgerStore store)
    {
        foreach (var kind in Enum.GetValues<AccountKind>())
        {
            var expected = model.Balances.Where(pair => pair.Account.Kind == kind)
                .ToDictionary(pair => pair.Account.Owner, pair => pair.Balance);
            Assert.Equal(expected, await store.BalancesAsync(kind, None));
        }

        foreach (var account in model.Balances.Select(pair => pair.Account))
        {
            var expected = model.Entries.Where(entry => entry.Account == account).Select(Line);
            Assert.Equal(expected, (await store.EntriesAsync(account, 0, 1000, None)).Select(Line));
        }

        foreach (var payer in model.Balances.Select(pair => pair.Account))
        {
            var open = model.OpenHolds.Where(hold => hold.Payer == payer).OrderBy(hold => hold.ExpiresAt).ThenBy(hold => hold.Id)
                .Select(hold => (hold.Id, hold.Amount, hold.ExpiresAt));
            Assert.Equal(open, (await store.OpenHoldsAsync(payer, 1000, None)).Select(hold => (hold.Id, hold.Amount, hold.ExpiresAt)));
        }

        foreach (var key in LedgerCommandGen.Keys.Select(Sample.Id))
            Assert.Equal(model.FindBudget(key), (await ((IAccountStore)store).FindKeyAsync(key, None))?.Budget);
        foreach (var row in model.Payouts)
            Assert.Equal(row, await store.FindPayoutAsync(row.Id, None));
        Assert.Equal(model.Payouts.Reverse(), await store.PayoutsAsync(null, null, 1000, None));
        foreach (var row in model.Requests)
            Assert.Equivalent(row, await store.FindRequestAsync(row.Id, None), strict: true);
        foreach (var row in model.Slashes)
            Assert.Equivalent(row, await store.FindSlashAsync(row.Id, None), strict: true);
        Assert.Equal(model.Requests.Count, (await store.RecentRequestsAsync(null, 1000, None)).Count);
        Assert.Equal(model.Slashes.Count, (await store.SlashesAsync(null, 1000, None)).Count);

        var audit = await store.AuditAsync(None);
        Assert.Equal(model.Audit(), audit);
        Assert.Equal(audit, await store.RecountAsync(None));
        Assert.True(audit.IsExact, audit.ToString());
    }

    /// <summary>Without the sequence number, which may have gaps in some databases.</summary>
    private static string Line(LedgerEntry entry) =>
        $"{entry.Operation} {entry.Account} {entry.Counterparty} {entry.Amount} {entry.BalanceAfter} {entry.Code} {entry.At.UtcTicks}";
}
