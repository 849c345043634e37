using System.Runtime.CompilerServices;
using Atoma.Grains.Abstractions;
using Orleans.Runtime;

namespace Atoma.Api.Tests.Fakes;

internal sealed class FakeRequest(FakeNetwork network, string id) : IRequestGrain
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = id;

    /// <summary>Set by a test when the request is there without having been submitted.</summary>
    public RequestInfo? Info { get; set; }

    public Task Cancelled => _cancelled.Task;

    public Task Watched => _watched.Task;

    public Task<SubmitReply> Submit(SubmitCall call)
    {
        network.Submitted.Enqueue(call);
        return Task.FromResult(network.OnSubmit(call, this));
    }

    public Task<int> Review(byte[] spec) => throw new NotSupportedException();

    public Task<DisputeReply> Dispute(string account) => Task.FromResult(network.OnDispute(account, this));

    public async IAsyncEnumerable<AnswerEvent> Watch(int from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _watched.TrySetResult();
        foreach (var current in network.Script.Where(e => e.Index >= from))
        {
            if (current.End is not null)
                await network.BeforeEnd.WaitAsync(cancellationToken);
            yield return current;
            if (Interlocked.Decrement(ref network.WatchesThatBreak) >= 0)
                throw new OrleansException("the silo stopped");
        }
    }

    public Task Cancel()
    {
        _cancelled.TrySetResult();
        return Task.CompletedTask;
    }

    public Task<RequestInfo?> Describe() => Task.FromResult(Info);

    public Task Receive(string node, byte[] message) => throw new NotSupportedException();

    public Task NodeLost(string node) => throw new NotSupportedException();

    public Task Sweep() => throw new NotSupportedException();
}
