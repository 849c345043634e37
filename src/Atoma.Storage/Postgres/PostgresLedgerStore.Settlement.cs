using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;
using Npgsql;
using static Atoma.Storage.Postgres.PostgresParameters;

namespace Atoma.Storage.Postgres;

/// <content>The outbox, cursors and vouchers, in the same database.</content>
public sealed partial class PostgresLedgerStore
{
    public Task<OutboxAddStatus> AddTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        SettlementForm.CheckNew(row);
        return UnderLockAsync(
            async change =>
            {
                if (await FindTransactionAsync(change, row.Key) is { } there)
                    return there.AsksSameAs(row) ? OutboxAddStatus.AlreadyThere : OutboxAddStatus.KeyReused;
                await change.ExecuteAsync(
                    $"""
                    INSERT INTO outbox (sequence, {PostgresRows.OutboxColumns})
                    SELECT coalesce(max(sequence), 0) + 1, $1, $2, $3, $4, $5, $6, $7, NULL, $8, NULL, NULL, $9, NULL, $10, $11 FROM outbox
                    """,
                    row.Key, row.Sender.ToArray(), row.Target.ToArray(), row.Data, row.GasLimit, row.CreatedAt.UtcTicks, (short)row.State,
                    SettlementCodec.Encode(row.Attempts), row.Retries, row.Reason, row.Version);
                return OutboxAddStatus.Added;
            },
            cancellationToken);
    }

    public Task<OutboxUpdateStatus> UpdateTransactionAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        SettlementForm.Check(row);
        return UnderLockAsync(
            async change =>
            {
                if (await FindTransactionAsync(change, row.Key) is not { IsOpen: true } before || before.Version != row.Version - 1)
                    return OutboxUpdateStatus.VersionConflict;
                if (row.Nonce is { } nonce && await IsNonceOfAnotherAsync(change, row, nonce))
                    return OutboxUpdateStatus.NonceTaken;
                await change.ExecuteAsync(
                    """
                    UPDATE outbox SET state = $2, nonce = $3::bigint, attempts = $4, mined_number = $5::bigint, mined_hash = $6::bytea,
                        retries = $7, spent_nonce = $8::bigint, reason = $9, version = $10
                    WHERE idempotency_key = $1
                    """,
                    row.Key, (short)row.State, OrNull(row.Nonce), SettlementCodec.Encode(row.Attempts), OrNull(row.MinedIn?.Number),
                    (object?)row.MinedIn?.Hash.ToArray() ?? DBNull.Value, row.Retries, OrNull(row.SpentNonce),
                    row.Reason, row.Version);
                return OutboxUpdateStatus.Done;
            },
            cancellationToken);
    }

    public async Task<OutboxRow?> FindTransactionAsync(string key, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement($"SELECT {PostgresRows.OutboxColumns} FROM outbox WHERE idempotency_key = $1", key)
            .ReadAllAsync(PostgresRows.Outbox, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<OutboxRow>> OpenTransactionsAsync(NodeId sender, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                $"SELECT {PostgresRows.OutboxColumns} FROM outbox WHERE sender = $1 AND state < 3 ORDER BY sequence LIMIT $2",
                sender.ToArray(), limit)
            .ReadAllAsync(PostgresRows.Outbox, cancellationToken);
    }

    public async Task<long?> LastNonceAsync(NodeId sender, CancellationToken cancellationToken)
    {
        var found = await _dataSource
            .Statement(
                """
                SELECT max(last) FROM (
                    SELECT max(nonce) AS last FROM outbox WHERE sender = $1 AND nonce IS NOT NULL
                    UNION ALL SELECT max(spent_nonce) FROM outbox WHERE sender = $1 AND spent_nonce IS NOT NULL) AS nonces
                """,
                sender.ToArray())
            .ReadAllAsync(reader => reader.IsDBNull(0) ? null : (long?)reader.GetInt64(0), cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<ChainPoint?> FindCursorAsync(string name, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement("SELECT number, hash FROM chain_cursor WHERE name = $1", name)
            .ReadAllAsync(reader => (ChainPoint?)new ChainPoint(reader.GetInt64(0), reader.Hash(1)), cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<bool> MoveCursorAsync(string name, ChainPoint? from, ChainPoint to, CancellationToken cancellationToken)
    {
        SettlementForm.CheckMove(name, from, to);
        return from is { } known
            ? await ChangeAsync(
                "UPDATE chain_cursor SET number = $4, hash = $5 WHERE name = $1 AND number = $2 AND hash = $3",
                cancellationToken, name, known.Number, known.Hash.ToArray(), to.Number, to.Hash.ToArray())
            : await ChangeAsync(
                "INSERT INTO chain_cursor (name, number, hash) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                cancellationToken, name, to.Number, to.Hash.ToArray());
    }

    public Task<ChainIdentity> PinChainAsync(ChainIdentity identity, CancellationToken cancellationToken)
    {
        SettlementForm.Check(identity);
        return UnderLockAsync(
            async change =>
            {
                await change.ExecuteAsync(
                    "INSERT INTO chain_identity (id, identity) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", SettlementCodec.Encode(identity));
                var stored = await change.ReadAllAsync(reader => reader.GetFieldValue<byte[]>(0), "SELECT identity FROM chain_identity");
                return SettlementCodec.Identity(stored.Single());
            },
            cancellationToken);
    }

    public async Task<bool> PutVoucherAsync(RequesterVoucher voucher, CancellationToken cancellationToken)
    {
        SettlementForm.Check(voucher);
        return await ChangeAsync(
            """
            INSERT INTO voucher (user_address, cumulative, signature, accepted_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (user_address) DO UPDATE
                SET cumulative = excluded.cumulative, signature = excluded.signature, accepted_at = excluded.accepted_at
                WHERE excluded.cumulative > voucher.cumulative
            """,
            cancellationToken, voucher.User.ToArray(), voucher.Cumulative.Value, voucher.Signature, voucher.AcceptedAt.UtcTicks);
    }

    public async Task<RequesterVoucher?> FindVoucherAsync(NodeId user, CancellationToken cancellationToken)
    {
        var found = await _dataSource.Statement($"SELECT {PostgresRows.VoucherColumns} FROM voucher WHERE user_address = $1", user.ToArray())
            .ReadAllAsync(PostgresRows.Voucher, cancellationToken);
        return found.SingleOrDefault();
    }

    public async Task<IReadOnlyList<RequesterVoucher>> VouchersAsync(NodeId? after, int limit, CancellationToken cancellationToken)
    {
        StorageLimits.CheckLimit(limit, StorageLimits.RowsMax);
        return await _dataSource
            .Statement(
                $"SELECT {PostgresRows.VoucherColumns} FROM voucher WHERE user_address > $1 ORDER BY user_address LIMIT $2",
                after?.ToArray() ?? [], limit)
            .ReadAllAsync(PostgresRows.Voucher, cancellationToken);
    }

    private static async Task<OutboxRow?> FindTransactionAsync(PostgresChange change, string key)
    {
        var found = await change.ReadAllAsync(
            PostgresRows.Outbox, $"SELECT {PostgresRows.OutboxColumns} FROM outbox WHERE idempotency_key = $1", key);
        return found.SingleOrDefault();
    }

    private static async Task<bool> IsNonceOfAnotherAsync(PostgresChange change, OutboxRow row, long nonce)
    {
        var found = await change.ReadAllAsync(
            reader => reader.GetString(0), "SELECT idempotency_key FROM outbox WHERE sender = $1 AND nonce = $2", row.Sender.ToArray(), nonce);
        return found.SingleOrDefault(row.Key) != row.Key;
    }
}
