using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// The writer's connection and its statements: applies commands inside an open transaction, each in a savepoint of its own.
/// Reads what it decides on inside that transaction and caches nothing, so even a second process at the file does no harm.
/// </summary>
internal sealed class SqliteLedgerSession : IDisposable
{
    private const long KindTransfer = 1;
    private const long KindHold = 2;

    /// <summary>SQLITE_CONSTRAINT_DATATYPE of sqlite3.h.</summary>
    private const int ConstraintDatatype = 19 | (12 << 8);

    private readonly SqliteConnection _connection;
    private readonly List<SqliteStatement> _statements = [];

    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _savepoint;
    private readonly SqliteStatement _release;
    private readonly SqliteStatement _rollbackTo;
    private readonly SqliteStatement _findOperation;
    private readonly SqliteStatement _findBalance;
    private readonly SqliteStatement _addToBalance;
    private readonly SqliteStatement _insertAccount;
    private readonly SqliteStatement _insertTransfer;
    private readonly SqliteStatement _insertHold;
    private readonly SqliteStatement _resolveHold;
    private readonly SqliteStatement _insertEntries;
    private readonly SqliteStatement _findRequest;
    private readonly SqliteStatement _findKeyOwner;
    private readonly SqliteStatement _putRequest;
    private readonly SqliteStatement _findSlash;
    private readonly SqliteStatement _putSlash;
    private readonly SqliteStatement _insertKey;
    private readonly SqliteStatement _revokeKey;

    public SqliteLedgerSession(SqliteConnection connection)
    {
        _connection = connection;
        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _savepoint = Prepare("SAVEPOINT command");
        _release = Prepare("RELEASE command");
        _rollbackTo = Prepare("ROLLBACK TO command");
        _findOperation = Prepare("""
            SELECT t.kind, d.kind, d.owner, c.kind, c.owner, t.amount, t.code, t.expires_at, h.state, h.parts
            FROM transfer t JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit LEFT JOIN hold h ON h.id = t.id
            WHERE t.id = $1
            """, 1);
        _findBalance = Prepare("SELECT balance FROM account WHERE kind = $1 AND owner = $2", 2);
        _addToBalance = Prepare(
            "UPDATE account SET balance = balance + $3 WHERE kind = $1 AND owner = $2 RETURNING id, balance", 3);
        _insertAccount = Prepare("INSERT INTO account (kind, owner, balance) VALUES ($1, $2, $3) RETURNING id, balance", 3);
        _insertTransfer = Prepare(
            "INSERT INTO transfer (id, kind, debit, credit, amount, code, expires_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", 8);
        _insertHold = Prepare("INSERT INTO hold (id, amount, state) VALUES ($1, $2, 0)", 2);
        _resolveHold = Prepare("UPDATE hold SET state = $2, parts = $3, resolved_at = $4 WHERE id = $1 AND state = 0", 4);
        _insertEntries = Prepare("""
            INSERT INTO entry (operation, account, counterparty, amount, balance_after, code, at)
            VALUES ($1, $2, $3, -$4, $5, $7, $8), ($1, $3, $2, $4, $6, $7, $8)
            """, 8);
        _findRequest = Prepare($"SELECT {SqliteRows.RequestColumns} FROM request WHERE id = $1", 1);
        _findKeyOwner = Prepare(
            "SELECT id FROM request WHERE account = $1 AND idempotency_key = $2 AND idempotency_key <> '' AND id <> $3", 3);
        _putRequest = Prepare($"""
            INSERT INTO request ({SqliteRows.RequestColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (id) DO UPDATE SET account = excluded.account, idempotency_key = excluded.idempotency_key,
                model = excluded.model, phase = excluded.phase, is_open = excluded.is_open, created_at = excluded.created_at,
                deadline = excluded.deadline, state = excluded.state, version = excluded.version
            """, 10);
        _findSlash = Prepare($"SELECT {SqliteRows.SlashColumns} FROM slash WHERE id = $1", 1);
        _putSlash = Prepare($"""
            INSERT INTO slash ({SqliteRows.SlashColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET node = excluded.node, request = excluded.request, is_open = excluded.is_open,
                due_at = excluded.due_at, state = excluded.state, version = excluded.version
            """, 7);
        _insertKey = Prepare("""
            INSERT INTO api_key (key_hash, account, scope, label, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (key_hash) DO NOTHING
            """, 6);
        _revokeKey = Prepare("UPDATE api_key SET revoked_at = $2 WHERE key_hash = $1 AND revoked_at IS NULL", 2);
    }

    /// <summary>False when an error made SQLite roll back by itself.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    public void Begin() => _begin.Execute();

    public void Commit() => _commit.Execute();

    public void BeginCommand() => _savepoint.Execute();

    public void KeepCommand() => _release.Execute();

    public void UndoCommand()
    {
        _rollbackTo.Execute();
        _release.Execute();
    }

    /// <summary>Applies a well-formed command. The caller keeps or undoes its savepoint by the result.</summary>
    public LedgerResult Apply(LedgerCommand command, DateTimeOffset now)
    {
        var anyNew = false;
        for (var i = 0; i < command.Operations.Count; i++)
        {
            var status = Apply(command.Operations[i], now);
            if (status is not (LedgerStatus.Ok or LedgerStatus.AlreadyDone))
                return new LedgerResult(status, i);
            anyNew |= status == LedgerStatus.Ok;
        }

        return ApplyRows(command, anyNew);
    }

    public void AddKey(ApiKeyRecord key) =>
        _insertKey.Bind(key.KeyHash, key.Account, key.Scope, key.Label, key.CreatedAt, key.RevokedAt).Execute();

    public void RevokeKey(Hash32 keyHash, DateTimeOffset at) => _revokeKey.Bind(keyHash, at).Execute();

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _connection.Dispose();
    }

    private LedgerStatus Apply(LedgerOperation operation, DateTimeOffset now)
    {
        var decision = LedgerRules.Decide(operation, FindOperation(operation.Id), FindBalance);
        if (decision.Status != LedgerStatus.Ok)
            return decision.Status;

        switch (operation)
        {
            case LedgerOperation.Post post:
                _resolveHold.Bind(post.Id, HoldState.Posted, LedgerRules.DigestOf(post.Parts), now).ExecuteOne();
                break;
            case LedgerOperation.Void:
                _resolveHold.Bind(operation.Id, HoldState.Voided, null, now).ExecuteOne();
                break;
        }

        foreach (var move in decision.Moves)
        {
            var (debit, debitBalance) = AddToBalance(move.Debit, -move.Amount);
            var (credit, creditBalance) = AddToBalance(move.Credit, move.Amount);
            Record(operation, debit, credit, move, now);
            _insertEntries.Bind(operation.Id, debit, credit, move.Amount, debitBalance, creditBalance, move.Code, now).Execute();
        }

        return LedgerStatus.Ok;
    }

    /// <summary>A transfer and the first phase of a hold have one move, which gives their row its accounts.</summary>
    private void Record(LedgerOperation operation, long debit, long credit, LedgerMove move, DateTimeOffset now)
    {
        if (operation is LedgerOperation.Transfer)
        {
            _insertTransfer.Bind(operation.Id, KindTransfer, debit, credit, move.Amount, move.Code, null, now).ExecuteOne();
        }
        else if (operation is LedgerOperation.Hold hold)
        {
            _insertTransfer.Bind(operation.Id, KindHold, debit, credit, move.Amount, move.Code, hold.ExpiresAt, now).ExecuteOne();
            _insertHold.Bind(operation.Id, move.Amount).ExecuteOne();
        }
    }

    private RecordedOperation? FindOperation(Hash32 id) => _findOperation.Bind(id).ReadFirst(reader =>
    {
        var debit = SqliteRows.Account(reader, 1);
        var amount = reader.Money(5);
        if (reader.GetInt64(0) == KindTransfer)
        {
            var credit = SqliteRows.Account(reader, 3);
            return new RecordedOperation(new LedgerOperation.Transfer(id, debit, credit, amount, (TransferCode)reader.GetByte(6)));
        }

        return new RecordedOperation(
            new LedgerOperation.Hold(id, debit, amount, reader.Time(7)),
            (HoldState)reader.GetByte(8),
            reader.IsDBNull(9) ? Hash32.Zero : reader.Hash(9));
    });

    private Micros FindBalance(LedgerAccount account)
    {
        using var reader = _findBalance.Bind(account.Kind, account.Owner).Read();
        return reader.Read() ? reader.Money(0) : Micros.Zero;
    }

    private (long Id, Micros Balance) AddToBalance(LedgerAccount account, Micros amount)
    {
        try
        {
            using (var changed = _addToBalance.Bind(account.Kind, account.Owner, amount).Read())
            {
                if (changed.Read())
                    return (changed.GetInt64(0), changed.Money(1));
            }

            using var added = _insertAccount.Bind(account.Kind, account.Owner, amount).Read();
            Invariant.Assert(added.Read());
            return (added.GetInt64(0), added.Money(1));
        }
        catch (SqliteException e) when (e.SqliteExtendedErrorCode == ConstraintDatatype)
        {
            // A sum beyond 64 bits becomes a real number, which a STRICT table refuses.
            throw new OverflowException($"The balance of account {account} does not fit.", e);
        }
    }

    private LedgerResult ApplyRows(LedgerCommand command, bool anyNew)
    {
        var slashes = command.Slashes ?? [];
        var decisions = new List<RowDecision>(1 + slashes.Count);
        if (command.Request is { } request)
            decisions.Add(LedgerRules.Decide(request, _findRequest.Bind(request.Id).ReadFirst(SqliteRows.Request)));
        foreach (var slash in slashes)
            decisions.Add(LedgerRules.Decide(slash, _findSlash.Bind(slash.Id).ReadFirst(SqliteRows.Slash)));

        var status = LedgerRules.Decide(anyNew, decisions);
        if (status != LedgerStatus.Ok)
            return new LedgerResult(status);
        if (command.Request is { } row)
        {
            using (var rival = _findKeyOwner.Bind(row.Account, row.IdempotencyKey, row.Id).Read())
            {
                if (rival.Read())
                    return new LedgerResult(LedgerStatus.IdempotencyKeyUsed, ExistingRequest: rival.Hash(0));
            }

            _putRequest.Bind(
                row.Id, row.Account, row.IdempotencyKey, row.Model, row.Phase, row.Open, row.CreatedAt, row.Deadline, row.State, row.Version)
                .ExecuteOne();
        }

        foreach (var slash in slashes)
            _putSlash.Bind(slash.Id, slash.Node, slash.Request, slash.Open, slash.DueAt, slash.State, slash.Version).ExecuteOne();
        return new LedgerResult(LedgerStatus.Ok);
    }

    private SqliteStatement Prepare(string sql, int parameters = 0)
    {
        var statement = new SqliteStatement(_connection, sql, parameters);
        _statements.Add(statement);
        return statement;
    }
}
