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
            Accounts(set), Transfers(set), Holds(set), ResolvedHolds(set), Entries(set), Budgets(set), Requests(set), Slashes(set), Payouts(set),
        };
        foreach (var statement in statements.OfType<NpgsqlBatchCommand>())
            batch.BatchCommands.Add(statement);
        if (batch.BatchCommands.Count > 0)
            batch.ExecuteNonQuery();
    }

    private static NpgsqlBatchCommand? Accounts(LedgerWorkingSet set)
    {
        var rows = set.Accounts.Changed.ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO account (id, kind, owner, balance) SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[])
            ON CONFLICT (id) DO UPDATE SET balance = excluded.balance
            """,
            Column(rows, account => account.Row.Number),
            Column(rows, account => (short)account.Key.Kind),
            Column(rows, account => account.Key.Owner),
            Column(rows, account => account.Row.Balance.Value));
    }

    private static NpgsqlBatchCommand? Transfers(LedgerWorkingSet set)
    {
        var rows = set.Operations.Changed.Where(operation => operation.IsNew)
            .Select(operation => (operation.Key, operation.Row.MadeAt, Move: operation.Row.FirstMove, Hold: HoldOf(operation.Row))).ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO transfer (id, kind, debit, credit, amount, code, expires_at, at) SELECT * FROM unnest(
                $1::bytea[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[])
            """,
            Column(rows, row => row.Key.ToArray()),
            Column(rows, row => row.Hold is null ? KindTransfer : KindHold),
            Column(rows, row => set.Accounts.Find(row.Move.Debit)!.Number),
            Column(rows, row => set.Accounts.Find(row.Move.Credit)!.Number),
            Column(rows, row => row.Move.Amount.Value),
            Column(rows, row => (short)row.Move.Code),
            Column(rows, row => row.Hold?.ExpiresAt.UtcTicks),
            Column(rows, row => row.MadeAt.UtcTicks));
    }

    private static LedgerOperation.Hold? HoldOf(StoredOperation operation) => operation.Recorded.Operation as LedgerOperation.Hold;

    /// <summary>A hold made and ended in one batch is written as ended.</summary>
    private static NpgsqlBatchCommand? Holds(LedgerWorkingSet set)
    {
        var rows = set.Operations.Changed.Where(operation => operation.IsNew && HoldOf(operation.Row) is not null)
            .Select(operation => (operation.Row, Hold: HoldOf(operation.Row)!)).ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO hold (id, payer, amount, expires_at, budget, budget_window, state, parts, resolved_at) SELECT * FROM unnest(
                $1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bigint[], $7::smallint[], $8::bytea[], $9::bigint[])
            """,
            Column(rows, row => row.Hold.Id.ToArray()),
            Column(rows, row => set.Accounts.Find(row.Hold.Payer)!.Number),
            Column(rows, row => row.Hold.Amount.Value),
            Column(rows, row => row.Hold.ExpiresAt.UtcTicks),
            Column(rows, row => row.Hold.Budget.IsZero ? null : row.Hold.Budget.ToArray()),
            Column(rows, row => row.Row.Recorded.ChargedWindow?.UtcTicks),
            Column(rows, row => (short)row.Row.Recorded.State),
            Column(rows, row => Parts(row.Row)),
            Column(rows, row => row.Row.ResolvedAt?.UtcTicks));
    }

    private static NpgsqlBatchCommand? ResolvedHolds(LedgerWorkingSet set)
    {
        var rows = set.Operations.Changed.Where(operation => !operation.IsNew).ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            UPDATE hold SET state = new.state, parts = new.parts, resolved_at = new.at
            FROM unnest($1::bytea[], $2::smallint[], $3::bytea[], $4::bigint[]) AS new (id, state, parts, at)
            WHERE hold.id = new.id
            """,
            Column(rows, row => row.Key.ToArray()),
            Column(rows, row => (short)row.Row.Recorded.State),
            Column(rows, row => Parts(row.Row)),
            Column(rows, row => row.Row.ResolvedAt!.Value.UtcTicks));
    }

    private static byte[]? Parts(StoredOperation operation) =>
        operation.Recorded.State == HoldState.Posted ? operation.Recorded.Parts.ToArray() : null;

    /// <summary>Two lines of each move.</summary>
    private static NpgsqlBatchCommand? Entries(LedgerWorkingSet set)
    {
        var rows = set.Moves.ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            INSERT INTO entry (sequence, operation, account, counterparty, amount, balance_after, code, at)
            SELECT last.sequence + 2 * move.number + line.number, move.operation,
                CASE line.number WHEN -1 THEN move.debit ELSE move.credit END, CASE line.number WHEN -1 THEN move.credit ELSE move.debit END,
                CASE line.number WHEN -1 THEN -move.amount ELSE move.amount END,
                CASE line.number WHEN -1 THEN move.debit_balance ELSE move.credit_balance END, move.code, move.at
            FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM entry) AS last, unnest(
                $1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[], $8::bigint[])
                WITH ORDINALITY AS move (operation, debit, credit, amount, debit_balance, credit_balance, code, at, number),
                (VALUES (-1), (0)) AS line (number)
            """,
            Column(rows, move => move.Operation.ToArray()),
            Column(rows, move => move.Debit),
            Column(rows, move => move.Credit),
            Column(rows, move => move.Amount.Value),
            Column(rows, move => move.DebitBalance.Value),
            Column(rows, move => move.CreditBalance.Value),
            Column(rows, move => (short)move.Code),
            Column(rows, move => move.At.UtcTicks));
    }

    private static NpgsqlBatchCommand? Budgets(LedgerWorkingSet set)
    {
        var rows = set.Budgets.Changed.ToArray();
        return rows.Length == 0 ? null : Statement(
            """
            UPDATE key_budget SET used = new.used, window_start = new.window_start
            FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS new (key_hash, used, window_start)
            WHERE key_budget.key_hash = new.key_hash
            """,
            Column(rows, row => row.Key.ToArray()),
            Column(rows, row => row.Row.Used.Value),
            Column(rows, row => row.Row.WindowStart.UtcTicks));
    }

    private static NpgsqlBatchCommand? Requests(LedgerWorkingSet set)
    {
        var rows = set.Requests.Changed.Select(request => request.Row).ToArray();
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
        var rows = set.Slashes.Changed.Select(slash => slash.Row).ToArray();
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

    private static NpgsqlBatchCommand? Payouts(LedgerWorkingSet set)
    {
        var rows = set.Payouts.Changed.Select(payout => payout.Row).ToArray();
        return rows.Length == 0 ? null : Statement(
            $"""
            INSERT INTO payout (sequence, {PostgresRows.PayoutColumns})
            SELECT last.sequence + new.number, new.id, new.node, new.amount, new.destination, new.state, new.requested_at, new.decided_at,
                new.reference, new.version
            FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM payout) AS last, unnest(
                $1::bytea[], $2::text[], $3::bigint[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[])
                WITH ORDINALITY AS new ({PostgresRows.PayoutColumns}, number)
            ON CONFLICT (id) DO UPDATE SET node = excluded.node, amount = excluded.amount, destination = excluded.destination,
                state = excluded.state, requested_at = excluded.requested_at, decided_at = excluded.decided_at,
                reference = excluded.reference, version = excluded.version
            """,
            Column(rows, row => row.Id.ToArray()),
            Column(rows, row => row.Node),
            Column(rows, row => row.Amount.Value),
            Column(rows, row => row.Destination),
            Column(rows, row => (short)row.State),
            Column(rows, row => row.RequestedAt.UtcTicks),
            Column(rows, row => row.DecidedAt?.UtcTicks),
            Column(rows, row => row.Reference),
            Column(rows, row => row.Version));
    }

    private static TColumn[] Column<TRow, TColumn>(TRow[] rows, Func<TRow, TColumn> value) => Array.ConvertAll(rows, row => value(row));
}
