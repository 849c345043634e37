using System.Runtime.CompilerServices;
using Atoma.Grains.Abstractions;
using Orleans.Runtime;

namespace Atoma.Api.Tests.Fakes;

internal sealed class FakeRequest(FakeNetwork network, string id) : IRequestGrain
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _begun;

    public string Id { get; } = id;

    /// <summary>Set by a test when the request is there without having been submitted.</summary>
    public RequestInfo? Info { get; set; }

    public Task Cancelled => _cancelled.Task;

    public Task Watched => _watched.Task;

    /// <summary>What it shows, where that is not what all show.</summary>
    public IReadOnlyList<AnswerEvent>? Script { get; set; }

    /// <summary>How often it was begun, after having been deferred.</summary>
    public int Begun => _begun;

    public Task<PromptText> Prompt() => Task.FromResult(network.Prompt);

    public Task<SubmitReply> Submit(SubmitCall call)
    {
        network.Submitted.Enqueue(call);
        Info ??= new RequestInfo(call.Account, "{}", null)
        {
            Form = call.Form, Model = call.Model, Streaming = call.Streaming, CreatedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        };
        return Task.FromResult(network.OnSubmit(call, this));
    }

    public Task Begin()
    {
        Interlocked.Increment(ref _begun);
        return Task.CompletedTask;
    }

    public Task<int> Review(byte[] spec) => throw new NotSupportedException();

    public Task<DisputeReply> Dispute(string account) => Task.FromResult(network.OnDispute(account, this));

    public async IAsyncEnumerable<AnswerEvent> Watch(int from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _watched.TrySetResult();
        foreach (var current in (Script ?? network.Script).Where(e => e.Index >= from))
        {
            if (current.End is not null)
                await network.BeforeEnd.WaitAsync(cancellationToken);
            Info = Info is null ? null : Info with { Outcome = current.End?.Status ?? "", Reason = current.End?.Reason ?? "" };
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

    public Task<ContractOutcome?> Outcome() => throw new NotSupportedException();

    public Task AskSignatures(byte[] domain) => throw new NotSupportedException();
}
