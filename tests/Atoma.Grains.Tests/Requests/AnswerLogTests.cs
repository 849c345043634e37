using Atoma.Grains.Abstractions;
using Atoma.Grains.Requests;

namespace Atoma.Grains.Tests.Requests;

public sealed class AnswerLogTests
{
    private static readonly AnswerEnd End = new()
    {
        Status = "settled", Reason = "", FinishReason = "stop", PromptTokens = 1, OutputTokens = 2, PriceMicros = 3, Text = "ab", Integrity = "none", Convictions = 0,
    };

    [Fact]
    public async Task Watch_FromTheStart_GivesAllInOrder()
    {
        var log = Ended("a", "b");
        var events = await log.Watch(0, default).ToListAsync();
        Assert.Equal([0, 1, 2], events.Select(e => e.Index));
        Assert.Equal(["a", "b", ""], events.Select(e => e.Text));
        Assert.Same(End, events[^1].End);
    }

    [Theory]
    [InlineData(-5, 3)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(100, 0)]
    public async Task Watch_FromAnIndex_GivesTheRest(int from, int count) =>
        Assert.Equal(count, (await Ended("a", "b").Watch(from, default).ToListAsync()).Count);

    [Fact]
    public async Task Watch_BeforeAnythingHappened_WaitsForIt()
    {
        var log = new AnswerLog();
        await using var watcher = log.Watch(0, default).GetAsyncEnumerator();
        var next = watcher.MoveNextAsync();
        Assert.False(next.IsCompleted);

        log.Append("late");

        Assert.True(await next);
        Assert.Equal("late", watcher.Current.Text);
    }

    [Fact]
    public async Task Watch_Cancelled_Throws()
    {
        using var stop = new CancellationTokenSource();
        await using var watcher = new AnswerLog().Watch(0, stop.Token).GetAsyncEnumerator();
        var next = watcher.MoveNextAsync();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task Append_AfterTheEnd_ChangesNothing()
    {
        var log = Ended("a");
        log.Append("more");
        log.Append("", End);
        Assert.Equal(2, (await log.Watch(0, default).ToListAsync()).Count);
    }

    [Fact]
    public async Task Append_NoTextAndNoEnd_IsNoEvent()
    {
        var log = new AnswerLog();
        log.Append("");
        Assert.False(log.Ended);
        log.Append("", End);
        Assert.Equal(0, (await log.Watch(0, default).SingleAsync()).Index);
    }

    private static AnswerLog Ended(params string[] texts)
    {
        var log = new AnswerLog();
        foreach (var text in texts)
            log.Append(text);
        log.Append("", End);
        return log;
    }
}
