using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>Statements with positional parameters ($1, $2, …), whose types Npgsql takes from the values' own.</summary>
internal static class PostgresParameters
{
    public static NpgsqlBatchCommand Statement(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    public static NpgsqlCommand Statement(this NpgsqlDataSource dataSource, string sql, params ReadOnlySpan<object> values)
    {
        var command = dataSource.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    /// <summary>A value, or the database's null; its type has to be named in the statement.</summary>
    public static object OrNull<T>(T? value)
        where T : struct => value is { } known ? known : DBNull.Value;

    public static async Task<List<T>> ReadAllAsync<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(map(reader));
            return rows;
        }
    }
}
