using Microsoft.Extensions.Logging;

namespace Atoma.Inference;

/// <summary>Every log message of the engine. Event ids 4000–4099, never reused. Prompts and answers are never logged.</summary>
internal static partial class InferenceLog
{
    [LoggerMessage(4000, LogLevel.Information, "llama.cpp {Version} loaded, CPU variant {Variant}")]
    public static partial void LibraryLoaded(ILogger logger, string version, string variant);

    [LoggerMessage(4001, LogLevel.Debug, "llama.cpp: {Text}")]
    public static partial void LibraryDebug(ILogger logger, string text);

    [LoggerMessage(4002, LogLevel.Warning, "llama.cpp: {Text}")]
    public static partial void LibraryWarning(ILogger logger, string text);

    [LoggerMessage(4003, LogLevel.Error, "llama.cpp: {Text}")]
    public static partial void LibraryError(ILogger logger, string text);

    [LoggerMessage(4010, LogLevel.Information, "Model {Model} ready: {Slots} slots of {ContextTokens} tokens, {Threads} thread(s)")]
    public static partial void EngineReady(ILogger logger, string model, int slots, int contextTokens, int threads);

    [LoggerMessage(4011, LogLevel.Error, "A decode step of model {Model} failed ({Code}); {Sequences} sequence(s) ended with an error")]
    public static partial void DecodeFailed(ILogger logger, string model, int code, int sequences);

    [LoggerMessage(4012, LogLevel.Critical, "The engine thread of model {Model} stopped on an unexpected error")]
    public static partial void EngineThreadFailed(ILogger logger, Exception exception, string model);

    [LoggerMessage(4014, LogLevel.Error, "A decode of model {Model} runs for {Seconds:F1} s; asking llama.cpp to end it")]
    public static partial void DecodeStuck(ILogger logger, string model, double seconds);

    [LoggerMessage(4015, LogLevel.Critical, "A decode of model {Model} cannot be ended after {Seconds:F1} s; its tasks failed, and the model is loaded again")]
    public static partial void EngineLost(ILogger logger, string model, double seconds);

    [LoggerMessage(4016, LogLevel.Critical, "Model {Model} was lost {Times} times and is not loaded again; this machine needs a look")]
    public static partial void EngineGivenUp(ILogger logger, string model, int times);

    [LoggerMessage(4017, LogLevel.Critical, "Model {Model} could not be loaded again")]
    public static partial void ReloadFailed(ILogger logger, Exception exception, string model);

    [LoggerMessage(4013, LogLevel.Information, "Engine of model {Model} stopped")]
    public static partial void EngineStopped(ILogger logger, string model);

    [LoggerMessage(4018, LogLevel.Information, "Loading model {Model} ({Megabytes} MB)")]
    public static partial void PoolLoading(ILogger logger, string model, long megabytes);

    [LoggerMessage(4019, LogLevel.Information, "Unloading model {Model} ({Megabytes} MB): idle, and its memory is needed")]
    public static partial void PoolUnloading(ILogger logger, string model, long megabytes);

    [LoggerMessage(4020, LogLevel.Error, "Model {Model} could not be loaded; {Tasks} task(s) refused")]
    public static partial void PoolLoadFailed(ILogger logger, Exception exception, string model, int tasks);

    [LoggerMessage(4021, LogLevel.Error, "Model {Model} ended with an error")]
    public static partial void PoolUnloadFailed(ILogger logger, Exception exception, string model);
}
