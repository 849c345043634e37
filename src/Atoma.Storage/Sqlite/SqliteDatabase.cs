using Atoma.Protocol.Common;
using Atoma.Storage.Migrations;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// A SQLite file and how its connections are opened. Never pooled: a pooled connection comes back with the transaction that was
/// open when its user failed.
/// </summary>
internal sealed class SqliteDatabase
{
    public SqliteDatabase(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        ConnectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Pooling = false,
            ForeignKeys = true,
        }.ToString();
    }

    public string Path { get; }

    public string ConnectionString { get; }

    /// <summary>WAL lets readers go on beside the writer; FULL flushes the log at every commit, so that what was acknowledged stays.</summary>
    /// <param name="readOnly">Refuse every change.</param>
    /// <param name="create">Makes a connection of a derived class.</param>
    public SqliteConnection Open(bool readOnly, Func<string, SqliteConnection>? create = null)
    {
        var connection = create is null ? new SqliteConnection(ConnectionString) : create(ConnectionString);
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {StorageLimits.BusyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            if (readOnly)
                Execute(connection, "PRAGMA query_only = ON;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The connection of a store's one writer.</summary>
    public SqliteConnection OpenWriter()
    {
        var connection = Open(readOnly: false);
        Execute(connection, $"PRAGMA cache_size = -{StorageLimits.SqliteWriterCacheKib}; PRAGMA wal_autocheckpoint = {StorageLimits.SqliteLogPages};");
        return connection;
    }

    /// <summary>Brings the schema to this program's version.</summary>
    /// <exception cref="StorageSchemaException">The file is from a newer or another program.</exception>
    public void Migrate(IReadOnlyList<Migration> known, TimeProvider time, ILogger logger)
    {
        using var connection = Open(readOnly: false);
        using var transaction = connection.BeginTransaction(deferred: false);
        Execute(connection, """
            CREATE TABLE IF NOT EXISTS schema_migration (
                version    INTEGER PRIMARY KEY,
                name       TEXT    NOT NULL,
                digest     BLOB    NOT NULL,
                applied_at INTEGER NOT NULL
            ) STRICT
            """, transaction);
        foreach (var migration in Migration.Pending(known, ReadApplied(connection, transaction)))
        {
            Execute(connection, migration.Sql, transaction);
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "INSERT INTO schema_migration (version, name, digest, applied_at) VALUES ($version, $name, $digest, $at)";
            command.Parameters.AddWithValue("$version", migration.Version);
            command.Parameters.AddWithValue("$name", migration.Name);
            command.Parameters.AddWithValue("$digest", migration.Digest.ToArray());
            command.Parameters.AddWithValue("$at", time.GetUtcNow().UtcTicks);
            command.ExecuteNonQuery();
            StorageLog.Migrated(logger, migration.Version, migration.Name);
        }

        transaction.Commit();
        StorageLog.Opened(logger, Path, known.Count);
    }

    private static List<(int Version, Hash32 Digest)> ReadApplied(SqliteConnection connection, SqliteTransaction transaction)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT version, digest FROM schema_migration ORDER BY version";
        using var reader = command.ExecuteReader();
        var applied = new List<(int, Hash32)>();
        while (reader.Read())
            applied.Add((reader.GetInt32(0), new Hash32(reader.GetFieldValue<byte[]>(1))));
        return applied;
    }

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
