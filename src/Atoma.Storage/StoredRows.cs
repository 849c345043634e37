using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage;

/// <summary>An account as it is stored: its number and balance.</summary>
internal sealed record StoredAccount(long Number, Micros Balance);

/// <summary>A transfer or a hold as it is stored.</summary>
/// <param name="Recorded">What the rules see of it.</param>
/// <param name="MadeAt">When it was made; not read back.</param>
/// <param name="ResolvedAt">When this batch ended the hold.</param>
internal sealed record StoredOperation(RecordedOperation Recorded, DateTimeOffset MadeAt = default, DateTimeOffset? ResolvedAt = null)
{
    /// <summary>The transfer, or the first phase of the hold.</summary>
    public LedgerMove FirstMove => Recorded.Operation switch
    {
        LedgerOperation.Transfer transfer => new LedgerMove(transfer.Debit, transfer.Credit, transfer.Amount, transfer.Code),
        LedgerOperation.Hold hold => new LedgerMove(hold.Payer, LedgerAccount.Escrow, hold.Amount, TransferCode.Hold),
        _ => throw new InvariantException("Only transfers and holds are recorded."),
    };
}

/// <summary>The request that has an idempotency key.</summary>
internal sealed record KeyOwner(Hash32 Request);

/// <summary>A move with the accounts' numbers and their balances after it: two entries.</summary>
internal readonly record struct StoredMove(
    Hash32 Operation, long Debit, long Credit, Micros Amount, Micros DebitBalance, Micros CreditBalance, TransferCode Code, DateTimeOffset At);

/// <summary>Reads what a working set was not given beforehand.</summary>
internal interface ILedgerSource
{
    StoredAccount? Account(LedgerAccount account);

    StoredOperation? Operation(Hash32 id);

    KeyBudget? Budget(Hash32 key);

    RequestRow? Request(Hash32 id);

    KeyOwner? RequestOf(string account, string idempotencyKey);

    SlashRow? Slash(Hash32 id);

    PayoutRow? Payout(Hash32 id);

    /// <summary>Highest number given so far; 0 for none.</summary>
    long LastAccount();
}
