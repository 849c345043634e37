using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Storage.Tests.Ledger;
using CsCheck;
using static Atoma.Storage.Tests.Ledger.Sample;

namespace Atoma.Storage.Tests.History;

/// <summary>The checker accepts what is right and finds what is planted.</summary>
public class HistoryCheckerTests
{
    private static readonly HistoryAnswer Ok = new(new LedgerResult(LedgerStatus.Ok), default);
    private static readonly HistoryAnswer AlreadyDone = new(new LedgerResult(LedgerStatus.AlreadyDone), default);

    /// <summary>Alice has 100, an open hold "h" of 20 and a budget of 50 by "key-a".</summary>
    private static LedgerModel Before()
    {
        var model = new LedgerModel();
        model.SetBudget(Id("key-a"), new Micros(50), BudgetPeriod.None, Now);
        model.Commit(Do(Deposit("d", Alice, 120), Hold("h", Alice, 20)), Now);
        return model;
    }

    private static HistoryEvent Event(int client, long start, long end, LedgerOperation operation, HistoryAnswer? answer) =>
        new(client, HistoryCall.Commit(Do(operation)), start, end, answer);

    private static HistoryEvent Read(int client, long start, long end, long balance) =>
        new(client, HistoryCall.Read(Alice), start, end, new HistoryAnswer(default, new Micros(balance)));

    private static bool Check(params HistoryEvent[] history) => HistoryChecker.IsLinearisable(history, Before(), Now);

    [Fact]
    public void IsLinearisable_LostUpdate_Found()
    {
        HistoryEvent[] both = [Event(0, 1, 5, Transfer("a", Alice, Bob, 10), Ok), Event(1, 2, 6, Transfer("b", Alice, Bob, 10), Ok)];
        Assert.True(Check([.. both, Read(2, 7, 8, 80)]));
        Assert.False(Check([.. both, Read(2, 7, 8, 90)]));
    }

    [Fact]
    public void IsLinearisable_DecisionOnAStaleBalance_Found()
    {
        var first = Event(0, 1, 5, Hold("a", Alice, 60), Ok);
        Assert.False(Check(first, Event(1, 2, 6, Hold("b", Alice, 60), Ok)));
        Assert.True(Check(first, Event(1, 2, 6, Hold("b", Alice, 60), new HistoryAnswer(new LedgerResult(LedgerStatus.InsufficientFunds, 0), default))));

        // Refused although nothing had been taken yet.
        Assert.False(Check(Event(1, 1, 2, Hold("b", Alice, 60), new HistoryAnswer(new LedgerResult(LedgerStatus.InsufficientFunds, 0), default))));
    }

    [Fact]
    public void IsLinearisable_BudgetPassedByTwo_Found()
    {
        Assert.True(Check(Event(0, 1, 5, Hold("a", Alice, 30, budget: "key-a"), Ok), Event(1, 2, 6, Hold("b", Alice, 20, budget: "key-a"), Ok)));
        Assert.False(Check(Event(0, 1, 5, Hold("a", Alice, 30, budget: "key-a"), Ok), Event(1, 2, 6, Hold("b", Alice, 21, budget: "key-a"), Ok)));
    }

    [Fact]
    public void IsLinearisable_DoublePost_Found()
    {
        var first = Event(0, 1, 5, Post("h", Pay(Bob, 5)), Ok);
        Assert.True(Check(first, Event(1, 2, 6, Post("h", Pay(Bob, 5)), AlreadyDone)));
        Assert.False(Check(first, Event(1, 2, 6, Post("h", Pay(Bob, 5)), Ok)));
        Assert.False(Check(first, Event(1, 2, 6, Void("h"), Ok)));

        // Told that it was done before the other one began.
        Assert.False(Check(Event(1, 1, 2, Post("h", Pay(Bob, 5)), AlreadyDone), Event(0, 3, 4, Post("h", Pay(Bob, 5)), Ok)));
    }

    [Fact]
    public void IsLinearisable_AcknowledgedAndUndone_Found()
    {
        var deposit = Event(0, 1, 2, Deposit("a", Alice, 10), Ok);
        Assert.True(Check(deposit, Read(1, 3, 4, 110)));
        Assert.False(Check(deposit, Read(1, 3, 4, 100)));
        Assert.False(Check(deposit, Event(0, 3, 4, Deposit("a", Alice, 10), Ok)));

        // While it was still on its way both are right, but not first the new and then the old.
        Assert.True(Check(Event(0, 1, 9, Deposit("a", Alice, 10), Ok), Read(1, 2, 3, 100), Read(1, 4, 5, 110)));
        Assert.False(Check(Event(0, 1, 9, Deposit("a", Alice, 10), Ok), Read(1, 2, 3, 110), Read(1, 4, 5, 100)));
    }

    [Fact]
    public void IsLinearisable_CallWithoutAnswer_MayHaveHappenedOrNot()
    {
        var lost = Event(0, 1, long.MaxValue, Deposit("a", Alice, 10), answer: null);
        Assert.True(Check(lost, Read(1, 2, 3, 100)));
        Assert.True(Check(lost, Read(1, 2, 3, 110)));
        Assert.True(Check(lost, Read(1, 2, 3, 100), Read(1, 4, 5, 110), Event(0, 6, 7, Deposit("a", Alice, 10), AlreadyDone)));
        Assert.False(Check(lost, Read(1, 2, 3, 110), Read(1, 4, 5, 100)));
        Assert.False(Check(lost, Read(1, 2, 3, 120)));
    }

    [Theory]
    [InlineData(nameof(Flaw.None), true)]
    [InlineData(nameof(Flaw.LostUpdate), false)]
    [InlineData(nameof(Flaw.StaleDecision), false)]
    [InlineData(nameof(Flaw.DoublePost), false)]
    [InlineData(nameof(Flaw.Undone), false)]
    [InlineData(nameof(Flaw.StaleRead), false)]
    public void IsLinearisable_RecordedOfBrokenBooks_FoundInOneOfAFew(string flaw, bool right)
    {
        var isRight = true;
        HistoryGen.Programs.Sample(
            programs =>
            {
                var target = new BrokenBooks(HistoryGen.Before(), Enum.Parse<Flaw>(flaw));
                var history = HistoryRecorder.RecordAsync(programs, target).GetAwaiter().GetResult();
                isRight &= HistoryChecker.IsLinearisable(history, HistoryGen.Before(), Now);
            },
            iter: 20, threads: 1, seed: "0000000000000");
        Assert.Equal(right, isRight);
    }
}
