using System.Data;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Npgsql;

namespace Atoma.Storage.Postgres;

/// <summary>Audits of one store. Remembers what the entries so far come to.</summary>
internal sealed class PostgresAuditor(NpgsqlDataSource dataSource) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private LedgerTally? _tally;

    public async Task<Conservation> AuditAsync(CancellationToken cancellationToken)
    {
        // The snapshot is taken inside the turn, so that it is not older than the last audit's.
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_tally is not null)
                return await CountAsync(_tally, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }

        return await RecountAsync(cancellationToken);
    }

    /// <summary>Takes long, so others may audit meanwhile.</summary>
    public async Task<Conservation> RecountAsync(CancellationToken cancellationToken)
    {
        var tally = new LedgerTally();
        var result = await CountAsync(tally, cancellationToken);
        await _turn.WaitAsync(cancellationToken);
        _tally = tally;
        _turn.Release();
        return result;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<Conservation> CountAsync(LedgerTally tally, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using (var entries = new NpgsqlCommand(LedgerTally.EntriesAfter + "$1 ORDER BY sequence", connection, transaction))
        {
            entries.Parameters.Add(new NpgsqlParameter { Value = tally.Sequence });
            await using var reader = await entries.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                tally.Add(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.Money(3), reader.Money(4));
        }

        var change = new PostgresChange(connection, transaction, cancellationToken);
        var accounts = await change.ReadAllAsync(
            reader => new AuditedAccount(reader.GetInt64(0), (AccountKind)reader.GetInt16(1), reader.Money(2)), "SELECT id, kind, balance FROM account");
        var holds = await change.ReadAllAsync(
            reader => reader.Money(0), "SELECT coalesce(sum(amount), 0)::bigint FROM hold WHERE state = 0");
        return tally.Compare(accounts, holds.Single());
    }
}
