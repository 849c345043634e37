using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>One line of an account's history: immutable, its balance included.</summary>
/// <param name="Sequence">Position in the ledger, ascending.</param>
/// <param name="Operation">Id of the operation that made it.</param>
/// <param name="Account">The account it changes.</param>
/// <param name="Counterparty">The other side of the transfer.</param>
/// <param name="Amount">Signed: credits above zero, debits below.</param>
/// <param name="BalanceAfter">The account's balance after it.</param>
/// <param name="Code">Why.</param>
/// <param name="At">When.</param>
public sealed record LedgerEntry(
    long Sequence, Hash32 Operation, LedgerAccount Account, LedgerAccount Counterparty, Micros Amount, Micros BalanceAfter,
    TransferCode Code, DateTimeOffset At);

/// <summary>P11's one number, recounted from the entries.</summary>
/// <param name="Deposits">All that came in from outside.</param>
/// <param name="Withdrawals">All that went out.</param>
/// <param name="Burned">All that was destroyed.</param>
/// <param name="Accounts">Sum of all balances but external and burn.</param>
/// <param name="Holds">Sum of the open holds; equals the escrow account's balance.</param>
/// <param name="Escrow">The escrow account's balance.</param>
/// <param name="MismatchedAccounts">Accounts whose balance is not the sum of their entries, or an entry of which tells another. 0 unless something is very wrong.</param>
public sealed record Conservation(
    Micros Deposits, Micros Withdrawals, Micros Burned, Micros Accounts, Micros Holds, Micros Escrow, int MismatchedAccounts)
{
    /// <summary>Accounts − (deposits − withdrawals − burned): zero at every instant.</summary>
    public Micros Difference => Accounts - (Deposits - Withdrawals - Burned);

    public bool IsExact => Difference == Micros.Zero && Holds == Escrow && MismatchedAccounts == 0;
}

/// <summary>Money of a payer that waits in escrow.</summary>
/// <param name="Id">The hold's id; a request's hold has the request's.</param>
/// <param name="Amount">What is held.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="ExpiresAt">From when on it may be returned by <see cref="LedgerOperation.Expire"/>.</param>
public sealed record OpenHold(Hash32 Id, Micros Amount, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>How many requests are in each phase, from the store's rows.</summary>
public readonly record struct PhaseCount(int Phase, long Count);

/// <summary>
/// The books: money, request rows and slashes behind one durable transaction boundary. The database enforces what the code
/// should never do: no balance below zero but external's, no entry changed or deleted. Safe for concurrent use.
/// </summary>
public interface ILedgerStore
{
    /// <summary>Applies a command atomically and durably (it survives a kill right after the task completes).</summary>
    Task<LedgerResult> CommitAsync(LedgerCommand command, CancellationToken cancellationToken);

    /// <summary>Zero for an account that never had an entry.</summary>
    Task<Micros> BalanceAsync(LedgerAccount account, CancellationToken cancellationToken);

    /// <summary>Balances of all accounts of one kind.</summary>
    Task<IReadOnlyDictionary<string, Micros>> BalancesAsync(AccountKind kind, CancellationToken cancellationToken);

    /// <summary>Entries after <paramref name="afterSequence"/>, oldest first.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="afterSequence">0 for the first page.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    Task<IReadOnlyList<LedgerEntry>> EntriesAsync(LedgerAccount account, long afterSequence, int limit, CancellationToken cancellationToken);

    /// <summary>Newest first, before <paramref name="beforeSequence"/> when given.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="beforeSequence">Null for the first page.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    Task<IReadOnlyList<LedgerEntry>> EntriesBeforeAsync(
        LedgerAccount account, long? beforeSequence, int limit, CancellationToken cancellationToken);

    /// <summary>Open holds paid from this account, the first to expire first.</summary>
    Task<IReadOnlyList<OpenHold>> OpenHoldsAsync(LedgerAccount payer, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Open holds that may expire at <paramref name="now"/> and that no open request of the same id will end, most overdue first.
    /// </summary>
    Task<IReadOnlyList<Hash32>> ExpiredHoldsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Entries made by operations with these ids (a request's hold and transfers), in ledger order.</summary>
    Task<IReadOnlyList<LedgerEntry>> EntriesOfAsync(IReadOnlyList<Hash32> operations, CancellationToken cancellationToken);

    Task<RequestRow?> FindRequestAsync(Hash32 id, CancellationToken cancellationToken);

    /// <summary>The request that this account accepted under this idempotency key.</summary>
    Task<RequestRow?> FindRequestAsync(string account, string idempotencyKey, CancellationToken cancellationToken);

    /// <summary>Open requests with a deadline at or before <paramref name="dueBy"/>, most overdue first.</summary>
    Task<IReadOnlyList<Hash32>> OpenRequestsAsync(DateTimeOffset dueBy, int limit, CancellationToken cancellationToken);

    /// <summary>Newest first; <paramref name="account"/> null for all.</summary>
    Task<IReadOnlyList<RequestRow>> RecentRequestsAsync(string? account, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<PhaseCount>> RequestCountsAsync(CancellationToken cancellationToken);

    Task<SlashRow?> FindSlashAsync(Hash32 id, CancellationToken cancellationToken);

    /// <summary>Open slashes due at or before <paramref name="dueBy"/>, most overdue first.</summary>
    Task<IReadOnlyList<SlashRow>> OpenSlashesAsync(DateTimeOffset dueBy, int limit, CancellationToken cancellationToken);

    /// <summary>Newest first; <paramref name="node"/> null for all.</summary>
    Task<IReadOnlyList<SlashRow>> SlashesAsync(string? node, int limit, CancellationToken cancellationToken);

    Task<PayoutRow?> FindPayoutAsync(Hash32 id, CancellationToken cancellationToken);

    /// <summary>Newest first; <paramref name="node"/> and <paramref name="state"/> null for all.</summary>
    Task<IReadOnlyList<PayoutRow>> PayoutsAsync(string? node, PayoutState? state, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// P11 in one consistent snapshot: balances against entries. Entries counted before are not read again (they are immutable),
    /// so that it costs the same however long the history is; the first call recounts.
    /// </summary>
    Task<Conservation> AuditAsync(CancellationToken cancellationToken);

    /// <summary>The audit with every entry counted anew: finds also what was changed behind the database's back. Takes seconds per million entries.</summary>
    Task<Conservation> RecountAsync(CancellationToken cancellationToken);
}
