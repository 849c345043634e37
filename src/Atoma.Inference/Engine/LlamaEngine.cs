using System.Runtime.CompilerServices;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>A GGUF model served by llama.cpp in invariant mode: same task, same bits, whatever else is running.</summary>
public sealed class LlamaEngine : IInferenceEngine
{
    private readonly EngineOptions _options;
    private readonly EngineThread _thread;
    private readonly LoadedEngine _loaded;
    private readonly HashSet<int> _endOfGeneration;

    private LlamaEngine(EngineOptions options, EngineThread thread, LoadedEngine loaded)
    {
        _options = options;
        _thread = thread;
        _loaded = loaded;
        _endOfGeneration = [.. loaded.Manifest.EndOfGeneration];
    }

    public ModelManifest Model => _loaded.Manifest;

    public Echelon Echelon => _loaded.Echelon;

    /// <summary>Works until the engine is disposed.</summary>
    public ITokenizer Tokenizer => _loaded.Tokenizer;

    /// <summary>Tokens of prompt and output together that one task may take.</summary>
    public int ContextTokens => _loaded.ContextTokens;

    public EngineCapacity Capacity => new(_options.Slots, _loaded.Loop.Busy, _thread.Inbox.Waiting, _options.QueueLimit);

    /// <summary>Loads libraries and model on a thread of its own; the task completes when the engine can serve.</summary>
    /// <exception cref="ArgumentException">Options out of range; all of them are named.</exception>
    /// <exception cref="Gguf.GgufException">The file is not a model that can be given to llama.cpp.</exception>
    /// <exception cref="InferenceException">Libraries, model or context could not be loaded.</exception>
    public static async Task<LlamaEngine> LoadAsync(EngineOptions options, ILogger logger, CancellationToken cancellationToken = default)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException($"Engine options: {string.Join("; ", problems)}.", nameof(options));
        var thread = EngineThread.Start(options, logger, cancellationToken);
        return new LlamaEngine(options, thread, await thread.Loaded);
    }

    public async IAsyncEnumerable<GeneratedStep> GenerateAsync(GenerationTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        var job = new GenerationJob(task, NewFinishRule(task));
        _thread.Inbox.Add(job, _options.Slots - _loaded.Loop.Busy);
        try
        {
            using var registration = cancellationToken.UnsafeRegister(_ => Cancel(job), null);
            await foreach (var step in job.Steps.ReadAllAsync(cancellationToken))
                yield return step;
        }
        finally
        {
            // Also when the reader just stops reading: nobody generates for no one.
            Cancel(job);
        }
    }

    public Task<CheckOutcome> CheckAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken) =>
        CompareAsync(task, claimed, new AnswerComparison(claimed, NewFinishRule(task)), cancellationToken);

    public async Task<AnswerObservation> ObserveAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken)
    {
        var observer = new AnswerObserver(claimed, NewFinishRule(task));
        var outcome = await CompareAsync(task, claimed, observer, cancellationToken);
        return new AnswerObservation(outcome.Verdict == Verdict.Match ? null : outcome, observer.Observed);
    }

    public Task<CheckOutcome> CheckAsync(
        GenerationTask task, IAsyncEnumerable<TranscriptChunk> chunks, Task<CommittedEnd> end, CancellationToken cancellationToken)
    {
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        var check = new StreamedCheck(task, Model, NewFinishRule(task), job => RunAsync(job, cancellationToken));
        return check.RunAsync(chunks, end, cancellationToken);
    }

    private async Task<CheckOutcome> CompareAsync(GenerationTask task, Transcript claimed, IAnswerComparison comparison, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        if (Admission.Judge(task, claimed, Model.Digest) is { } outcome)
            return outcome;
        return await RunAsync(new CheckJob(task, claimed.Output, 0, comparison, Model.VocabularySize), cancellationToken);
    }

    private async Task<CheckOutcome> RunAsync(CheckJob job, CancellationToken cancellationToken)
    {
        _thread.Inbox.Add(job);
        using var registration = cancellationToken.UnsafeRegister(_ => Cancel(job), null);
        return await job.Outcome;
    }

    /// <summary>Ends every task with <see cref="EngineRefusal.Stopping"/> and frees the model; completes when the thread has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _thread.Inbox.Close(EngineRefusal.Stopping);
        await _thread.Ended;
    }

    private FinishRule NewFinishRule(GenerationTask task) => new(task.Parameters, _endOfGeneration, Tokenizer);

    private void Cancel(GenerationJob job)
    {
        job.Cancel();
        _thread.Inbox.Wake();
    }

    private void Cancel(CheckJob job)
    {
        job.Cancel();
        _thread.Inbox.Wake();
    }
}
