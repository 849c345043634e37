using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>Writes what a working set changed.</summary>
internal sealed class SqliteLedgerWriter : IDisposable
{
    private readonly SqliteStatement _putAccount;
    private readonly SqliteStatement _insertTransfer;
    private readonly SqliteStatement _insertHold;
    private readonly SqliteStatement _resolveHold;
    private readonly SqliteStatement _insertEntries;
    private readonly SqliteStatement _putBudget;
    private readonly SqliteStatement _putRequest;
    private readonly SqliteStatement _putSlash;
    private readonly SqliteStatement _putPayout;

    /// <param name="connection">The writer's.</param>
    /// <param name="boundary">Called after each statement.</param>
    public SqliteLedgerWriter(SqliteConnection connection, Action? boundary)
    {
        _putAccount = Prepare("""
            INSERT INTO account (id, kind, owner, balance) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET balance = excluded.balance
            """);
        _insertTransfer = Prepare(
            "INSERT INTO transfer (id, kind, debit, credit, amount, code, expires_at, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _insertHold = Prepare("""
            INSERT INTO hold (id, payer, amount, expires_at, budget, budget_window, state, parts, resolved_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """);
        _resolveHold = Prepare("UPDATE hold SET state = ?2, parts = ?3, resolved_at = ?4 WHERE id = ?1");
        _insertEntries = Prepare("""
            INSERT INTO entry (operation, account, counterparty, amount, balance_after, code, at)
            VALUES (?1, ?2, ?3, -?4, ?5, ?7, ?8), (?1, ?3, ?2, ?4, ?6, ?7, ?8)
            """);
        _putBudget = Prepare("UPDATE key_budget SET used = ?2, window_start = ?3 WHERE key_hash = ?1");
        _putRequest = Prepare($"""
            INSERT INTO request ({SqliteRows.RequestColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (id) DO UPDATE SET account = excluded.account, idempotency_key = excluded.idempotency_key,
                model = excluded.model, phase = excluded.phase, is_open = excluded.is_open, created_at = excluded.created_at,
                deadline = excluded.deadline, state = excluded.state, version = excluded.version
            """);
        _putSlash = Prepare($"""
            INSERT INTO slash ({SqliteRows.SlashColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET node = excluded.node, request = excluded.request, is_open = excluded.is_open,
                due_at = excluded.due_at, state = excluded.state, version = excluded.version
            """);
        _putPayout = Prepare($"""
            INSERT INTO payout ({SqliteRows.PayoutColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (id) DO UPDATE SET node = excluded.node, amount = excluded.amount, destination = excluded.destination,
                state = excluded.state, requested_at = excluded.requested_at, decided_at = excluded.decided_at,
                reference = excluded.reference, version = excluded.version
            """);

        SqliteStatement Prepare(string sql) => new(connection, sql, boundary);
    }

    public void Write(LedgerWorkingSet set)
    {
        foreach (var (account, stored, _) in set.Accounts.Changed)
            _putAccount.Bind(stored.Number, (long)account.Kind, account.Owner, stored.Balance).ExecuteOne();
        foreach (var (id, stored, isNew) in set.Operations.Changed)
            Write(id, stored, isNew, set);
        foreach (var move in set.Moves)
        {
            _insertEntries.Bind(
                move.Operation, move.Debit, move.Credit, move.Amount, move.DebitBalance, move.CreditBalance, (long)move.Code, move.At).Execute();
        }

        foreach (var (key, budget, _) in set.Budgets.Changed)
            _putBudget.Bind(key, budget.Used, budget.WindowStart).ExecuteOne();
        foreach (var (id, row, _) in set.Requests.Changed)
        {
            _putRequest.Bind(
                id, row.Account, row.IdempotencyKey, row.Model, row.Phase, row.Open, row.CreatedAt, row.Deadline, row.State, row.Version)
                .ExecuteOne();
        }

        foreach (var (id, row, _) in set.Slashes.Changed)
            _putSlash.Bind(id, row.Node, row.Request, row.Open, row.DueAt, row.State, row.Version).ExecuteOne();
        foreach (var (id, row, _) in set.Payouts.Changed)
        {
            _putPayout.Bind(
                id, row.Node, row.Amount, row.Destination, row.State, row.RequestedAt, row.DecidedAt, row.Reference, row.Version).ExecuteOne();
        }
    }

    public void Dispose()
    {
        SqliteStatement[] all =
            [_putAccount, _insertTransfer, _insertHold, _resolveHold, _insertEntries, _putBudget, _putRequest, _putSlash, _putPayout];
        foreach (var statement in all)
            statement.Dispose();
    }

    private void Write(Hash32 id, StoredOperation stored, bool isNew, LedgerWorkingSet set)
    {
        var recorded = stored.Recorded;
        Hash32? parts = recorded.State == HoldState.Posted ? recorded.Parts : null;
        if (!isNew)
        {
            _resolveHold.Bind(id, (long)recorded.State, parts, stored.ResolvedAt).ExecuteOne();
            return;
        }

        var move = stored.FirstMove;
        var payer = set.Accounts.Find(move.Debit)!.Number;
        var hold = recorded.Operation as LedgerOperation.Hold;
        _insertTransfer.Bind(
            id, hold is null ? SqliteLedgerSource.KindTransfer : SqliteLedgerSource.KindHold, payer,
            set.Accounts.Find(move.Credit)!.Number, move.Amount, (long)move.Code, hold?.ExpiresAt, stored.MadeAt).ExecuteOne();
        if (hold is not null)
        {
            _insertHold.Bind(
                id, payer, hold.Amount, hold.ExpiresAt, hold.Budget.IsZero ? null : hold.Budget, recorded.ChargedWindow, (long)recorded.State, parts,
                stored.ResolvedAt).ExecuteOne();
        }
    }
}
