using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>What became of a hold. Stored: append only.</summary>
public enum HoldState : byte
{
    Open = 0,
    Posted = 1,
    Voided = 2,
    Expired = 3,
}

/// <summary>An operation as the books know it.</summary>
/// <param name="Operation">A <see cref="LedgerOperation.Transfer"/> or a <see cref="LedgerOperation.Hold"/>.</param>
/// <param name="State">Of a hold; <see cref="HoldState.Open"/> for a transfer.</param>
/// <param name="Parts">Of a posted hold: <see cref="LedgerRules.DigestOf"/> its parts.</param>
/// <param name="ChargedWindow">Of a hold that was charged to a budget: start of the window that bears it.</param>
public sealed record RecordedOperation(
    LedgerOperation Operation, HoldState State = HoldState.Open, Hash32 Parts = default, DateTimeOffset? ChargedWindow = null);

/// <summary>One double entry: money leaves one account and arrives at another.</summary>
public readonly record struct LedgerMove(LedgerAccount Debit, LedgerAccount Credit, Micros Amount, TransferCode Code);

/// <summary>What an operation comes to.</summary>
/// <param name="Status">Its status; with any but <see cref="LedgerStatus.Ok"/> nothing else is set.</param>
/// <param name="Moves">The money it moves, in order.</param>
/// <param name="Recorded">What the books have under the operation's id from now on.</param>
/// <param name="Budget">The budget of the hold's key from now on; null when it stays as it is.</param>
public readonly record struct LedgerDecision(
    LedgerStatus Status, IReadOnlyList<LedgerMove> Moves, RecordedOperation? Recorded = null, KeyBudget? Budget = null);

/// <summary>The books as <see cref="LedgerRules"/> see them while they decide.</summary>
public interface ILedgerView
{
    /// <summary>What the books have under an operation's id.</summary>
    RecordedOperation? Find(Hash32 operation);

    Micros Balance(LedgerAccount account);

    /// <summary>The budget of a key; null for none.</summary>
    KeyBudget? FindBudget(Hash32 key);
}

/// <summary>What writing a row comes to.</summary>
public enum RowDecision
{
    /// <summary>The stored version is the one before.</summary>
    Write,

    /// <summary>Exactly this row, at this version, is stored already.</summary>
    AlreadyThere,

    /// <summary>Another version is stored, or other content.</summary>
    Conflict,
}
