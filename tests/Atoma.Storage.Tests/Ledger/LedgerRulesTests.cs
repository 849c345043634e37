using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.Ledger;

public class LedgerRulesTests
{
    public static readonly IReadOnlyList<(string Why, LedgerCommand Command)> Malformed =
    [
        ("nothing to do", Do()),
        ("too many operations", Do([.. Enumerable.Range(0, 257).Select(i => Void($"{i}"))])),
        ("too many slashes", new LedgerCommand([], Slashes: [.. Enumerable.Range(0, 65).Select(i => Slash($"{i}"))])),
        ("two rows of one slash", new LedgerCommand([], Slashes: [Slash("a"), Slash("a", version: 2)])),
        ("escrow moves by", Do(Transfer("t", LedgerAccount.Escrow, Bob, 1))),
        ("escrow moves by", Do(Transfer("t", Bob, LedgerAccount.Escrow, 1))),
        ("nothing leaves the burn", Do(Transfer("t", LedgerAccount.Burn, Bob, 1))),
        ("from inside the network", Do(Hold("t", LedgerAccount.External, 1))),
        ("from inside the network", Do(Hold("t", LedgerAccount.Burn, 1))),
        ("same account and code", Do(Post("t", Pay(Bob, 1), Pay(Bob, 2)))),
        ("unknown account kind", Do(Transfer("t", new LedgerAccount((AccountKind)200, "x"), Bob, 1))),
        ("owner missing", Do(Transfer("t", LedgerAccount.User(""), Bob, 1))),
        ("owner missing", Do(Transfer("t", new LedgerAccount(AccountKind.Treasury, "x"), Bob, 1))),
        ("text too long", Do(Transfer("t", LedgerAccount.User(new string('x', 65)), Bob, 1))),
        ("control character", Do(Transfer("t", LedgerAccount.User("a\0"), Bob, 1))),
        ("broken surrogate", Do(Transfer("t", LedgerAccount.User("a\ud800"), Bob, 1))),
        ("unknown transfer code", Do(Transfer("t", Alice, Bob, 1, (TransferCode)99))),
        ("first version is 1", Write(Request("r", version: 0))),
        ("without account", Write(Request("r", account: ""))),
        ("text too long", Write(Request("r", key: new string('k', 129)))),
        ("owner missing", Do(Transfer("t", new LedgerAccount(AccountKind.Payable, ""), Bob, 1))),
        ("too many payouts", new LedgerCommand([], Payouts: [.. Enumerable.Range(0, 65).Select(i => Payout($"{i}"))])),
        ("two rows of one payout", new LedgerCommand([], Payouts: [Payout("a"), Payout("a", version: 2)])),
        ("payout of nothing", WritePayout(Payout("p", amount: 0))),
        ("payout without node", WritePayout(Payout("p", node: ""))),
        ("text too long", WritePayout(Payout("p", reference: new string('r', 129)))),
        ("decided without time", WritePayout(Payout("p") with { State = PayoutState.Paid })),
        ("without node", new LedgerCommand([], Slashes: [Slash("s", node: "")])),
    ];

    [Fact]
    public void Check_MalformedCommands_ThrowSayingWhy()
    {
        foreach (var (why, command) in Malformed)
            Assert.Contains(why, Assert.Throws<ArgumentException>(() => LedgerCommandForm.Check(command)).Message);
    }

    /// <summary>Stored with every posted hold, so these bytes may never change.</summary>
    [Fact]
    public void DigestOf_Golden_Unchanged()
    {
        var digest = LedgerRules.DigestOf([Pay(LedgerAccount.User("alice"), 258, TransferCode.PayChecker), Pay(LedgerAccount.Treasury, 1, TransferCode.Fee)]);
        byte[] bytes = [2, 1, 5, .. "alice"u8, 2, 1, 0, 0, 0, 0, 0, 0, 7, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8];
        Assert.Equal(Hash32.Sha256(bytes), digest);
        Assert.NotEqual(LedgerRules.DigestOf([]), Hash32.Zero);
    }

    [Fact]
    public void Precedence_EveryStatus_Once() =>
        Assert.Equal(Enum.GetValues<LedgerStatus>().Order(), LedgerStatuses.Precedence.Order());
}
