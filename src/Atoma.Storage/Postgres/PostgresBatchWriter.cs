using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Npgsql;
using static Atoma.Storage.Postgres.PostgresParameters;

namespace Atoma.Storage.Postgres;

/// <summary>Writes what a batch changed: one statement per table, columns as arrays, one round trip.</summary>
internal static class PostgresBatchWriter
{
    public const short KindTransfer = 1;
    public const short KindHold = 2;

    public static void Write(NpgsqlConnection connection, NpgsqlTransaction transaction, LedgerWorkingSet set)
    {
        using var batch = new NpgsqlBatch(connection, transaction);
        var statements = new[]
        {
            Accounts(set), Transfers(set), Holds(set), ResolvedHolds(set), Entries(set), Requests(set), Slashes(set),
        };
        foreach (var statement in statements.OfType<NpgsqlBatchCommand>())
            batch.BatchCommands.Add(statement);
        if (batch.BatchCommands.Count > 0)
            batch.ExecuteNonQuery();
    }

    private static NpgsqlBatchCommand? Accounts(LedgerWorkingSet set)
    {
        // An account that a refused command would have made is not there any more.
        var rows = set.ChangedAccounts.Where(set.Accounts.ContainsKey).ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO account (id, kind, owner, balance) SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[])
            ON CONFLICT (id) DO UPDATE SET balance = excluded.balance
            """,
            Column(rows, account => set.Accounts[account].Number),
            Column(rows, account => (short)account.Kind),
            Column(rows, account => account.Owner),
            Column(rows, account => set.Accounts[account].Balance.Value));
    }

    private static NpgsqlBatchCommand? Transfers(LedgerWorkingSet set)
    {
        var rows = set.NewOperations.Select(made => (Made: made.At, First: FirstMove(set.Operations[made.Id].Operation))).ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO transfer (id, kind, debit, credit, amount, code, expires_at, at) SELECT * FROM unnest(
                $1::bytea[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[])
            """,
            Column(rows, row => row.First.Id.ToArray()),
            Column(rows, row => row.First.ExpiresAt is null ? KindTransfer : KindHold),
            Column(rows, row => set.Accounts[row.First.Debit].Number),
            Column(rows, row => set.Accounts[row.First.Credit].Number),
            Column(rows, row => row.First.Amount.Value),
            Column(rows, row => (short)row.First.Code),
            Column(rows, row => row.First.ExpiresAt?.UtcTicks),
            Column(rows, row => row.Made.UtcTicks));
    }

    private static (Hash32 Id, LedgerAccount Debit, LedgerAccount Credit, Micros Amount, TransferCode Code, DateTimeOffset? ExpiresAt) FirstMove(
        LedgerOperation operation) => operation switch
        {
            LedgerOperation.Transfer transfer => (transfer.Id, transfer.Debit, transfer.Credit, transfer.Amount, transfer.Code, null),
            LedgerOperation.Hold hold => (hold.Id, hold.Payer, LedgerAccount.Escrow, hold.Amount, TransferCode.Hold, hold.ExpiresAt),
            _ => throw new InvariantException("Only transfers and holds are recorded."),
        };

    private static NpgsqlBatchCommand? Holds(LedgerWorkingSet set)
    {
        var rows = set.NewOperations.Select(made => set.Operations[made.Id].Operation).OfType<LedgerOperation.Hold>().ToArray();
        return rows.Length == 0 ? null : Statement(
            "INSERT INTO hold (id, amount, state) SELECT id, amount, 0 FROM unnest($1::bytea[], $2::bigint[]) AS new (id, amount)",
            Column(rows, hold => hold.Id.ToArray()),
            Column(rows, hold => hold.Amount.Value));
    }

    private static NpgsqlBatchCommand? ResolvedHolds(LedgerWorkingSet set)
    {
        var rows = set.ResolvedHolds.Select(pair => (pair.Key, At: pair.Value, Recorded: set.Operations[pair.Key])).ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            UPDATE hold SET state = new.state, parts = new.parts, resolved_at = new.at
            FROM unnest($1::bytea[], $2::smallint[], $3::bytea[], $4::bigint[]) AS new (id, state, parts, at)
            WHERE hold.id = new.id
            """,
            Column(rows, row => row.Key.ToArray()),
            Column(rows, row => (short)row.Recorded.State),
            Column(rows, row => row.Recorded.State == HoldState.Posted ? row.Recorded.Parts.ToArray() : null),
            Column(rows, row => row.At.UtcTicks));
    }

    private static NpgsqlBatchCommand? Entries(LedgerWorkingSet set)
    {
        var rows = set.NewEntries.ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO entry (sequence, operation, account, counterparty, amount, balance_after, code, at)
            SELECT last.sequence + new.number, new.operation, new.account, new.counterparty, new.amount, new.balance, new.code, new.at
            FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM entry) AS last, unnest(
                $1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[])
                WITH ORDINALITY AS new (operation, account, counterparty, amount, balance, code, at, number)
            """,
            Column(rows, entry => entry.Operation.ToArray()),
            Column(rows, entry => entry.Account),
            Column(rows, entry => entry.Counterparty),
            Column(rows, entry => entry.Amount.Value),
            Column(rows, entry => entry.BalanceAfter.Value),
            Column(rows, entry => (short)entry.Code),
            Column(rows, entry => entry.At.UtcTicks));
    }

    private static NpgsqlBatchCommand? Requests(LedgerWorkingSet set)
    {
        var rows = set.ChangedRequests.Keys.Select(id => set.Requests[id]).ToArray();
        return rows.Length == 0 ? null : Statement(
            $"""
            INSERT INTO request (sequence, {PostgresRows.RequestColumns})
            SELECT last.sequence + new.number, new.id, new.account, new.idempotency_key, new.model, new.phase, new.is_open,
                new.created_at, new.deadline, new.state, new.version
            FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM request) AS last, unnest(
                $1::bytea[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::boolean[], $7::bigint[], $8::bigint[], $9::bytea[], $10::bigint[])
                WITH ORDINALITY AS new ({PostgresRows.RequestColumns}, number)
            ON CONFLICT (id) DO UPDATE SET account = excluded.account, idempotency_key = excluded.idempotency_key,
                model = excluded.model, phase = excluded.phase, is_open = excluded.is_open, created_at = excluded.created_at,
                deadline = excluded.deadline, state = excluded.state, version = excluded.version
            """,
            Column(rows, row => row.Id.ToArray()),
            Column(rows, row => row.Account),
            Column(rows, row => row.IdempotencyKey),
            Column(rows, row => row.Model),
            Column(rows, row => row.Phase),
            Column(rows, row => row.Open),
            Column(rows, row => row.CreatedAt.UtcTicks),
            Column(rows, row => row.Deadline.UtcTicks),
            Column(rows, row => row.State),
            Column(rows, row => row.Version));
    }

    private static NpgsqlBatchCommand? Slashes(LedgerWorkingSet set)
    {
        var rows = set.ChangedSlashes.Keys.Select(id => set.Slashes[id]).ToArray();
        return rows.Length == 0 ? null : Statement(
            $"""
            INSERT INTO slash (sequence, {PostgresRows.SlashColumns})
            SELECT last.sequence + new.number, new.id, new.node, new.request, new.is_open, new.due_at, new.state, new.version
            FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM slash) AS last, unnest(
                $1::bytea[], $2::text[], $3::bytea[], $4::boolean[], $5::bigint[], $6::bytea[], $7::bigint[])
                WITH ORDINALITY AS new ({PostgresRows.SlashColumns}, number)
            ON CONFLICT (id) DO UPDATE SET node = excluded.node, request = excluded.request, is_open = excluded.is_open,
                due_at = excluded.due_at, state = excluded.state, version = excluded.version
            """,
            Column(rows, row => row.Id.ToArray()),
            Column(rows, row => row.Node),
            Column(rows, row => row.Request.ToArray()),
            Column(rows, row => row.Open),
            Column(rows, row => row.DueAt.UtcTicks),
            Column(rows, row => row.State),
            Column(rows, row => row.Version));
    }

    private static TColumn[] Column<TRow, TColumn>(TRow[] rows, Func<TRow, TColumn> value) => Array.ConvertAll(rows, row => value(row));
}
