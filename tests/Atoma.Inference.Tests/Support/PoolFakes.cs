using System.Collections.Concurrent;
using Atoma.Inference.Engine;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Support;

/// <summary>A model whose loads the test lets through, and whose engines it counts.</summary>
internal sealed class FakeModel
{
    private readonly ConcurrentQueue<FakeEngine> _engines = new();
    private readonly FakeMemory _memory;
    private readonly long _bytes;
    private volatile TaskCompletionSource? _gate;

    public FakeModel(string id, long bytes, FakeMemory memory)
    {
        _bytes = bytes;
        _memory = memory;
        Source = new EngineSource(id, bytes, 512, LoadAsync);
    }

    public EngineSource Source { get; }

    /// <summary>What the next loads fail with; null lets them succeed.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Engines loaded so far, the oldest first.</summary>
    public IReadOnlyList<FakeEngine> Engines => [.. _engines];

    /// <summary>Loads wait until the source returned is completed.</summary>
    public TaskCompletionSource Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<IInferenceEngine> LoadAsync(CancellationToken cancellationToken)
    {
        _memory.Take(_bytes);
        try
        {
            if (_gate is { } gate)
                await gate.Task.WaitAsync(cancellationToken);
            if (Failure is { } failure)
                throw failure;
        }
        catch
        {
            _memory.Take(-_bytes);
            throw;
        }

        var engine = new FakeEngine(() => _memory.Take(-_bytes));
        _engines.Enqueue(engine);
        return engine;
    }
}

/// <summary>What fake engines take together, and the most that it ever was.</summary>
internal sealed class FakeMemory
{
    private readonly Lock _gate = new();
    private long _now;

    public long Most { get; private set; }

    public long Now
    {
        get
        {
            lock (_gate)
                return _now;
        }
    }

    public void Take(long bytes)
    {
        lock (_gate)
        {
            _now += bytes;
            Most = Math.Max(Most, _now);
        }
    }
}

/// <summary>Only its end can be seen; it generates nothing.</summary>
internal sealed class FakeEngine(Action disposed) : IInferenceEngine
{
    private int _disposals;

    public int Disposals => _disposals;

    public int Busy { get; set; }

    public EngineCapacity Capacity => new(4, Busy, 0, 64);

    public ModelManifest Model => throw new NotSupportedException();

    public Echelon Echelon => throw new NotSupportedException();

    public ITokenizer Tokenizer => throw new NotSupportedException();

    public IAsyncEnumerable<GeneratedStep> GenerateAsync(GenerationTask task, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CheckOutcome> CheckAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CheckOutcome> CheckAsync(
        GenerationTask task, IAsyncEnumerable<TranscriptChunk> chunks, Task<CommittedEnd> end, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AnswerObservation> ObserveAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<TranscriptChunk>> ScoreAsync(GenerationTask task, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EmbeddingVector>> EmbedAsync(GenerationTask task, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        disposed();
        return ValueTask.CompletedTask;
    }
}
