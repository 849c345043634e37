using System.Text;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage.Tests.Ledger;

/// <summary>Ids, accounts and commands that read well in tests.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static readonly LedgerAccount Alice = LedgerAccount.User("alice");
    public static readonly LedgerAccount Bob = LedgerAccount.User("bob");
    public static readonly NodeId Node = NodeId.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    public static readonly LedgerAccount NodeEarnings = LedgerAccount.Earnings(Node);

    public static Hash32 Id(string name) => Hash32.Sha256(Encoding.UTF8.GetBytes(name));

    public static LedgerOperation.Transfer Deposit(string id, LedgerAccount to, long amount) =>
        new(Id(id), LedgerAccount.External, to, new Micros(amount), TransferCode.Deposit);

    public static LedgerOperation.Transfer Transfer(
        string id, LedgerAccount from, LedgerAccount to, long amount, TransferCode code = TransferCode.Fee) =>
        new(Id(id), from, to, new Micros(amount), code);

    public static LedgerOperation.Hold Hold(
        string id, LedgerAccount payer, long amount, int expiresInS = 60, string budget = "") =>
        new(Id(id), payer, new Micros(amount), Now.AddSeconds(expiresInS), budget.Length == 0 ? Hash32.Zero : Id(budget));

    public static LedgerOperation.Post Post(string id, params PostPart[] parts) => new(Id(id), parts);

    public static LedgerOperation.Void Void(string id) => new(Id(id));

    public static LedgerOperation.Expire Expire(string id) => new(Id(id));

    public static PostPart Pay(LedgerAccount to, long amount, TransferCode code = TransferCode.PayPrimary) =>
        new(to, new Micros(amount), code);

    public static LedgerCommand Do(params LedgerOperation[] operations) => new(operations);

    public static LedgerCommand Write(RequestRow row, params LedgerOperation[] operations) => new(operations, row);

    public static RequestRow Request(
        string id, long version = 1, string account = "alice", string key = "", int phase = 0, bool open = true,
        int createdInS = 0, int deadlineInS = 60, byte state = 0) => new(
            Id(id), account, key, "demo", phase, open, Now.AddSeconds(createdInS), Now.AddSeconds(deadlineInS), [state, 1, 2], version);

    public static SlashRow Slash(string id, long version = 1, bool open = true, int dueInS = 60, string node = "node-a", byte state = 0) =>
        new(Id(id), node, Id("request of " + id), open, Now.AddSeconds(dueInS), [state], version);

    public static PayoutRow Payout(
        string id, long version = 1, PayoutState state = PayoutState.Requested, long amount = 5, string node = "node-a", string reference = "") => new(
            Id(id), node, new Micros(amount), "bank", state, Now, state == PayoutState.Requested ? null : Now.AddSeconds(version), reference, version);

    public static LedgerCommand WritePayout(PayoutRow row, params LedgerOperation[] operations) => new(operations, Payouts: [row]);

    public static ApiKeyRecord Key(string name, long? budget = null, BudgetPeriod period = BudgetPeriod.Day, string account = "alice", int createdInS = 0) => new(
        Id(name), account, KeyScopes.Client, name, Now.AddSeconds(createdInS),
        Budget: budget is { } limit ? KeyBudget.New(new Micros(limit), period, Now) : null);
}
