using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>Audits of one store. Remembers what the entries so far come to.</summary>
internal sealed class SqliteAuditor
{
    private readonly Lock _lock = new();
    private LedgerTally? _tally;

    /// <param name="connection">In a transaction that has read nothing yet: its snapshot is not older than the last audit's.</param>
    public Conservation Audit(SqliteConnection connection)
    {
        lock (_lock)
        {
            if (_tally is not null)
                return Count(connection, _tally);
        }

        return Recount(connection);
    }

    /// <summary>Takes long, so others may audit meanwhile.</summary>
    public Conservation Recount(SqliteConnection connection)
    {
        var tally = new LedgerTally();
        var result = Count(connection, tally);
        lock (_lock)
            _tally = tally;
        return result;
    }

    private static Conservation Count(SqliteConnection connection, LedgerTally tally)
    {
        using var entries = new SqliteStatement(connection, LedgerTally.EntriesAfter + "?1 ORDER BY sequence");
        entries.Bind(tally.Sequence).ReadEach(row => tally.Add(row.Long(0), row.Long(1), row.Long(2), row.Money(3), row.Money(4)));
        using var accounts = new SqliteStatement(connection, "SELECT id, kind, balance FROM account");
        using var holds = new SqliteStatement(connection, "SELECT coalesce(sum(amount), 0) FROM hold WHERE state = 0");
        return tally.Compare(
            accounts.ReadAll(row => new AuditedAccount(row.Long(0), (AccountKind)row.Long(1), row.Money(2))), holds.ReadFirst(row => row.Money(0)));
    }
}
