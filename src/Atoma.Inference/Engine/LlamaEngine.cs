using System.Runtime.CompilerServices;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>A GGUF model served by llama.cpp; in invariant mode same task, same bits, whatever else is running.</summary>
public sealed class LlamaEngine : IInferenceEngine
{
    private readonly EngineOptions _options;
    private readonly ILogger _logger;
    private readonly HashSet<int> _endOfGeneration;
    private readonly Lazy<GrammarVocabulary> _grammarVocabulary;

    private volatile bool _stopping;
    private volatile EngineThread _thread;
    private volatile LoadedEngine _loaded;

    private LlamaEngine(EngineOptions options, EngineThread thread, LoadedEngine loaded, ILogger logger)
    {
        _options = options;
        _thread = thread;
        _loaded = loaded;
        _logger = logger;
        _endOfGeneration = [.. loaded.Manifest.EndOfGeneration];
        _grammarVocabulary = new Lazy<GrammarVocabulary>(
            () => GrammarVocabulary.Build(loaded.Manifest.VocabularySize, loaded.Tokenizer.TokenBytes, loaded.Manifest.EndOfGeneration));
    }

    public ModelManifest Model => _loaded.Manifest;

    public Echelon Echelon => _loaded.Echelon;

    /// <summary>Works until the engine is disposed.</summary>
    public ITokenizer Tokenizer => _loaded.Tokenizer;

    /// <summary>Tokens of prompt and output together that one task may take.</summary>
    public int ContextTokens => _loaded.ContextTokens;

    /// <summary>Prompt tokens that did not have to be computed, since the model was loaded.</summary>
    public long ReusedTokens => _loaded.Loop.ReusedTokens;

    /// <summary>For tests that watch it.</summary>
    internal EngineLoop Loop => _loaded.Loop;

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
        var engine = new LlamaEngine(options, thread, await thread.Loaded, logger);
        _ = engine.ReloadWhenLostAsync();
        EngineMetrics.Add(engine);
        return engine;
    }

    public async IAsyncEnumerable<GeneratedStep> GenerateAsync(GenerationTask task, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        var state = NewState(task);
        var job = new GenerationJob(task, state, NewFinishRule(task, state));
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

    public async Task<IReadOnlyList<TranscriptChunk>> ScoreAsync(GenerationTask task, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        return task.Parameters.ScorePrompt && task.Prompt.Count > 1 ? PromptScores.Chunked(await RunAsync(new ScoreJob(task), cancellationToken)) : [];
    }

    public async Task<IReadOnlyList<EmbeddingVector>> EmbedAsync(GenerationTask task, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.RequireInputs(task, Model.VocabularySize, ContextTokens);
        return await NewEmbedder().EmbedAsync(task, cancellationToken).ToListAsync(cancellationToken);
    }

    public Task<CheckOutcome> CheckAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken) => task.Parameters.IsEmbedding
        ? CheckVectorsAsync(task, claimed, cancellationToken)
        : CompareAsync(task, claimed, new ScoreComparison(claimed.PromptChunks), finish => new AnswerComparison(claimed, finish), cancellationToken);

    public async Task<AnswerObservation> ObserveAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken)
    {
        AnswerObserver? observer = null;
        var outcome = await CompareAsync(task, claimed, new ScoreComparison([]), finish => observer = new AnswerObserver(claimed, finish), cancellationToken);
        return new AnswerObservation(outcome.Verdict == Verdict.Match ? null : outcome, observer?.Observed ?? []);
    }

    public Task<CheckOutcome> CheckAsync(
        GenerationTask task, IAsyncEnumerable<TranscriptChunk> chunks, Task<CommittedEnd> end, CancellationToken cancellationToken)
    {
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        if (task.Parameters.ScorePrompt)
            throw new EngineRefusedException(EngineRefusal.BadPrompt, "The task scores its prompt, which is not part of the chunks of an answer being written: CheckAsync of a whole transcript checks it.");
        var state = NewState(task);
        var check = new StreamedCheck(task, Model, state, NewFinishRule(task, state), job => RunAsync(job, cancellationToken));
        return check.RunAsync(chunks, end, cancellationToken);
    }

    private async Task<CheckOutcome> CompareAsync(
        GenerationTask task, Transcript claimed, ScoreComparison scores, Func<FinishRule, IAnswerComparison> compare, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.Require(task, Model.VocabularySize, ContextTokens);
        if (Admission.Judge(task, claimed, Model.Digest) is { } outcome)
            return outcome;
        if (claimed.OutputCount == 0 && scores.Left == 0)
            return CheckOutcome.Match;
        var state = NewState(task);
        return await RunAsync(new CheckJob(task, scores, claimed.Output, 0, state, compare(NewFinishRule(task, state)), Model.VocabularySize), cancellationToken);
    }

    private async Task<CheckOutcome> CheckVectorsAsync(GenerationTask task, Transcript claimed, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Admission.RequireInputs(task, Model.VocabularySize, ContextTokens);
        return Admission.JudgeTask(task, claimed, Model.Digest) ?? await NewEmbedder().CheckAsync(task, claimed, cancellationToken);
    }

    private Embedder NewEmbedder() => new(Model.EmbeddingLength, _loaded.Pooling, RunAsync);

    private async Task<T> RunAsync<T>(PrefillJob<T> job, CancellationToken cancellationToken)
    {
        _thread.Inbox.Add(job);
        using var registration = cancellationToken.UnsafeRegister(_ => Cancel(job), null);
        return await job.Outcome;
    }

    /// <summary>Ends every task with <see cref="EngineRefusal.Stopping"/> and frees the model; completes when the thread has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        EngineMetrics.Remove(this);
        var thread = _thread;
        thread.Inbox.Close(EngineRefusal.Stopping);
        await Task.WhenAny(thread.Ended, thread.Lost);
    }

    /// <summary>A thread that hangs in the library is replaced: until the model is loaded again tasks are refused.</summary>
    private async Task ReloadWhenLostAsync()
    {
        for (var reloads = 0; ; reloads++)
        {
            var thread = _thread;
            await Task.WhenAny(thread.Lost, thread.Ended);
            if (!thread.Lost.IsCompleted || _stopping)
                return;
            if (reloads == EngineLimits.ReloadsMax)
            {
                InferenceLog.EngineGivenUp(_logger, Model.Id, reloads + 1);
                return;
            }

            try
            {
                var next = EngineThread.Start(_options, _logger, CancellationToken.None);
                _loaded = await next.Loaded;
                _thread = next;
                if (_stopping)
                    next.Inbox.Close(EngineRefusal.Stopping);
            }
            catch (Exception exception) when (exception is InferenceException or Gguf.GgufException)
            {
                InferenceLog.ReloadFailed(_logger, exception, Model.Id);
                return;
            }
        }
    }

    /// <exception cref="EngineRefusedException">The grammar is refused.</exception>
    private SamplingState NewState(GenerationTask task)
    {
        if (task.Parameters.Grammar.Length == 0)
            return new SamplingState(task.Parameters, task.Prompt);
        try
        {
            var grammar = new GrammarConstraint(GrammarProgram.Parse(task.Parameters.Grammar), _grammarVocabulary.Value);
            return new SamplingState(task.Parameters, task.Prompt, grammar);
        }
        catch (GrammarException e)
        {
            throw new EngineRefusedException(EngineRefusal.BadPrompt, $"The grammar is refused: {e.Message}");
        }
    }

    private FinishRule NewFinishRule(GenerationTask task, SamplingState state) => new(task.Parameters, _endOfGeneration, Tokenizer, state.Grammar);

    private void Cancel(GenerationJob job)
    {
        job.Cancel();
        _thread.Inbox.Wake();
    }

    private void Cancel(PrefillJob job)
    {
        job.Cancel();
        _thread.Inbox.Wake();
    }
}
