using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>What became of a hold. Stored: append only.</summary>
public enum HoldState : byte
{
    Open = 0,
    Posted = 1,
    Voided = 2,
}

/// <summary>An operation as the books know it.</summary>
/// <param name="Operation">A <see cref="LedgerOperation.Transfer"/> or a <see cref="LedgerOperation.Hold"/>.</param>
/// <param name="State">Of a hold; <see cref="HoldState.Open"/> for a transfer.</param>
/// <param name="Parts">Of a posted hold: <see cref="LedgerRules.DigestOf"/> its parts.</param>
public sealed record RecordedOperation(LedgerOperation Operation, HoldState State = HoldState.Open, Hash32 Parts = default);

/// <summary>One double entry: money leaves one account and arrives at another.</summary>
public readonly record struct LedgerMove(LedgerAccount Debit, LedgerAccount Credit, Micros Amount, TransferCode Code);

/// <summary>What an operation comes to.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Moves">With <see cref="LedgerStatus.Ok"/> the money it moves, in order; else empty.</param>
public readonly record struct LedgerDecision(LedgerStatus Status, IReadOnlyList<LedgerMove> Moves);

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

/// <summary>
/// P11 as a pure machine: which status an operation gets and which entries it makes. Every store decides by these rules, inside
/// its transaction, and keeps the outcome.
/// </summary>
public static class LedgerRules
{
    /// <param name="operation">A well-formed operation (<see cref="LedgerCommandForm"/>).</param>
    /// <param name="recorded">What the books have under its id.</param>
    /// <param name="balance">Current balance of an account.</param>
    public static LedgerDecision Decide(
        LedgerOperation operation, RecordedOperation? recorded, Func<LedgerAccount, Micros> balance) => operation switch
        {
            LedgerOperation.Transfer transfer => DecideTransfer(transfer, recorded, balance),
            LedgerOperation.Hold hold => DecideHold(hold, recorded, balance),
            LedgerOperation.Post post => DecidePost(post, recorded),
            LedgerOperation.Void => DecideVoid(recorded),
            _ => throw new InvariantException($"Unknown ledger operation {operation.GetType().Name}."),
        };

    private static LedgerDecision DecideTransfer(
        LedgerOperation.Transfer transfer, RecordedOperation? recorded, Func<LedgerAccount, Micros> balance)
    {
        if (recorded is not null)
            return Refuse(recorded.Operation == transfer ? LedgerStatus.AlreadyDone : LedgerStatus.IdReused);
        return Move(new LedgerMove(transfer.Debit, transfer.Credit, transfer.Amount, transfer.Code), balance);
    }

    private static LedgerDecision DecideHold(
        LedgerOperation.Hold hold, RecordedOperation? recorded, Func<LedgerAccount, Micros> balance)
    {
        if (recorded is not null)
            return Refuse(recorded.Operation == hold ? LedgerStatus.AlreadyDone : LedgerStatus.IdReused);
        return Move(new LedgerMove(hold.Payer, LedgerAccount.Escrow, hold.Amount, TransferCode.Hold), balance);
    }

    private static LedgerDecision Move(LedgerMove move, Func<LedgerAccount, Micros> balance)
    {
        if (!move.Amount.IsPositive)
            return Refuse(LedgerStatus.AmountNotPositive);
        if (move.Debit == move.Credit)
            return Refuse(LedgerStatus.SameAccount);
        if (move.Debit.Kind != AccountKind.External && balance(move.Debit) < move.Amount)
            return Refuse(LedgerStatus.InsufficientFunds);
        return new LedgerDecision(LedgerStatus.Ok, [move]);
    }

    private static LedgerDecision DecidePost(LedgerOperation.Post post, RecordedOperation? recorded)
    {
        if (recorded?.Operation is LedgerOperation.Transfer)
            return Refuse(LedgerStatus.IdReused);
        if (recorded is { State: HoldState.Posted } && recorded.Parts == DigestOf(post.Parts))
            return Refuse(LedgerStatus.AlreadyDone);
        if (post.Parts.Any(part => !part.Amount.IsPositive))
            return Refuse(LedgerStatus.AmountNotPositive);
        if (post.Parts.Any(part => part.Credit == LedgerAccount.Escrow))
            return Refuse(LedgerStatus.SameAccount);
        if (recorded?.Operation is not LedgerOperation.Hold hold)
            return Refuse(LedgerStatus.HoldNotFound);
        if (recorded.State == HoldState.Posted)
            return Refuse(LedgerStatus.HoldPosted);
        if (recorded.State == HoldState.Voided)
            return Refuse(LedgerStatus.HoldVoided);

        Int128 paid = 0;
        foreach (var part in post.Parts)
            paid += part.Amount.Value;
        if (paid > hold.Amount.Value)
            return Refuse(LedgerStatus.ExceedsHold);

        var moves = new List<LedgerMove>(post.Parts.Count + 1);
        foreach (var part in post.Parts)
            moves.Add(new LedgerMove(LedgerAccount.Escrow, part.Credit, part.Amount, part.Code));
        var rest = hold.Amount - new Micros((long)paid);
        if (rest.IsPositive)
            moves.Add(Release(hold, rest));
        return new LedgerDecision(LedgerStatus.Ok, moves);
    }

    private static LedgerDecision DecideVoid(RecordedOperation? recorded)
    {
        if (recorded?.Operation is LedgerOperation.Transfer)
            return Refuse(LedgerStatus.IdReused);
        if (recorded is { State: HoldState.Voided })
            return Refuse(LedgerStatus.AlreadyDone);
        if (recorded?.Operation is not LedgerOperation.Hold hold)
            return Refuse(LedgerStatus.HoldNotFound);
        if (recorded.State == HoldState.Posted)
            return Refuse(LedgerStatus.HoldPosted);
        return new LedgerDecision(LedgerStatus.Ok, [Release(hold, hold.Amount)]);
    }

    private static LedgerMove Release(LedgerOperation.Hold hold, Micros amount) =>
        new(LedgerAccount.Escrow, hold.Payer, amount, TransferCode.Release);

    private static LedgerDecision Refuse(LedgerStatus status) => new(status, []);

    /// <summary>
    /// Identifies the parts of a posted hold, in their order: SHA-256 of count, then kind, owner, amount and code of each.
    /// Stored; its bytes may never change.
    /// </summary>
    public static Hash32 DigestOf(IReadOnlyList<PostPart> parts)
    {
        var writer = new CanonicalWriter().Count(parts.Count);
        foreach (var part in parts)
            writer.Byte((byte)part.Credit.Kind).Text(part.Credit.Owner).Money(part.Amount).Byte((byte)part.Code);
        return writer.Sha256();
    }

    /// <param name="row">What is to be written.</param>
    /// <param name="stored">What is there under its id.</param>
    public static RowDecision Decide(RequestRow row, RequestRow? stored) =>
        Decide(row.Version, stored?.Version, stored is not null && SameContent(row, stored));

    /// <inheritdoc cref="Decide(RequestRow, RequestRow)"/>
    public static RowDecision Decide(SlashRow row, SlashRow? stored) =>
        Decide(row.Version, stored?.Version, stored is not null && SameContent(row, stored));

    private static RowDecision Decide(long version, long? storedVersion, bool same)
    {
        if ((storedVersion ?? 0) == version - 1)
            return RowDecision.Write;
        return same ? RowDecision.AlreadyThere : RowDecision.Conflict;
    }

    /// <summary>
    /// Status of a whole command whose operations went through. A repeated command finds every part done before; one that finds
    /// its row written but some operation new is another command racing for the same version.
    /// </summary>
    public static LedgerStatus Decide(bool anyOperationIsNew, IReadOnlyList<RowDecision> rows)
    {
        if (rows.Contains(RowDecision.Conflict))
            return LedgerStatus.VersionConflict;
        var anythingIsNew = anyOperationIsNew || rows.Contains(RowDecision.Write);
        if (anythingIsNew && rows.Contains(RowDecision.AlreadyThere))
            return LedgerStatus.VersionConflict;
        return anythingIsNew ? LedgerStatus.Ok : LedgerStatus.AlreadyDone;
    }

    // Records compare arrays by reference, so the states are compared apart.
    private static bool SameContent(RequestRow a, RequestRow b) =>
        a with { State = b.State } == b && a.State.AsSpan().SequenceEqual(b.State);

    private static bool SameContent(SlashRow a, SlashRow b) =>
        a with { State = b.State } == b && a.State.AsSpan().SequenceEqual(b.State);
}
