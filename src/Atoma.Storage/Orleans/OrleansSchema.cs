using System.Data.Common;
using Npgsql;

namespace Atoma.Storage.Orleans;

/// <summary>
/// Makes a database ready for Orleans' ADO.NET clustering and grain storage, whose packages ship no scripts. Run it before the
/// silo starts. Grain keys must not read as hexadecimal numbers (Orleans' provider takes <c>abc</c> and <c>0abc</c> for the
/// same number): give them a prefix such as <c>node:</c>. State names must be unique, for they and not the class name the row.
/// </summary>
public static class OrleansSchema
{
    /// <summary>Orleans' name for Microsoft.Data.Sqlite, whatever it says.</summary>
    public const string SqliteInvariant = "System.Data.SQLite";

    public const string PostgresInvariant = "Npgsql";

    /// <summary>Any number; the same in every silo, so that one at a time changes the schema.</summary>
    private const long PostgresLock = 0x61746F6D61;

    /// <summary>Creates what is missing and brings the queries to this program's texts. May run again, and from many silos at once.</summary>
    /// <param name="dataSource">A <see cref="SqliteGrainDataSource"/> or an <see cref="NpgsqlDataSource"/>.</param>
    /// <param name="cancellationToken">Stops it; what was begun is rolled back.</param>
    public static async Task EnsureAsync(DbDataSource dataSource, CancellationToken cancellationToken)
    {
        var database = dataSource switch
        {
            SqliteGrainDataSource => "Sqlite",
            NpgsqlDataSource => "Postgres",
            _ => throw new ArgumentException($"No scripts for {dataSource.GetType().Name}.", nameof(dataSource)),
        };
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (dataSource is NpgsqlDataSource)
            await ExecuteAsync($"SELECT pg_advisory_xact_lock({PostgresLock})", []);
        await ExecuteAsync(OrleansQueries.Schema(database), []);
        foreach (var (key, text) in OrleansQueries.Load(database))
        {
            await ExecuteAsync(
                "INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES (@key, @text) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText",
                [("key", key), ("text", text)]);
        }

        await transaction.CommitAsync(cancellationToken);

        async Task ExecuteAsync(string sql, (string Name, string Value)[] parameters)
        {
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = sql;
            foreach (var (name, value) in parameters)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.Value = value;
                command.Parameters.Add(parameter);
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
