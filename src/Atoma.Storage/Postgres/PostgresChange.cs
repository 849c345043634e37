using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>Runs statements inside one transaction.</summary>
internal sealed class PostgresChange(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
{
    /// <summary>How many rows were changed.</summary>
    public async Task<int> ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task<List<T>> ReadAllAsync<T>(Func<NpgsqlDataReader, T> map, string sql, params object[] values) =>
        Command(sql, values).ReadAllAsync(map, cancellationToken);

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
