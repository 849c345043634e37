namespace Atoma.Storage;

/// <summary>The database was made by another version of this program, or changed by hand. The message says which and what to do.</summary>
public sealed class StorageSchemaException : Exception
{
    public StorageSchemaException()
    {
    }

    public StorageSchemaException(string message)
        : base(message)
    {
    }

    public StorageSchemaException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// The database failed under a command (disk full, I/O error, connection lost). It was most likely not done, but may have been:
/// repeat the same command, its ids make that safe (P11).
/// </summary>
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException()
    {
    }

    public StorageUnavailableException(string message)
        : base(message)
    {
    }

    public StorageUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
