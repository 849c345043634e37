using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atoma.Inference.Native;

/// <summary>
/// Routes the library's log into ours. The library writes pieces of lines from any thread, level CONT going on
/// with the line before; whole lines are handed on. Its INFO is our Debug: it prints pages for every model.
/// </summary>
internal static unsafe class LlamaLog
{
    private const int LevelWarn = 3;
    private const int LevelError = 4;
    private const int LevelContinue = 5;

    /// <summary>A line longer than this is cut there: the library never writes one, a hostile model's metadata might.</summary>
    private const int LineLengthMax = 4096;

    private static readonly Lock Gate = new();
    private static readonly StringBuilder Line = new();
    private static int _lineLevel;

    [ThreadStatic]
    private static string? _lastError;

    private static ILogger _logger = NullLogger.Instance;

    /// <summary>Where the library's log goes from now on. One per process, as the library has one log.</summary>
    public static void RouteTo(ILogger logger) => Volatile.Write(ref _logger, logger);

    /// <summary>The last error that the library reported on this thread, forgotten once taken; loading reports on the caller's.</summary>
    public static string? TakeLastError()
    {
        var error = _lastError;
        _lastError = null;
        return error;
    }

    public static void Install() => LlamaApi.llama_log_set(&OnLog, null);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(int level, byte* text, void* userData)
    {
        // An exception must never cross into native code.
        try
        {
            Append(level, Marshal.PtrToStringUTF8((nint)text) ?? "");
        }
        catch (Exception)
        {
            // A log line lost is better than a process lost.
        }
    }

    private static void Append(int level, string text)
    {
        string line;
        lock (Gate)
        {
            if (level != LevelContinue)
                _lineLevel = level;
            level = _lineLevel;
            Line.Append(text);
            if (!text.EndsWith('\n') && Line.Length < LineLengthMax)
                return;
            line = Line.ToString(0, Math.Min(Line.Length, LineLengthMax)).TrimEnd();
            Line.Clear();
        }

        if (line.Length > 0)
            Write(Volatile.Read(ref _logger), level, line);
    }

    private static void Write(ILogger logger, int level, string line)
    {
        if (level == LevelError)
        {
            _lastError = line;
            InferenceLog.LibraryError(logger, line);
        }
        else if (level == LevelWarn)
        {
            InferenceLog.LibraryWarning(logger, line);
        }
        else
        {
            InferenceLog.LibraryDebug(logger, line);
        }
    }
}
