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

    [LoggerMessage(4013, LogLevel.Information, "Engine of model {Model} stopped")]
    public static partial void EngineStopped(ILogger logger, string model);
}
