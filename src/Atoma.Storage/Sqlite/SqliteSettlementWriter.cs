using Atoma.Protocol.Settlement;
using Microsoft.Data.Sqlite;

namespace Atoma.Storage.Sqlite;

/// <summary>Changes to the outbox, cursors and vouchers, inside the writer's transaction. Rare enough to prepare each time.</summary>
internal sealed class SqliteSettlementWriter(SqliteConnection connection, Action? boundary)
{
    public OutboxAddStatus AddTransaction(OutboxRow row)
    {
        if (SqliteSettlementQueries.Transaction(connection, row.Key) is { } there)
            return there.AsksSameAs(row) ? OutboxAddStatus.AlreadyThere : OutboxAddStatus.KeyReused;
        Change(
            $"""
            INSERT INTO outbox ({SqliteRows.OutboxColumns})
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """,
            row.Key, row.Sender.ToArray(), row.Target.ToArray(), row.Data, row.GasLimit, row.CreatedAt, row.State, row.Nonce,
            SettlementCodec.Encode(row.Attempts), row.MinedIn?.Number, row.MinedIn?.Hash, row.Retries, row.SpentNonce, row.Reason,
            row.Version);
        return OutboxAddStatus.Added;
    }

    public OutboxUpdateStatus UpdateTransaction(OutboxRow row)
    {
        if (SqliteSettlementQueries.Transaction(connection, row.Key) is not { IsOpen: true } before || before.Version != row.Version - 1)
            return OutboxUpdateStatus.VersionConflict;
        if (row.Nonce is { } nonce && (SqliteSettlementQueries.KeyOfNonce(connection, row.Sender, nonce) ?? row.Key) != row.Key)
            return OutboxUpdateStatus.NonceTaken;
        Change(
            """
            UPDATE outbox SET state = ?2, nonce = ?3, attempts = ?4, mined_number = ?5, mined_hash = ?6, retries = ?7,
                spent_nonce = ?8, reason = ?9, version = ?10
            WHERE idempotency_key = ?1
            """,
            row.Key, row.State, row.Nonce, SettlementCodec.Encode(row.Attempts), row.MinedIn?.Number, row.MinedIn?.Hash, row.Retries,
            row.SpentNonce, row.Reason, row.Version);
        return OutboxUpdateStatus.Done;
    }

    public bool MoveCursor(string name, ChainPoint? from, ChainPoint to) => from is { } known
        ? Change(
            "UPDATE chain_cursor SET number = ?4, hash = ?5 WHERE name = ?1 AND number = ?2 AND hash = ?3",
            name, known.Number, known.Hash, to.Number, to.Hash)
        : Change("INSERT INTO chain_cursor (name, number, hash) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING", name, to.Number, to.Hash);

    public ChainIdentity PinChain(ChainIdentity identity)
    {
        Change("INSERT INTO chain_identity (id, identity) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING", SettlementCodec.Encode(identity));
        using var statement = new SqliteStatement(connection, "SELECT identity FROM chain_identity");
        return SettlementCodec.Identity(statement.ReadFirst(row => row.Blob(0))!);
    }

    public bool PutVoucher(RequesterVoucher voucher) => Change(
        """
        INSERT INTO voucher (user_address, cumulative, signature, accepted_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (user_address) DO UPDATE SET cumulative = excluded.cumulative, signature = excluded.signature, accepted_at = excluded.accepted_at
            WHERE excluded.cumulative > voucher.cumulative
        """,
        voucher.User.ToArray(), voucher.Cumulative, voucher.Signature, voucher.AcceptedAt);

    /// <summary>Whether a row was changed.</summary>
    private bool Change(string sql, params ReadOnlySpan<object?> values)
    {
        using var statement = new SqliteStatement(connection, sql, boundary);
        return statement.Bind(values).ExecuteCount() > 0;
    }
}
