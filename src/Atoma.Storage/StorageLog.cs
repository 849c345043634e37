using Microsoft.Extensions.Logging;

namespace Atoma.Storage;

/// <summary>Log lines of this assembly: event ids 4000 to 4099, never reused.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(4000, LogLevel.Information, "Ledger {Path} is at schema version {Version}")]
    public static partial void Opened(ILogger logger, string path, int version);

    [LoggerMessage(4001, LogLevel.Information, "Migration {Version} ({Name}) applied")]
    public static partial void Migrated(ILogger logger, int version, string name);

    [LoggerMessage(4002, LogLevel.Error, "A ledger transaction of {Commands} commands failed and is rolled back; the connection is opened anew")]
    public static partial void BatchFailed(ILogger logger, int commands, Exception exception);

    [LoggerMessage(4003, LogLevel.Error, "A ledger command broke a rule of the database and is rolled back alone")]
    public static partial void CommandFailed(ILogger logger, Exception exception);
}
