using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Tests.Chain;
using Atoma.Ethereum.Tests.Outbox.Chaos;
using Atoma.Ethereum.Watching;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Tests.Watching;

/// <summary>P10.3, what a watcher hands on and what it does not.</summary>
public sealed class ChainWatcherTests : IChainEventHandler
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly NodeId Contract = NodeId.Parse("0x00000000000000000000000000000000000000cc");

    private readonly MemoryStore _store = new();
    private readonly List<ChainLog> _handed = [];
    private int _failures;

    Task IChainEventHandler.HandleAsync(IReadOnlyList<ChainLog> logs, CancellationToken cancellationToken)
    {
        if (_failures-- > 0)
            throw new InvalidOperationException("not booked");
        _handed.AddRange(logs);
        return Task.CompletedTask;
    }

    private ChainWatcher Watcher(FakeChain chain, int confirmations = 4, long start = 0, int blocks = 10) =>
        new(new Ranged(chain), _store, this, new ChainWatcherOptions("events", [Contract], start, new FinalityRule(confirmations), blocks));

    private static ChainLog Log(long block, int index = 0, long fork = long.MaxValue, NodeId? address = null) =>
        new(address ?? Contract, [], [(byte)block, (byte)index], block, FakeChain.HashOf(block, fork), Hash32.Zero, index);

    private static FakeChain Chain(long head, params ChainLog[] logs)
    {
        var chain = FakeChain.To(head);
        chain.Logs.AddRange(logs);
        return chain;
    }

    [Fact]
    public async Task Step_AgainAndAgain_FinalEventsInOrderOnce()
    {
        var watcher = Watcher(Chain(30, Log(3), Log(9, 1), Log(9, 2), Log(10), Log(26), Log(27)), start: 2);
        Assert.Equal(new WatchStatus(WatchOutcome.Advanced, 11, 26), await watcher.StepAsync(None));
        Assert.Equal([3, 9, 9, 10], _handed.Select(log => log.BlockNumber));
        Assert.Equal(new WatchStatus(WatchOutcome.Advanced, 21, 26), await watcher.StepAsync(None));
        Assert.Equal(new WatchStatus(WatchOutcome.Advanced, 26, 26), await watcher.StepAsync(None));
        Assert.Equal(new WatchStatus(WatchOutcome.UpToDate, 26, 26), await watcher.StepAsync(None));
        Assert.Equal([3, 9, 9, 10, 26], _handed.Select(log => log.BlockNumber));
        Assert.Equal(new ChainPoint(26, FakeChain.HashOf(26)), await _store.FindCursorAsync("events", None));
    }

    [Fact]
    public async Task Step_ChainShorterThanFinality_NothingYet() =>
        Assert.Equal(new WatchStatus(WatchOutcome.UpToDate, 1, -1), await Watcher(Chain(3, Log(0)), start: 2).StepAsync(None));

    [Fact]
    public async Task Step_HandlerFails_SameEventsAgain()
    {
        var watcher = Watcher(Chain(10, Log(3)));
        _failures = 1;
        await Assert.ThrowsAsync<InvalidOperationException>(() => watcher.StepAsync(None));
        Assert.Null(await _store.FindCursorAsync("events", None));
        Assert.Equal(WatchOutcome.Advanced, (await watcher.StepAsync(None)).Outcome);
        Assert.Single(_handed);
    }

    /// <summary>Logs of a block that the chain does not have, in whatever way they come about.</summary>
    [Fact]
    public async Task Step_LogsThatAreNotOfThisChain_NeverHandedOn()
    {
        var chain = Chain(10, Log(3, fork: 2));
        foreach (var wrong in (ChainLog[][])[[Log(3, fork: 2)], [Log(4), Log(3)], [Log(3), Log(3)], [Log(3, address: default(NodeId))], [Log(3), Log(3, 1, fork: 2)]])
        {
            chain.Logs.Clear();
            chain.Logs.AddRange(wrong);
            Assert.NotEqual(WatchOutcome.Advanced, await OutcomeAsync(Watcher(new Unchecked(chain))));
        }

        Assert.Empty(_handed);
        Assert.Null(await _store.FindCursorAsync("events", None));
        chain.Logs.Clear();
        chain.Logs.Add(Log(3));
        Assert.Equal(WatchOutcome.Advanced, await OutcomeAsync(Watcher(new Unchecked(chain))));

        ChainWatcher Watcher(IChainClient client) => new(client, _store, this, new ChainWatcherOptions("events", [Contract], 0, new FinalityRule(4)));
    }

    [Fact]
    public async Task Step_CursorsBlockGone_StopsAndSaysWhich()
    {
        await Watcher(Chain(20)).StepAsync(None);
        var error = await Assert.ThrowsAsync<FinalBlockGoneException>(() => Watcher(FakeChain.To(20, fork: 8)).StepAsync(None));
        Assert.Contains("Block 9", error.Message);
        Assert.Equal(9, (await _store.FindCursorAsync("events", None))!.Value.Number);
    }

    [Fact]
    public async Task Step_EndpointBehindTheCursor_Waits()
    {
        await Watcher(Chain(20)).StepAsync(None);
        Assert.Equal(new WatchStatus(WatchOutcome.NotReady, 9, 4), await Watcher(FakeChain.To(8)).StepAsync(None));
        Assert.Equal(WatchOutcome.Advanced, (await Watcher(Chain(20)).StepAsync(None)).Outcome);
    }

    [Fact]
    public async Task Step_AnotherProcessWasFaster_Overtaken()
    {
        var chain = Chain(20, Log(3));
        var fast = Watcher(chain);
        var slow = new ChainWatcher(new Ranged(chain), _store, new Overtaking(fast), new ChainWatcherOptions("events", [Contract], 0, new FinalityRule(4), 10));
        Assert.Equal(WatchOutcome.Overtaken, (await slow.StepAsync(None)).Outcome);
        Assert.Equal(9, (await _store.FindCursorAsync("events", None))!.Value.Number);
    }

    [Fact]
    public void Options_OutOfRange_AllNamed()
    {
        var error = Assert.Throws<ArgumentException>(() => new ChainWatcherOptions("", [], -1, new FinalityRule(-1), 1_001).Validate());
        foreach (var name in (string[])["Name", "Contracts", "StartBlock", "Finality", "BlocksMax"])
            Assert.Contains(name, error.Message);
    }

    private static async Task<WatchOutcome> OutcomeAsync(ChainWatcher watcher) => (await watcher.StepAsync(None)).Outcome;

    /// <summary>Hands out logs as they are.</summary>
    private sealed class Unchecked(FakeChain inner) : ForwardingChain(inner)
    {
        private readonly FakeChain _chain = inner;

        public override Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ChainLog>>([.. _chain.Logs]);
    }

    private sealed class Ranged(FakeChain inner) : ForwardingChain(inner)
    {
        public override async Task<IReadOnlyList<ChainLog>> LogsAsync(ChainLogFilter filter, CancellationToken cancellationToken) =>
            [.. (await base.LogsAsync(filter, cancellationToken)).Where(log => log.BlockNumber >= filter.FromBlock && log.BlockNumber <= filter.ToBlock)];
    }

    private sealed class Overtaking(ChainWatcher other) : IChainEventHandler
    {
        public Task HandleAsync(IReadOnlyList<ChainLog> logs, CancellationToken cancellationToken) => other.StepAsync(cancellationToken);
    }
}
