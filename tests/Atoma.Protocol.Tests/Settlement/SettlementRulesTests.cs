using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;

namespace Atoma.Protocol.Tests.Settlement;

public sealed class SettlementRulesTests
{
    private static readonly NodeId User = NodeId.Parse("0x" + new string('a', 40));
    private static readonly Hash32 Event = Hash32.Sha256([1]);

    [Theory]
    [InlineData("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true)]
    [InlineData("0xAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("0x0000000000000000000000000000000000000000", false)]
    [InlineData("dev", false)]
    [InlineData("", false)]
    public void AddressOf_AccountId_IsAnAddressOnlyInItsOwnForm(string account, bool isAddress) =>
        Assert.Equal(isAddress, SettlementRules.AddressOf(account) is not null);

    [Fact]
    public void Align_DepositWithoutVoucher_StaysInReserve() => Assert.Null(Align(Chain(balance: 100), Books(reserve: 100), voucher: 0));

    [Theory]
    [InlineData(40, 40)]
    [InlineData(100, 100)]
    [InlineData(1_000, 100)]
    public void Align_Voucher_OpensAsMuchAsItAllows(long voucher, long opened) =>
        AssertMove(Align(Chain(balance: 100), Books(reserve: 100), voucher), AccountKind.Reserve, AccountKind.User, opened, TransferCode.Authorised);

    /// <summary>What was opened before counts, whether it is free, held, spent or redeemed by now.</summary>
    [Fact]
    public void Align_VoucherPartlyUsed_OpensTheRestOnly()
    {
        // 100 came in, 60 were opened: 20 redeemed, 15 spent and not redeemed, 20 free, 5 held.
        var books = Books(reserve: 40, free: 20, held: 5);
        Assert.Null(Align(Chain(balance: 80, redeemed: 20), books, voucher: 60));
        AssertMove(Align(Chain(balance: 80, redeemed: 20), books, voucher: 70), AccountKind.Reserve, AccountKind.User, 10, TransferCode.Authorised);
    }

    [Fact]
    public void Align_ExitAsked_TakesReserveThenFreeMoneyAndOpensNothing()
    {
        AssertMove(Align(Chain(balance: 100, exiting: 70), Books(reserve: 50, free: 50), voucher: 100), AccountKind.Reserve, AccountKind.Exiting, 50, TransferCode.ExitAsked);
        AssertMove(Align(Chain(balance: 100, exiting: 70), Books(free: 50, exiting: 50), voucher: 100), AccountKind.User, AccountKind.Exiting, 20, TransferCode.ExitAsked);
        // The rest is held by open requests: it waits.
        Assert.Null(Align(Chain(balance: 100, exiting: 70), Books(held: 50, exiting: 50), voucher: 100));
    }

    [Fact]
    public void Align_ExitCancelled_GivesBack() =>
        AssertMove(Align(Chain(balance: 100), Books(free: 30, exiting: 70), voucher: 100), AccountKind.Exiting, AccountKind.Reserve, 70, TransferCode.ExitReturned);

    [Fact]
    public void Align_SameBooks_IsTheSameStepAndAnotherVersionIsAnother()
    {
        var first = Align(Chain(balance: 100), Books(reserve: 100), voucher: 10)!.Operations[0].Id;
        Assert.Equal(first, Align(Chain(balance: 100), Books(reserve: 100), voucher: 10)!.Operations[0].Id);
        Assert.NotEqual(first, Align(Chain(balance: 100), Books(reserve: 100) with { Version = 8 }, voucher: 10)!.Operations[0].Id);
    }

    [Fact]
    public void Spent_IsWhatTheChainHasAndTheBooksHaveNot()
    {
        var books = Books(reserve: 40, free: 20, held: 5);
        Assert.Equal(new Micros(35), SettlementRules.Spent(Chain(balance: 80, redeemed: 20), books, new Micros(60)));
        // Never above what the requester has signed.
        Assert.Equal(new Micros(30), SettlementRules.Spent(Chain(balance: 80, redeemed: 20), books, new Micros(30)));
    }

    [Fact]
    public void Left_MoreThanItsAccountsHave_IsTheTreasurysLoss()
    {
        var command = SettlementRules.Left(Event, new Micros(100), [(LedgerAccount.Exiting(User), new Micros(60)), (LedgerAccount.Reserve(User), Micros.Zero)], new Micros(50))!;
        var parts = command.Operations.Cast<LedgerOperation.Transfer>().ToArray();
        Assert.Equal([(AccountKind.Exiting, 60L, TransferCode.Withdrawal), (AccountKind.Treasury, 40L, TransferCode.Shortfall)], parts.Select(p => (p.Debit.Kind, p.Amount.Value, p.Code)));
        Assert.All(parts, p => Assert.Equal(LedgerAccount.External, p.Credit));
        Assert.Equal(SettlementRules.LeftId(Event), parts[0].Id);
        Assert.Null(SettlementRules.Left(Event, new Micros(111), [(LedgerAccount.Exiting(User), new Micros(60))], new Micros(50)));
    }

    [Fact]
    public void Followed_ProvenSlash_DividesAsTheContractDid()
    {
        var slashed = new ChainEvent.Slashed(Event, Hash32.Sha256([2]), User, new Micros(1_000), User, new Micros(250), new Micros(100));
        var command = SettlementRules.Followed(slashed, new Micros(1_000), Micros.Zero)!;
        Assert.Equal(
            [(AccountKind.User, 250L), (AccountKind.Burn, 100L), (AccountKind.Treasury, 650L)],
            command.Operations.Cast<LedgerOperation.Transfer>().Select(t => (t.Credit.Kind, t.Amount.Value)));
        // Half of it was taken here before: victim and burn are what the contract made them, the treasury gets less.
        var less = SettlementRules.Followed(slashed, new Micros(500), Micros.Zero)!.Operations.Cast<LedgerOperation.Transfer>().ToArray();
        Assert.Equal([(AccountKind.User, 250L), (AccountKind.Burn, 100L), (AccountKind.Treasury, 150L)], less.Select(t => (t.Credit.Kind, t.Amount.Value)));
        Assert.Null(SettlementRules.Followed(slashed, new Micros(300), new Micros(49)));
    }

    [Fact]
    public void Claimable_MoreEarnedThanBacked_StopsAtTheBacking()
    {
        var other = NodeId.Parse("0x" + new string('b', 40));
        Dictionary<NodeId, Micros> earnings = new() { [other] = new Micros(80), [User] = new Micros(50) };
        var command = SettlementRules.Claimable(3, earnings, new Micros(100))!;
        Assert.Equal([(User.ToString(), 50L), (other.ToString(), 50L)], command.Operations.Cast<LedgerOperation.Transfer>().Select(t => (t.Credit.Owner, t.Amount.Value)));
        Assert.Null(SettlementRules.Claimable(3, earnings, Micros.Zero));
        Assert.Null(SettlementRules.Claimable(3, earnings, new Micros(-5)));
    }

    /// <summary>
    /// Random lives of one requester against a plain model: whatever happens in whatever order, what can be spent never exceeds the
    /// voucher, nothing is lost, and what is redeemed is what was spent.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Align_RandomLives_KeepBooksAndChainTogether(int seed)
    {
        var random = new Random(seed);
        for (var life = 0; life < 300; life++)
        {
            long balance = 0, redeemed = 0, exiting = 0, voucher = 0, reserve = 0, free = 0, held = 0, aside = 0, spent = 0, version = 0;
            for (var step = 0; step < 60; step++)
            {
                var amount = random.Next(1, 100);
                switch (random.Next(8))
                {
                    case 0:
                        balance += amount;
                        reserve += amount;
                        break;
                    case 1:
                        voucher = Math.Max(voucher, voucher + amount - 20);
                        break;
                    case 2 when free > 0:
                        amount = (int)Math.Min(free, amount);
                        free -= amount;
                        held += amount;
                        break;
                    case 3 when held > 0:
                        // Posted in part: the rest is free again.
                        var price = random.NextInt64(held + 1);
                        spent += price;
                        free += held - price;
                        held = 0;
                        break;
                    case 4:
                        exiting = exiting == 0 ? Math.Min(balance, amount) : random.Next(2) == 0 ? 0 : exiting;
                        break;
                    case 5 when exiting > 0 && aside == exiting:
                        balance -= exiting;
                        aside = exiting = 0;
                        break;
                    case 6:
                        var due = SettlementRules.Spent(Chain(balance, redeemed, exiting), Books(reserve, free, held, aside), new Micros(voucher)).Value;
                        Assert.Equal(spent, due);
                        balance -= due - redeemed;
                        redeemed = due;
                        break;
                }

                while (Align(Chain(balance, redeemed, exiting), Books(reserve, free, held, aside) with { Version = ++version }, voucher) is { } command)
                {
                    var move = (LedgerOperation.Transfer)command.Operations.Single();
                    Add(move.Debit, -move.Amount.Value);
                    Add(move.Credit, move.Amount.Value);
                }

                Assert.True(free + held + spent <= voucher);
                Assert.True(reserve >= 0 && free >= 0 && aside >= 0 && aside <= exiting);
                Assert.Equal(balance + redeemed, reserve + free + held + aside + spent);
            }

            void Add(LedgerAccount account, long by)
            {
                _ = account.Kind switch
                {
                    AccountKind.Reserve => reserve += by,
                    AccountKind.User => free += by,
                    _ => aside += by,
                };
            }
        }
    }

    private static LedgerCommand? Align(RequesterPosition chain, RequesterBooks books, long voucher) => SettlementRules.Align(User, chain, books, new Micros(voucher));

    private static RequesterPosition Chain(long balance = 0, long redeemed = 0, long exiting = 0) =>
        new(new Micros(balance), new Micros(redeemed), new Micros(exiting), null);

    private static RequesterBooks Books(long reserve = 0, long free = 0, long held = 0, long exiting = 0) =>
        new(new Micros(reserve), new Micros(free), new Micros(held), new Micros(exiting), 7);

    private static void AssertMove(LedgerCommand? command, AccountKind from, AccountKind to, long amount, TransferCode code)
    {
        var move = Assert.IsType<LedgerOperation.Transfer>(Assert.Single(command!.Operations));
        Assert.Equal((from, to, amount, code), (move.Debit.Kind, move.Credit.Kind, move.Amount.Value, move.Code));
    }
}
