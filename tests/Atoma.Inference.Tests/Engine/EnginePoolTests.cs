using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Atoma.Inference.Tests.Engine;

/// <summary>Who is in memory and who waits, with engines that only count; EnginePoolModelTests has real ones.</summary>
public sealed class EnginePoolTests
{
    private const long Megabyte = 1_000_000;

    private readonly FakeTimeProvider _time = new();
    private readonly FakeMemory _memory = new();
    private readonly FakeModel _a;
    private readonly FakeModel _b;
    private readonly FakeModel _c;

    public EnginePoolTests()
    {
        _a = new FakeModel("a", 40 * Megabyte, _memory);
        _b = new FakeModel("b", 40 * Megabyte, _memory);
        _c = new FakeModel("c", 60 * Megabyte, _memory);
    }

    [Fact]
    public async Task RentAsync_FirstRequestsAtOnce_LoadOnce()
    {
        await using var pool = Pool(100);
        var gate = _a.Hold();
        var rents = Enumerable.Range(0, 50).Select(_ => Rent(pool, "a")).ToArray();
        Assert.Equal(50, pool.Waiting);
        gate.SetResult();
        var leases = await Task.WhenAll(rents);
        Assert.All(leases, l => Assert.Same(Assert.Single(_a.Engines), l.Engine));
        Assert.Equal(0, pool.Waiting);
    }

    [Fact]
    public async Task RentAsync_AllFit_AllStay()
    {
        await using var pool = Pool(80);
        foreach (var id in (string[])["a", "b", "a", "b"])
            (await Rent(pool, id)).Dispose();
        Assert.Equal(["a", "b"], pool.Loaded);
        Assert.Equal(80 * Megabyte, pool.UsedBytes);
        Assert.Single(_a.Engines);
        Assert.Single(_b.Engines);
    }

    [Fact]
    public async Task RentAsync_RoomIsNeeded_LeastRecentlyUsedGoes()
    {
        await using var pool = Pool(100);
        (await Rent(pool, "b")).Dispose();
        (await Rent(pool, "a")).Dispose();
        (await Rent(pool, "b")).Dispose();
        (await Rent(pool, "c")).Dispose();
        Assert.Equal(["b", "c"], pool.Loaded);
        Assert.Equal(1, _a.Engines[0].Disposals);
        (await Rent(pool, "a")).Dispose();
        Assert.Equal(2, _a.Engines.Count);
        Assert.Equal(["a", "c"], pool.Loaded);
        Assert.Equal(100 * Megabyte, _memory.Most);
    }

    [Fact]
    public async Task RentAsync_RecentlyUsedIsIdleAndOldestIsAtWork_TheIdleOneGoes()
    {
        await using var pool = Pool(100);
        using var a = await Rent(pool, "a");
        (await Rent(pool, "b")).Dispose();
        (await Rent(pool, "c")).Dispose();
        Assert.Equal(["a", "c"], pool.Loaded);
        Assert.Equal(0, _a.Engines[0].Disposals);
    }

    [Fact]
    public async Task RentAsync_OthersAreAtWork_WaitsUntilEveryLeaseIsBack()
    {
        await using var pool = Pool(40);
        var first = await Rent(pool, "a");
        var second = await Rent(pool, "a");
        var waiting = Rent(pool, "b");
        first.Dispose();
        Assert.Equal(1, pool.Waiting);
        Assert.Empty(_b.Engines);
        Assert.Equal(0, _a.Engines[0].Disposals);
        second.Dispose();
        using var b = await waiting;
        Assert.Equal(1, _a.Engines[0].Disposals);
        Assert.Equal(40 * Megabyte, _memory.Most);
    }

    [Fact]
    public async Task RentAsync_ModelInDemandAllTheTime_KeepsNoOtherOut()
    {
        await using var pool = Pool(40);
        var first = await Rent(pool, "a");
        var b = Rent(pool, "b");
        var later = Enumerable.Range(0, 3).Select(_ => Rent(pool, "a")).ToArray();
        Assert.Equal(4, pool.Waiting);
        first.Dispose();
        (await b).Dispose();
        foreach (var lease in await Task.WhenAll(later))
            lease.Dispose();
        Assert.Equal(2, _a.Engines.Count);
    }

    [Fact]
    public async Task RentAsync_ModelThatNeedNotGo_IsGivenWhileAnotherWaits()
    {
        await using var pool = Pool(100);
        var b = await Rent(pool, "b");
        using var a = await Rent(pool, "a");
        // 20 of 100 are free and c needs 60: b has to go, a need not.
        var c = Rent(pool, "c");
        using var again = await Rent(pool, "a");
        Assert.Equal(1, pool.Waiting);
        b.Dispose();
        using var lease = await c;
        Assert.Equal(["a", "c"], pool.Loaded);
    }

    [Fact]
    public async Task RentAsync_WaiterIsCancelled_ThoseBehindGoOn()
    {
        await using var pool = Pool(40);
        using var first = await Rent(pool, "a");
        using var cancel = new CancellationTokenSource();
        var b = pool.RentAsync("b", cancel.Token);
        var behind = Rent(pool, "a");
        Assert.Equal(2, pool.Waiting);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => b);
        using var second = await behind;
        Assert.Same(first.Engine, second.Engine);
        Assert.Empty(_b.Engines);
    }

    [Fact]
    public async Task RentAsync_WaitedTooLong_IsRefusedWithTheNumbers()
    {
        await using var pool = Pool(60);
        using var a = await Rent(pool, "a");
        var c = Rent(pool, "c");
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, pool.Waiting);
        _time.Advance(TimeSpan.FromSeconds(1));
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => c);
        Assert.Equal(EngineRefusal.MemoryBusy, refused.Reason);
        Assert.Contains("Waited 30 s for room. The model c needs about 60 MB; of 60 MB for all models, 40 MB are taken (a by 1 task(s)).", refused.Message, StringComparison.Ordinal);
        using var again = await Rent(pool, "a");
        Assert.Same(a.Engine, again.Engine);
    }

    [Fact]
    public async Task RentAsync_LoadTakesLongerThanTheWait_IsWaitedFor()
    {
        await using var pool = Pool(40);
        var gate = _a.Hold();
        var a = Rent(pool, "a");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, pool.Waiting);
        gate.SetResult();
        using var lease = await a;
    }

    [Fact]
    public async Task RentAsync_TooManyWait_OneMoreIsRefused()
    {
        await using var pool = Pool(40, waitingLimit: 2);
        var a = await Rent(pool, "a");
        var waiting = new[] { Rent(pool, "b"), Rent(pool, "b") };
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => Rent(pool, "b"));
        Assert.Equal(EngineRefusal.MemoryBusy, refused.Reason);
        Assert.StartsWith("2 tasks wait for models already.", refused.Message, StringComparison.Ordinal);
        a.Dispose();
        foreach (var lease in await Task.WhenAll(waiting))
            lease.Dispose();
    }

    [Fact]
    public async Task RentAsync_LargerThanTheBudget_IsRefusedAtOnceWithTheNumbers()
    {
        await using var pool = Pool(59);
        var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => Rent(pool, "c"));
        Assert.Equal(EngineRefusal.MemoryNever, refused.Reason);
        Assert.Contains("c needs about 60 MB of memory, and all models together may take 59 MB", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_c.Engines);
    }

    [Fact]
    public async Task RentAsync_NoSuchModel_IsRefused()
    {
        await using var pool = Pool(100);
        Assert.Equal(EngineRefusal.UnknownModel, (await Assert.ThrowsAsync<EngineRefusedException>(() => Rent(pool, "A"))).Reason);
    }

    [Fact]
    public async Task RentAsync_LoadFails_AllThatWaitAreToldAndTheNextTriesAgain()
    {
        await using var pool = Pool(40);
        var gate = _a.Hold();
        _a.Failure = new InferenceException(InferenceError.ModelRefused, "the file is gone");
        var rents = new[] { Rent(pool, "a"), Rent(pool, "a") };
        var other = Rent(pool, "b");
        gate.SetResult();
        foreach (var rent in rents)
        {
            var refused = await Assert.ThrowsAsync<EngineRefusedException>(() => rent);
            Assert.Equal(EngineRefusal.LoadFailed, refused.Reason);
            Assert.Contains("the file is gone", refused.Message, StringComparison.Ordinal);
        }

        (await other).Dispose();
        _a.Failure = null;
        (await Rent(pool, "a")).Dispose();
        Assert.Equal(40 * Megabyte, _memory.Most);
    }

    [Fact]
    public async Task Dispose_LeaseTwice_CountsOnce()
    {
        await using var pool = Pool(40);
        var first = await Rent(pool, "a");
        using var second = await Rent(pool, "a");
        first.Dispose();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Engine);
        var b = Rent(pool, "b");
        Assert.Equal(1, pool.Waiting);
        Assert.Equal(0, _a.Engines[0].Disposals);
        second.Dispose();
        (await b).Dispose();
    }

    [Fact]
    public async Task DisposeAsync_TasksWaitAndWork_AreRefusedAndAllEnginesEnd()
    {
        var pool = Pool(100);
        using var a = await Rent(pool, "a");
        var loads = _c.Hold();
        var loading = Rent(pool, "c");
        var waiting = Rent(pool, "b");
        await pool.DisposeAsync();
        foreach (var rent in new[] { loading, waiting, Rent(pool, "a") })
            Assert.Equal(EngineRefusal.Stopping, (await Assert.ThrowsAsync<EngineRefusedException>(() => rent)).Reason);
        Assert.False(loads.Task.IsCompleted);
        Assert.Equal(1, _a.Engines[0].Disposals);
        Assert.Equal(0, _memory.Now);
    }

    [Fact]
    public async Task Busy_SeveralEngines_IsTheirSum()
    {
        await using var pool = Pool(80);
        using var a = await Rent(pool, "a");
        using var b = await Rent(pool, "b");
        (_a.Engines[0].Busy, _b.Engines[0].Busy) = (3, 1);
        Assert.Equal(4, pool.Busy);
    }

    [Fact]
    public void Pool_OptionsOutOfRangeAndNamesTwice_AreAllNamed()
    {
        var exception = Assert.Throws<ArgumentException>(() => new EnginePool(
            [_a.Source, _a.Source], new EnginePoolOptions { BudgetBytes = 0, WaitingLimit = 0, WaitSeconds = 0 }, _time, NullLogger.Instance));
        foreach (var part in (string[])["BudgetBytes", "WaitingLimit", "WaitSeconds", "2 models are called a"])
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Many tasks over models that never fit together: all end, the budget holds at every moment, and nobody's engine goes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RentAsync_ManyTasksRace_NoneLosesItsEngineAndTheBudgetHolds(int seed)
    {
        await using var pool = Pool(100, waitingLimit: 4096);
        var random = new Random(seed);
        var plans = Enumerable.Range(0, 600).Select(_ => (Model: "abc"[random.Next(3)].ToString(), Turns: random.Next(4), Cancel: random.Next(10) == 0)).ToArray();
        var served = 0;
        await Task.WhenAll(plans.Select(async plan =>
        {
            using var cancel = new CancellationTokenSource();
            await Task.Yield();
            var rent = pool.RentAsync(plan.Model, cancel.Token);
            if (plan.Cancel)
                await cancel.CancelAsync();
            try
            {
                using var lease = await rent;
                for (var i = 0; i < plan.Turns; i++)
                    await Task.Yield();
                Assert.Equal(0, ((FakeEngine)lease.Engine).Disposals);
                Interlocked.Increment(ref served);
            }
            catch (OperationCanceledException)
            {
                Assert.True(plan.Cancel);
            }
        })).WaitAsync(TestTimeouts.Answer);
        Assert.InRange(served, plans.Count(p => !p.Cancel), plans.Length);
        Assert.InRange(_memory.Most, 1, 100 * Megabyte);
        Assert.All(_a.Engines.Concat(_b.Engines).Concat(_c.Engines), e => Assert.InRange(e.Disposals, 0, 1));
    }

    private EnginePool Pool(long megabytes, int waitingLimit = 64) => new(
        [_a.Source, _b.Source, _c.Source], new EnginePoolOptions { BudgetBytes = megabytes * Megabyte, WaitingLimit = waitingLimit }, _time, NullLogger.Instance);

    private static Task<EngineLease> Rent(EnginePool pool, string model) => pool.RentAsync(model, CancellationToken.None).WaitAsync(TestTimeouts.Load);
}
