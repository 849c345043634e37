namespace Atoma.Storage;

/// <summary>Every maximum of this assembly, with its reason.</summary>
public static class StorageLimits
{
    /// <summary>Commands in one transaction: enough that the disk's flush costs little each, few enough that the last waits ≈ 50 ms.</summary>
    public const int BatchCommandsMax = 512;

    /// <summary>Commands waiting for the writer; more callers wait outside. Sixteen full transactions, about a second of work.</summary>
    public const int QueueCommandsMax = 8192;

    /// <summary>Reads waiting for a reader thread.</summary>
    public const int QueueReadsMax = 1024;

    /// <summary>Reader threads, each with its connection: an audit occupies one, the other goes on.</summary>
    public const int Readers = 2;

    /// <summary>Lines in one page of entries (the port's limit).</summary>
    public const int EntriesMax = 1_000;

    /// <summary>Rows in one answer of the other lists, and ids in one question.</summary>
    public const int RowsMax = 10_000;

    /// <summary>How long a connection waits for another process's lock before it fails, in milliseconds.</summary>
    public const int BusyTimeoutMs = 5_000;

    /// <summary>Pages that SQLite's writer keeps in memory, in KiB: ids are hashes, so a group of commands touches thousands of pages anywhere.</summary>
    public const int SqliteWriterCacheKib = 64 * 1024;

    /// <summary>Pages (of 4 KiB) in SQLite's log before they are copied into the file: a page that many commands change is copied once. 64 MiB.</summary>
    public const int SqliteLogPages = 16 * 1024;

    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1 or above the maximum.</exception>
    internal static void CheckLimit(int limit, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, max);
    }
}
