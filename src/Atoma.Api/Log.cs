namespace Atoma.Api;

/// <summary>What this project logs: event ids 5000–5099, never reused. Never a prompt, an answer or a key.</summary>
internal static partial class Log
{
    private static readonly Func<ILogger, string, IDisposable?> Answer = LoggerMessage.DefineScope<string>("request {Request}");

    private static readonly Func<ILogger, string, IDisposable?> Call = LoggerMessage.DefineScope<string>("call {Call}");

    /// <summary>Lines written within name the request of the answer.</summary>
    public static IDisposable? BeginAnswer(ILogger logger, string request) => Answer(logger, request);

    /// <summary>Lines written within name the HTTP call, by what its response calls x-request-id.</summary>
    public static IDisposable? BeginCall(ILogger logger, string call) => Call(logger, call);

    [LoggerMessage(5000, LogLevel.Debug, "The client left {Method} {Path}")]
    public static partial void ClientGone(ILogger logger, string method, string path);

    [LoggerMessage(5001, LogLevel.Warning, "The network did not answer {Path}")]
    public static partial void NetworkUnavailable(ILogger logger, Exception exception, string path);

    [LoggerMessage(5002, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Unhandled(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(5003, LogLevel.Information, "The requester of {Request} left; cancelling it")]
    public static partial void Cancelling(ILogger logger, string request);

    [LoggerMessage(5004, LogLevel.Warning, "Request {Request} could not be cancelled; it ends by its deadline")]
    public static partial void CancelFailed(ILogger logger, Exception exception, string request);

    [LoggerMessage(5005, LogLevel.Warning, "The watch of {Request} broke after event {Index}; taking it up again")]
    public static partial void WatchBroke(ILogger logger, Exception? exception, string request, int index);

    [LoggerMessage(5006, LogLevel.Error, "The answer of {Request} differs from the text that was streamed")]
    public static partial void StreamDiverged(ILogger logger, string request);

    [LoggerMessage(5007, LogLevel.Information, "An administrator signed in from a browser")]
    public static partial void AdminSignedIn(ILogger logger);

    [LoggerMessage(5008, LogLevel.Warning, "Answer {Request} took longer than its time; cancelling it")]
    public static partial void AnswerTimedOut(ILogger logger, string request);
}
