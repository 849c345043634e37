using Atoma.Inference.Gguf;
using Atoma.Inference.Native;
using Atoma.Inference.Tokens;
using Atoma.Protocol.Models;
using Microsoft.Extensions.Logging;

namespace Atoma.Inference.Engine;

/// <summary>
/// The thread that loads a model, owns its context, runs the loop and frees everything in reverse. Nothing else touches
/// the context, and no task of the thread pool or a grain ever runs on this thread.
/// </summary>
internal sealed class EngineThread
{
    private readonly EngineOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationToken _loading;
    private readonly TaskCompletionSource<LoadedEngine> _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EngineThread(EngineOptions options, ILogger logger, CancellationToken loading)
    {
        _options = options;
        _logger = logger;
        _loading = loading;
        Inbox = new Inbox(options.QueueLimit, options.CheckQueueLimit);
    }

    public Inbox Inbox { get; }

    /// <summary>Completes when the model is ready, or with the reason why it is not.</summary>
    public Task<LoadedEngine> Loaded => _loaded.Task;

    /// <summary>Completes when the thread hangs in the library and was given up: its tasks have failed, its memory stays taken.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Completes when all native memory is freed.</summary>
    public Task Ended => _ended.Task;

    public static EngineThread Start(EngineOptions options, ILogger logger, CancellationToken loading)
    {
        var engine = new EngineThread(options, logger, loading);
        new Thread(engine.Run) { IsBackground = true, Name = "atoma-engine" }.Start();
        return engine;
    }

    private void Run()
    {
        try
        {
            LoadAndServe();
        }
        catch (Exception exception)
        {
            // Before the model was ready this is the caller's exception; afterwards a fault that the loop ended on.
            if (!_loaded.TrySetException(exception))
                InferenceLog.EngineThreadFailed(_logger, exception, _options.ModelPath);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private void LoadAndServe()
    {
        var files = LlamaRuntime.Initialise(_options.Libraries, _logger);
        var gguf = GgufModel.Open(_options.ModelPath);
        var recipe = ContextRecipe.For(gguf, _options.Mode);
        var shape = ContextShape.For(gguf, _options);
        if (AvailableMemory.Bytes() is { } available)
            MemoryEstimate.Of(gguf, recipe, shape).Require(available, gguf.Path);
        using var model = ModelLoader.LoadWeights(gguf, recipe);
        ModelSupport.Require(gguf, model, _options.Mode == EngineMode.Fast || _options.AllowUnprovenModels);
        using var tokenizer = new LlamaTokenizer(model);
        var manifest = EngineIdentity.Manifest(gguf, _options.ModelId, tokenizer.EndOfGeneration, _loading);
        var echelon = EngineIdentity.Echelon(manifest.Digest, files, _options.Libraries, recipe);

        using var loop = new EngineLoop(
            () => new DecodeContext(model, recipe, shape, tokenizer.VocabularySize), Inbox, shape, _options.PrefixReuse, manifest.Id, _logger);
        using var watchdog = new Watchdog(loop, TimeSpan.FromSeconds(_options.DecodeSeconds), () => _lost.TrySetResult(), manifest.Id, _logger);
        InferenceLog.EngineReady(_logger, manifest.Id, _options.Slots, shape.ContextTokens, shape.Threads);
        _loaded.TrySetResult(new LoadedEngine(manifest, echelon, tokenizer, shape.ContextTokens, gguf.Pooling, loop));
        loop.Run();
        InferenceLog.EngineStopped(_logger, manifest.Id);
    }
}

/// <summary>A model that is ready.</summary>
internal sealed record LoadedEngine(ModelManifest Manifest, Echelon Echelon, ITokenizer Tokenizer, int ContextTokens, GgufPooling Pooling, EngineLoop Loop);
