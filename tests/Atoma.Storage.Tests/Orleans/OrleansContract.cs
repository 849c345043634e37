using System.Data.Common;
using Atoma.Storage.Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Atoma.Storage.Tests.Orleans;

/// <summary>What both databases must do under Orleans. Derived classes run each as a test of theirs.</summary>
internal static class OrleansContract
{
    private static readonly GrainId Id = GrainId.Create("counter", "node:0xabc");

    /// <summary>Grain state outlives the silo; two silos form a cluster; a silo that left is not in the way.</summary>
    public static async Task SurvivesRestartAsync(string invariant, DbDataSource dataSource)
    {
        await OrleansSchema.EnsureAsync(dataSource, CancellationToken.None);
        await using (var first = await OrleansSilo.StartAsync(invariant, dataSource, "first"))
        {
            var counter = first.Grains.GetGrain<ICounterGrain>("node:a");
            Assert.Equal(2, await counter.AddAsync(2));
            Assert.Equal(5, await counter.AddAsync(3));
            await first.Grains.GetGrain<ICounterGrain>("node:cleared").AddAsync(1);
            await first.Grains.GetGrain<ICounterGrain>("node:cleared").ClearAsync();

            await using var second = await OrleansSilo.StartAsync(invariant, dataSource, "second");
            Assert.Equal(5, await second.Grains.GetGrain<ICounterGrain>("node:a").ReadAsync());
            var hosts = await second.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
            Assert.Equal(2, hosts.Count);
        }

        await OrleansSchema.EnsureAsync(dataSource, CancellationToken.None);
        await using var third = await OrleansSilo.StartAsync(invariant, dataSource, "third");
        Assert.Equal(5, await third.Grains.GetGrain<ICounterGrain>("node:a").ReadAsync());
        Assert.Equal(0, await third.Grains.GetGrain<ICounterGrain>("node:cleared").ReadAsync());
        Assert.Equal(4, await third.Grains.GetGrain<ICounterGrain>("node:cleared").AddAsync(4));
        Assert.Equal(0, await third.Grains.GetGrain<ICounterGrain>("node:A").ReadAsync());
        var sums = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => third.Grains.GetGrain<ICounterGrain>($"node:{i}").AddAsync(i)));
        Assert.Equal(Enumerable.Range(0, 200), sums);
        await ConflictsAsync(third.GrainStorage);
    }

    /// <summary>Writing, clearing and creating with a version that is not the row's is refused each time.</summary>
    private static async Task ConflictsAsync(IGrainStorage storage)
    {
        var mine = new GrainState<CounterState>(new CounterState { Value = 1, Note = "ü\0" });
        await storage.WriteStateAsync("other", Id, mine);
        var theirs = new GrainState<CounterState>();
        await storage.ReadStateAsync("other", Id, theirs);
        Assert.Equal((1, "ü\0", mine.ETag, true), (theirs.State!.Value, theirs.State.Note, theirs.ETag, theirs.RecordExists));

        theirs.State.Value = 2;
        await storage.WriteStateAsync("other", Id, theirs);
        await Refused(() => storage.WriteStateAsync("other", Id, mine));
        await Refused(() => storage.ClearStateAsync("other", Id, mine));
        await Refused(() => storage.WriteStateAsync("other", Id, new GrainState<CounterState>(new CounterState())));

        var beforeClear = new GrainState<CounterState>(theirs.State, theirs.ETag);
        await storage.ClearStateAsync("other", Id, theirs);
        Assert.False(theirs.RecordExists);
        await Refused(() => storage.WriteStateAsync("other", Id, beforeClear));
        await storage.ReadStateAsync("other", Id, mine);
        Assert.Equal((0, false), (mine.State!.Value, mine.RecordExists));
        mine.State.Value = 3;
        await storage.WriteStateAsync("other", Id, mine);

        // The state's name is part of the key.
        var same = new GrainState<CounterState>();
        await storage.ReadStateAsync("another", Id, same);
        Assert.Equal((0, false), (same.State!.Value, same.RecordExists));

        static Task Refused(Func<Task> write) => Assert.ThrowsAsync<InconsistentStateException>(write);
    }
}
