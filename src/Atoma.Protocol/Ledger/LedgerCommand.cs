using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>One step of a <see cref="LedgerCommand"/>. Ids are chosen by the caller and make the step idempotent (P11).</summary>
public abstract record LedgerOperation(Hash32 Id)
{
    /// <summary>Moves money once.</summary>
    public sealed record Transfer(Hash32 Id, LedgerAccount Debit, LedgerAccount Credit, Micros Amount, TransferCode Code) : LedgerOperation(Id);

    /// <summary>First phase: moves the upper bound from the payer to escrow, where it waits for <see cref="Post"/>, <see cref="Void"/> or <see cref="Expire"/>.</summary>
    /// <param name="Id">Id of the hold.</param>
    /// <param name="Payer">Whose money.</param>
    /// <param name="Amount">The upper bound.</param>
    /// <param name="ExpiresAt">From when on <see cref="Expire"/> may return it. Until that is done it can still be posted or voided.</param>
    /// <param name="Budget">Hash of the API key whose budget it is charged to; <see cref="Hash32.Zero"/> for none.</param>
    public sealed record Hold(Hash32 Id, LedgerAccount Payer, Micros Amount, DateTimeOffset ExpiresAt, Hash32 Budget = default) : LedgerOperation(Id);

    /// <summary>Second phase: pays the parts out of the hold, the rest returns to the payer. <see cref="LedgerOperation.Id"/> is the hold's.</summary>
    /// <param name="Id">Id of the hold.</param>
    /// <param name="Parts">May be empty; the sum is at most the held amount.</param>
    public sealed record Post(Hash32 Id, IReadOnlyList<PostPart> Parts) : LedgerOperation(Id)
    {
        public bool Equals(Post? other) => other is not null && Id == other.Id && Parts.SequenceEqual(other.Parts);

        public override int GetHashCode() => Id.GetHashCode();
    }

    /// <summary>Second phase: all of the hold returns to the payer. <see cref="LedgerOperation.Id"/> is the hold's.</summary>
    public sealed record Void(Hash32 Id) : LedgerOperation(Id);

    /// <summary>Returns all of a hold that is past its expiry, which nobody else ended. <see cref="LedgerOperation.Id"/> is the hold's.</summary>
    public sealed record Expire(Hash32 Id) : LedgerOperation(Id);
}

/// <summary>One payee of a posted hold. Two parts never share an account and code.</summary>
public readonly record struct PostPart(LedgerAccount Credit, Micros Amount, TransferCode Code);

/// <summary>A request's row, written in the same transaction as the money it moves.</summary>
/// <param name="Id">Request id.</param>
/// <param name="Account">The requester's account id.</param>
/// <param name="IdempotencyKey">Unique per account when not empty; at most 128 characters.</param>
/// <param name="Model">Model id.</param>
/// <param name="Phase">Phase number of the request machine; <paramref name="Open"/> says whether it is terminal.</param>
/// <param name="Open">Not in a terminal state yet.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="Deadline">By when it must be terminal.</param>
/// <param name="State">The machine's state, serialised; opaque to the store.</param>
/// <param name="Version">1 for a new row, then one more at each write. The write succeeds only on version − 1.</param>
public sealed record RequestRow(
    Hash32 Id,
    string Account,
    string IdempotencyKey,
    string Model,
    int Phase,
    bool Open,
    DateTimeOffset CreatedAt,
    DateTimeOffset Deadline,
    byte[] State,
    long Version);

/// <summary>A slash in progress (P8.5), written in the same transaction as the money it freezes or moves.</summary>
/// <param name="Id">Slash id.</param>
/// <param name="Node">Address of the slashed node.</param>
/// <param name="Request">The request it arose from.</param>
/// <param name="Open">Not executed, returned or voided yet.</param>
/// <param name="DueAt">When the appeal window ends.</param>
/// <param name="State">The evidence bundle and the split, serialised; opaque to the store.</param>
/// <param name="Version">As in <see cref="RequestRow"/>.</param>
public sealed record SlashRow(Hash32 Id, string Node, Hash32 Request, bool Open, DateTimeOffset DueAt, byte[] State, long Version);

/// <summary>What became of a payout. Stored: append only.</summary>
public enum PayoutState : byte
{
    Requested = 0,
    Paid = 1,
    Returned = 2,
}

/// <summary>A node's request for its money, written in the same transaction as the money it moves.</summary>
/// <param name="Id">Payout id.</param>
/// <param name="Node">Address of the node.</param>
/// <param name="Amount">Above zero.</param>
/// <param name="Destination">Where to; at most 128 characters.</param>
/// <param name="State">What became of it.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="DecidedAt">When it was paid or returned.</param>
/// <param name="Reference">Of the payment outside, or why it was returned; at most 128 characters.</param>
/// <param name="Version">As in <see cref="RequestRow"/>.</param>
public sealed record PayoutRow(
    Hash32 Id, string Node, Micros Amount, string Destination, PayoutState State, DateTimeOffset RequestedAt, DateTimeOffset? DecidedAt,
    string Reference, long Version);

/// <summary>
/// Operations and rows that happen together or not at all, in one durable transaction. Operations run in order. An operation
/// that was done before (<see cref="LedgerStatus.AlreadyDone"/>) does not stop the others; any later status undoes everything.
/// </summary>
public sealed record LedgerCommand(
    IReadOnlyList<LedgerOperation> Operations, RequestRow? Request = null, IReadOnlyList<SlashRow>? Slashes = null,
    IReadOnlyList<PayoutRow>? Payouts = null)
{
    /// <summary>Operations in one command: a settlement pays at most a few dozen parties.</summary>
    public const int OperationsMax = 256;
}

/// <summary>What became of a command.</summary>
/// <param name="Status">Ok, AlreadyDone (everything was done before) or the first failure.</param>
/// <param name="FailedOperation">Index of the failing operation, −1 for a row or for success.</param>
/// <param name="ExistingRequest">With <see cref="LedgerStatus.IdempotencyKeyUsed"/>: the request that has the key.</param>
public readonly record struct LedgerResult(LedgerStatus Status, int FailedOperation = -1, Hash32? ExistingRequest = null)
{
    public bool Succeeded => Status is LedgerStatus.Ok or LedgerStatus.AlreadyDone;
}
