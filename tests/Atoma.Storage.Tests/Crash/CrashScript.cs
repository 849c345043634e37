using Atoma.Protocol.Accounts;
using Atoma.Protocol.Ledger;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Crash;

/// <summary>
/// One history with every way in which money and rows change together, each step one command. A process dies at every boundary
/// of every step.
/// </summary>
internal static class CrashScript
{
    private static readonly LedgerAccount Collateral = LedgerAccount.Collateral(Node);
    private static readonly LedgerAccount Frozen = LedgerAccount.Frozen(Node);
    private static readonly LedgerAccount Payable = LedgerAccount.Payable(Node);

    public const string BudgetKey = "key-a";

    public const long BudgetLimit = 100;

    /// <summary>Whether to crash in more ways than every build has the time for.</summary>
    public static bool IsFull => Environment.GetEnvironmentVariable("ATOMA_CRASH") == "full";

    /// <summary>What the first step finds: money, collateral, and a key's budget (<see cref="BudgetKey"/>) of 100.</summary>
    public static readonly LedgerCommand Setup =
        Do(Deposit("alice", Alice, 1000), Deposit("collateral", Collateral, 500), Deposit("earnings", NodeEarnings, 80));

    public static readonly IReadOnlyList<(string Name, LedgerCommand Command)> Steps =
    [
        ("hold", Write(Request("r", key: "k"), Hold("r", Alice, 40, budget: BudgetKey))),
        ("post", Write(
            Request("r", version: 2, key: "k", open: false),
            Post("r", Pay(NodeEarnings, 20), Pay(LedgerAccount.Treasury, 5, TransferCode.Fee)))),
        ("hold to be voided", Do(Hold("v", Alice, 30, budget: BudgetKey))),
        ("void", Do(Void("v"))),
        ("hold to expire", Do(Hold("e", Alice, 30, expiresInS: 0, budget: BudgetKey))),
        ("expire", Do(Expire("e"))),
        ("slash freeze", new LedgerCommand([Transfer("freeze", Collateral, Frozen, 100, TransferCode.SlashFreeze)], Slashes: [Slash("s")])),
        ("slash execute", new LedgerCommand(
            [
                Transfer("restitution", Frozen, Alice, 60, TransferCode.SlashRequester),
                Transfer("burn", Frozen, LedgerAccount.Burn, 40, TransferCode.SlashBurn),
            ],
            Slashes: [Slash("s", version: 2, open: false)])),
        ("unbond", Do(Transfer("unbond", Collateral, NodeEarnings, 200, TransferCode.Unbond))),
        ("payout", WritePayout(Payout("p", amount: 90), Transfer("p", NodeEarnings, Payable, 90, TransferCode.PayoutRequested))),
        ("payout paid", WritePayout(
            Payout("p", 2, PayoutState.Paid, 90, reference: "0xabc"), Transfer("p paid", Payable, LedgerAccount.External, 90, TransferCode.Withdrawal))),
        ("payout to be returned", WritePayout(Payout("q", amount: 50), Transfer("q", NodeEarnings, Payable, 50, TransferCode.PayoutRequested))),
        ("payout returned", WritePayout(
            Payout("q", 2, PayoutState.Returned, 50), Transfer("q returned", Payable, NodeEarnings, 50, TransferCode.PayoutReturned))),
    ];

    /// <summary>The model after the set-up and so many steps.</summary>
    public static LedgerModel Model(int steps)
    {
        var model = new LedgerModel();
        model.SetBudget(Id(BudgetKey), new(BudgetLimit), BudgetPeriod.Day, Now);
        foreach (var command in (LedgerCommand[])[Setup, .. Steps.Take(steps).Select(step => step.Command)])
            Assert.Equal(LedgerStatus.Ok, model.Commit(command, Now).Status);
        return model;
    }

    /// <summary>The model after the set-up and so many steps.</summary>
    /// <remarks>Not to be changed.</remarks>
    public static readonly IReadOnlyList<LedgerModel> Models = [.. Enumerable.Range(0, Steps.Count + 1).Select(Model)];

    /// <summary>Everything that can be asked, in one text: quicker than <see cref="LedgerComparison"/> where thousands of copies are looked at.</summary>
    public static async Task<string> FingerprintAsync(ILedgerStore store)
    {
        var lines = new List<string>();
        foreach (var account in Models[^1].Balances.Select(pair => pair.Account))
        {
            lines.Add($"{account} {await store.BalanceAsync(account, default)}");
            lines.AddRange((await store.EntriesAsync(account, 0, 1000, default)).Select(Line));
        }

        foreach (var hold in await store.OpenHoldsAsync(Alice, 100, default))
            lines.Add($"hold {hold.Id} {hold.Amount}");
        lines.Add($"budget {(await ((IAccountStore)store).FindKeyAsync(Id(BudgetKey), default))?.Budget?.Used}");
        lines.AddRange((await store.RecentRequestsAsync(null, 100, default)).Select(row => $"request {row.Id} {row.Version} {row.Open}"));
        lines.AddRange((await store.SlashesAsync(null, 100, default)).Reverse().Select(row => $"slash {row.Id} {row.Version} {row.Open}"));
        lines.AddRange((await store.PayoutsAsync(null, null, 100, default)).Reverse().Select(row => row.ToString()));
        lines.Add($"{await store.AuditAsync(default)}");
        return string.Join('\n', lines);
    }

    /// <inheritdoc cref="FingerprintAsync"/>
    public static string Fingerprint(LedgerModel model)
    {
        var lines = new List<string>();
        foreach (var account in Models[^1].Balances.Select(pair => pair.Account))
        {
            lines.Add($"{account} {model.Balance(account)}");
            lines.AddRange(model.Entries.Where(entry => entry.Account == account).Select(Line));
        }

        foreach (var hold in model.OpenHolds)
            lines.Add($"hold {hold.Id} {hold.Amount}");
        lines.Add($"budget {model.FindBudget(Id(BudgetKey))?.Used}");
        lines.AddRange(model.Requests.Select(row => $"request {row.Id} {row.Version} {row.Open}"));
        lines.AddRange(model.Slashes.Select(row => $"slash {row.Id} {row.Version} {row.Open}"));
        lines.AddRange(model.Payouts.Select(row => row.ToString()));
        lines.Add($"{model.Audit()}");
        return string.Join('\n', lines);
    }

    private static string Line(LedgerEntry entry) =>
        $"{entry.Operation} {entry.Account} {entry.Counterparty} {entry.Amount} {entry.BalanceAfter} {entry.Code} {entry.At.UtcTicks}";
}
