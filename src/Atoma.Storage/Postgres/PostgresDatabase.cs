using Atoma.Protocol.Common;
using Atoma.Storage.Migrations;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>Brings a PostgreSQL database to this program's schema.</summary>
internal static class PostgresDatabase
{
    /// <exception cref="StorageSchemaException">The database is from a newer or another program.</exception>
    public static void Migrate(NpgsqlDataSource dataSource, IReadOnlyList<Migration> known, TimeProvider time, ILogger logger)
    {
        using var connection = dataSource.OpenConnection();
        using var transaction = connection.BeginTransaction();
        Execute($"SELECT pg_advisory_xact_lock({PostgresWriter.Lock})");
        Execute("""
            CREATE TABLE IF NOT EXISTS schema_migration (
                version    integer PRIMARY KEY,
                name       text    NOT NULL,
                digest     bytea   NOT NULL,
                applied_at bigint  NOT NULL
            )
            """);
        foreach (var migration in Migration.Pending(known, ReadApplied(connection, transaction)))
        {
            Execute(migration.Sql);
            Execute(
                "INSERT INTO schema_migration (version, name, digest, applied_at) VALUES ($1, $2, $3, $4)",
                migration.Version, migration.Name, migration.Digest.ToArray(), time.GetUtcNow().UtcTicks);
            StorageLog.Migrated(logger, migration.Version, migration.Name);
        }

        transaction.Commit();
        StorageLog.Opened(logger, connection.Database, known.Count);

        void Execute(string sql, params ReadOnlySpan<object> values)
        {
            using var command = new NpgsqlCommand(sql, connection, transaction);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            command.ExecuteNonQuery();
        }
    }

    private static List<(int Version, Hash32 Digest)> ReadApplied(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        using var command = new NpgsqlCommand("SELECT version, digest FROM schema_migration ORDER BY version", connection, transaction);
        using var reader = command.ExecuteReader();
        var applied = new List<(int, Hash32)>();
        while (reader.Read())
            applied.Add((reader.GetInt32(0), reader.Hash(1)));
        return applied;
    }
}
