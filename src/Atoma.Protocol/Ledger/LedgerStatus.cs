namespace Atoma.Protocol.Ledger;

/// <summary>
/// Outcome of one ledger operation: the first of <see cref="LedgerStatuses.Precedence"/> that applies is the answer (STYLE 9).
/// Stored and shown: append only. A command of several operations has the status of its first failing one and changes nothing.
/// </summary>
public enum LedgerStatus : byte
{
    /// <summary>Done, durable.</summary>
    Ok = 0,

    /// <summary>The same operation with the same id was done before. Nothing changed now.</summary>
    AlreadyDone = 1,

    /// <summary>The id was used before for something else.</summary>
    IdReused = 2,

    /// <summary>An amount that is not above zero.</summary>
    AmountNotPositive = 3,

    /// <summary>Debit and credit are the same account.</summary>
    SameAccount = 4,

    /// <summary>No hold has this id.</summary>
    HoldNotFound = 5,

    /// <summary>The hold was posted before.</summary>
    HoldPosted = 6,

    /// <summary>The hold was voided before.</summary>
    HoldVoided = 7,

    /// <summary>The parts to pay exceed the held amount.</summary>
    ExceedsHold = 8,

    /// <summary>The debited account has less than the amount.</summary>
    InsufficientFunds = 9,

    /// <summary>The request row is at another version: somebody else moved it on.</summary>
    VersionConflict = 10,

    /// <summary>This account already used the idempotency key for another request.</summary>
    IdempotencyKeyUsed = 11,

    /// <summary>The hold expired before: its money is back with the payer.</summary>
    HoldExpired = 12,

    /// <summary>The hold may not expire yet.</summary>
    HoldNotDue = 13,

    /// <summary>The hold and what its key's budget has used would pass the budget's limit.</summary>
    BudgetExceeded = 14,
}

/// <summary>In which order the statuses are looked for; their numbers tell only when each was added.</summary>
public static class LedgerStatuses
{
    public static IReadOnlyList<LedgerStatus> Precedence { get; } =
    [
        LedgerStatus.Ok,
        LedgerStatus.AlreadyDone,
        LedgerStatus.IdReused,
        LedgerStatus.AmountNotPositive,
        LedgerStatus.SameAccount,
        LedgerStatus.HoldNotFound,
        LedgerStatus.HoldPosted,
        LedgerStatus.HoldVoided,
        LedgerStatus.HoldExpired,
        LedgerStatus.HoldNotDue,
        LedgerStatus.ExceedsHold,
        LedgerStatus.InsufficientFunds,
        LedgerStatus.BudgetExceeded,
        LedgerStatus.VersionConflict,
        LedgerStatus.IdempotencyKeyUsed,
    ];
}
