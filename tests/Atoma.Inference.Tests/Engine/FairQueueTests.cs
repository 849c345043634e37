using Atoma.Inference.Engine;

namespace Atoma.Inference.Tests.Engine;

public sealed class FairQueueTests
{
    [Fact]
    public void Take_OneFlowCameFirstWithMany_TheOthersGetTheirTurn()
    {
        var queue = new FairQueue<string>(limit: 8);
        foreach (var item in new[] { "a1", "a2", "a3" })
            queue.Add(1, item);
        queue.Add(2, "b1");
        queue.Add(3, "c1");
        queue.Add(2, "b2");
        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], All(queue));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Add_Full_TheFlowThatWaitsMostGivesWayToOneThatWaitsLess()
    {
        var queue = new FairQueue<string>(limit: 3);
        foreach (var item in new[] { "a1", "a2", "a3" })
            Assert.Null(queue.Add(1, item));
        Assert.Equal("a4", queue.Add(1, "a4"));
        Assert.Equal("a3", queue.Add(2, "b1"));
        Assert.Equal("b2", queue.Add(2, "b2")); // two and one: as even as three can be
        Assert.Equal("c1", queue.Add(3, "c1") is { } left && left == "a2" ? "c1" : "not the longest's newest");
        Assert.Equal(["a1", "b1", "c1"], All(queue));
    }

    [Fact]
    public void Add_FreePlaces_DoNotCountAgainstTheLimit()
    {
        var queue = new FairQueue<string>(limit: 0);
        Assert.Equal("a", queue.Add(1, "a"));
        Assert.Null(queue.Add(1, "a", free: 1));
    }

    [Fact]
    public void Remove_SomeOfAFlow_LeavesTheOrderOfTheRest()
    {
        var queue = new FairQueue<string>(limit: 8);
        foreach (var (flow, item) in new[] { (1UL, "a1"), (1UL, "a2"), (2UL, "b1"), (3UL, "c1") })
            queue.Add(flow, item);
        var removed = new List<string>();
        queue.Remove(i => i is "a1" or "b1", removed.Add);
        Assert.Equal(["a1", "b1"], removed);
        Assert.Equal(["a2", "c1"], All(queue));
    }

    /// <summary>Whatever is added and taken, a flow that waits is served within as many takes as there are flows.</summary>
    [Fact]
    public void Take_RandomArrivals_NoFlowWaitsLongerThanARound()
    {
        var random = new Random(5);
        var queue = new FairQueue<object>(limit: 64);
        var waits = new Dictionary<ulong, int>();
        var owner = new Dictionary<object, ulong>();
        for (var i = 0; i < 10_000; i++)
        {
            var flow = (ulong)random.Next(random.Next(2) == 0 ? 1 : 6);
            var item = new object();
            owner[item] = flow;
            var left = queue.Add(flow, item);
            if (left != item)
                waits.TryAdd(flow, 0);
            if (random.Next(3) == 0 || queue.Take() is not { } taken)
                continue;
            foreach (var waiting in waits.Keys.ToArray())
                waits[waiting]++;
            Assert.InRange(waits[owner[taken]], 1, 6);
            waits[owner[taken]] = 0;
            if (!Waits(queue, owner, owner[taken]))
                waits.Remove(owner[taken]);
        }
    }

    private static bool Waits(FairQueue<object> queue, Dictionary<object, ulong> owner, ulong flow)
    {
        var found = false;
        queue.Remove(item => { found |= owner[item] == flow; return false; }, static _ => { });
        return found;
    }

    private static List<string> All(FairQueue<string> queue)
    {
        var all = new List<string>();
        while (queue.Take() is { } item)
            all.Add(item);
        return all;
    }
}
