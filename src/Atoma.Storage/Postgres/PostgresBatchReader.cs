using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Npgsql;
using static Atoma.Storage.Postgres.PostgresParameters;

namespace Atoma.Storage.Postgres;

/// <summary>Reads what a batch of commands touches, in one round trip.</summary>
internal static class PostgresBatchReader
{
    public static LedgerWorkingSet Read(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<LedgerCommand> commands)
    {
        var operations = commands.SelectMany(command => command.Operations).ToList();
        var operationIds = Ids(operations.Select(operation => operation.Id));
        var accounts = operations.SelectMany(Accounts).Append(LedgerAccount.Escrow).Distinct().ToList();
        var requests = commands.Select(command => command.Request).OfType<RequestRow>().ToList();
        var keyed = requests.Where(row => row.IdempotencyKey.Length > 0).Select(row => (row.Account, row.IdempotencyKey)).Distinct().ToList();
        var slashIds = Ids(commands.SelectMany(command => command.Slashes ?? []).Select(row => row.Id));
        var payoutIds = Ids(commands.SelectMany(command => command.Payouts ?? []).Select(row => row.Id));
        var budgets = Ids(operations.OfType<LedgerOperation.Hold>().Select(hold => hold.Budget).Where(key => !key.IsZero));

        using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Statement(
            """
            SELECT t.id, t.kind, d.kind, d.owner, c.kind, c.owner, t.amount, t.code, t.expires_at, h.state, h.parts, h.budget, h.budget_window
            FROM transfer t JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit LEFT JOIN hold h ON h.id = t.id
            WHERE t.id = ANY ($1)
            """,
            operationIds));
        batch.BatchCommands.Add(Statement(
            """
            SELECT id, kind, owner, balance FROM account
            WHERE (kind, owner) IN (SELECT * FROM unnest($1::smallint[], $2::text[]))
                OR id IN (SELECT debit FROM transfer WHERE id = ANY ($3))
            """,
            accounts.Select(account => (short)account.Kind).ToArray(), accounts.Select(account => account.Owner).ToArray(), operationIds));
        batch.BatchCommands.Add(Statement(
            $"SELECT {PostgresRows.RequestColumns} FROM request WHERE id = ANY ($1)", Ids(requests.Select(row => row.Id))));
        batch.BatchCommands.Add(Statement(
            """
            SELECT id, account, idempotency_key FROM request
            WHERE (account, idempotency_key) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND idempotency_key <> ''
            """,
            keyed.Select(key => key.Account).ToArray(), keyed.Select(key => key.IdempotencyKey).ToArray()));
        batch.BatchCommands.Add(Statement($"SELECT {PostgresRows.SlashColumns} FROM slash WHERE id = ANY ($1)", slashIds));
        batch.BatchCommands.Add(Statement($"SELECT {PostgresRows.PayoutColumns} FROM payout WHERE id = ANY ($1)", payoutIds));
        batch.BatchCommands.Add(Statement(
            """
            SELECT key_hash, spend_limit, period, used, window_start FROM key_budget
            WHERE key_hash = ANY ($1) OR key_hash IN (SELECT budget FROM hold WHERE id = ANY ($2) AND budget_window IS NOT NULL)
            """,
            budgets, operationIds));
        batch.BatchCommands.Add(Statement("SELECT coalesce(max(id), 0) FROM account"));

        var set = new LedgerWorkingSet(source: null);
        using var reader = batch.ExecuteReader();
        ReadEach(() => set.Operations.AddRead(reader.Hash(0), new StoredOperation(Recorded(reader))));
        Next();
        ReadEach(() => set.Accounts.AddRead(reader.Account(1), new StoredAccount(reader.GetInt64(0), reader.Money(3))));
        Next();
        ReadEach(() => set.Requests.AddRead(reader.Hash(0), PostgresRows.Request(reader)));
        Next();
        ReadEach(() => set.RequestOfKey.AddRead((reader.GetString(1), reader.GetString(2)), new KeyOwner(reader.Hash(0))));
        Next();
        ReadEach(() => set.Slashes.AddRead(reader.Hash(0), PostgresRows.Slash(reader)));
        Next();
        ReadEach(() => set.Payouts.AddRead(reader.Hash(0), PostgresRows.Payout(reader)));
        Next();
        ReadEach(() => set.Budgets.AddRead(reader.Hash(0), PostgresRows.Budget(reader, 1)));
        Next();
        ReadEach(() => set.LastAccount = reader.GetInt64(0));
        return set;

        void ReadEach(Action take)
        {
            while (reader.Read())
                take();
        }

        void Next() => Invariant.Assert(reader.NextResult());
    }

    /// <summary>A list, because an array of arrays alone would be taken for the whole list of parameters.</summary>
    private static List<byte[]> Ids(IEnumerable<Hash32> ids) => ids.Distinct().Select(id => id.ToArray()).ToList();

    private static IEnumerable<LedgerAccount> Accounts(LedgerOperation operation) => operation switch
    {
        LedgerOperation.Transfer transfer => [transfer.Debit, transfer.Credit],
        LedgerOperation.Hold hold => [hold.Payer],
        LedgerOperation.Post post => post.Parts.Select(part => part.Credit),
        _ => [],
    };

    private static RecordedOperation Recorded(NpgsqlDataReader reader)
    {
        var id = reader.Hash(0);
        var debit = reader.Account(2);
        var amount = reader.Money(6);
        if (reader.GetInt16(1) == PostgresBatchWriter.KindTransfer)
            return new RecordedOperation(new LedgerOperation.Transfer(id, debit, reader.Account(4), amount, (TransferCode)reader.GetInt16(7)));
        return new RecordedOperation(
            new LedgerOperation.Hold(id, debit, amount, reader.Time(8), reader.HashOrNull(11) ?? Hash32.Zero),
            (HoldState)reader.GetInt16(9),
            reader.HashOrNull(10) ?? Hash32.Zero,
            reader.TimeOrNull(12));
    }
}
