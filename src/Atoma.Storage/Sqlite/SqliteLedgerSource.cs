using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>
/// What the writer decides on, read one by one inside its transaction; nothing is kept between transactions, so even a second
/// process at the file does no harm.
/// </summary>
internal sealed class SqliteLedgerSource(SqliteConnection connection) : ILedgerSource, IDisposable
{
    public const long KindTransfer = 1;
    public const long KindHold = 2;

    private readonly SqliteStatement _account = new(connection, "SELECT id, balance FROM account WHERE kind = ?1 AND owner = ?2");
    private readonly SqliteStatement _operation = new(connection, """
        SELECT t.kind, d.kind, d.owner, c.kind, c.owner, t.amount, t.code, t.expires_at, h.state, h.parts, h.budget, h.budget_window
        FROM transfer t JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit LEFT JOIN hold h ON h.id = t.id
        WHERE t.id = ?1
        """);

    private readonly SqliteStatement _budget = new(
        connection, "SELECT spend_limit, period, used, window_start FROM key_budget WHERE key_hash = ?1");

    private readonly SqliteStatement _request = new(connection, $"SELECT {SqliteRows.RequestColumns} FROM request WHERE id = ?1");
    private readonly SqliteStatement _requestOf = new(
        connection, "SELECT id FROM request WHERE account = ?1 AND idempotency_key = ?2 AND idempotency_key <> ''");

    private readonly SqliteStatement _slash = new(connection, $"SELECT {SqliteRows.SlashColumns} FROM slash WHERE id = ?1");
    private readonly SqliteStatement _payout = new(connection, $"SELECT {SqliteRows.PayoutColumns} FROM payout WHERE id = ?1");
    private readonly SqliteStatement _lastAccount = new(connection, "SELECT coalesce(max(id), 0) FROM account");

    public StoredAccount? Account(LedgerAccount account) =>
        _account.Bind((long)account.Kind, account.Owner).ReadFirst(row => new StoredAccount(row.Long(0), row.Money(1)));

    public StoredOperation? Operation(Hash32 id) => _operation.Bind(id).ReadFirst(row => new StoredOperation(Recorded(id, row)));

    public KeyBudget? Budget(Hash32 key) => _budget.Bind(key).ReadFirst(row => SqliteRows.Budget(row, 0));

    public RequestRow? Request(Hash32 id) => _request.Bind(id).ReadFirst(SqliteRows.Request);

    public KeyOwner? RequestOf(string account, string idempotencyKey) =>
        _requestOf.Bind(account, idempotencyKey).ReadFirst(row => new KeyOwner(row.Hash(0)));

    public SlashRow? Slash(Hash32 id) => _slash.Bind(id).ReadFirst(SqliteRows.Slash);

    public PayoutRow? Payout(Hash32 id) => _payout.Bind(id).ReadFirst(SqliteRows.Payout);

    public long LastAccount() => _lastAccount.ReadFirst(row => row.Long(0));

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_account, _operation, _budget, _request, _requestOf, _slash, _payout, _lastAccount])
            statement.Dispose();
    }

    private static RecordedOperation Recorded(Hash32 id, SqliteRow row)
    {
        var debit = row.Account(1);
        var amount = row.Money(5);
        if (row.Long(0) == KindTransfer)
            return new RecordedOperation(new LedgerOperation.Transfer(id, debit, row.Account(3), amount, (TransferCode)row.Long(6)));
        return new RecordedOperation(
            new LedgerOperation.Hold(id, debit, amount, row.Time(7), row.HashOrNull(10) ?? Hash32.Zero),
            (HoldState)row.Long(8),
            row.HashOrNull(9) ?? Hash32.Zero,
            row.TimeOrNull(11));
    }
}
