using System.Collections.Concurrent;
using Atoma.Protocol.Common;
using Atoma.Silo.Gateway;

namespace Atoma.Network.Tests;

public sealed class OrderedRelayTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Hash32 _one = Hash32.Sha256("one"u8);
    private readonly Hash32 _other = Hash32.Sha256("other"u8);

    [Fact]
    public async Task Messages_OfOneRequest_KeepTheirOrder_ThoseOfAnotherDoNotWait()
    {
        using var relay = new OrderedRelay(10);
        var (gate, order) = (new TaskCompletionSource(), new ConcurrentQueue<string>());
        var otherDone = new TaskCompletionSource();

        await relay.EnqueueAsync(_one, async () =>
        {
            await gate.Task;
            order.Enqueue("first");
        });
        await relay.EnqueueAsync(_one, () => Said("second"));
        await relay.EnqueueAsync(_other, () =>
        {
            otherDone.SetResult();
            return Said("other");
        });

        await otherDone.Task.WaitAsync(Patience);
        Assert.Equal(["other"], order);
        gate.SetResult();
        await relay.DrainAsync().WaitAsync(Patience);
        Assert.Equal(["other", "first", "second"], order);

        Task Said(string what)
        {
            order.Enqueue(what);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Messages_MoreThanThereIsRoomFor_Wait()
    {
        using var relay = new OrderedRelay(1);
        var gate = new TaskCompletionSource();
        await relay.EnqueueAsync(_one, () => gate.Task);

        var second = relay.EnqueueAsync(_other, () => Task.CompletedTask);
        Assert.False(second.IsCompleted);
        gate.SetResult();

        await second.WaitAsync(Patience);
        await relay.DrainAsync().WaitAsync(Patience);
    }
}
