using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>
/// P11 as a pure machine: which status an operation gets and which entries it makes. Every store decides by these rules, inside
/// its transaction, and keeps the outcome.
/// </summary>
public static class LedgerRules
{
    /// <param name="operation">A well-formed operation (<see cref="LedgerCommandForm"/>).</param>
    /// <param name="books">The books before it.</param>
    /// <param name="now">The time.</param>
    public static LedgerDecision Decide(LedgerOperation operation, ILedgerView books, DateTimeOffset now)
    {
        var recorded = books.Find(operation.Id);
        return operation switch
        {
            LedgerOperation.Transfer transfer => DecideTransfer(transfer, recorded, books),
            LedgerOperation.Hold hold => DecideHold(hold, recorded, books, now),
            LedgerOperation.Post post => DecidePost(post, recorded, books),
            LedgerOperation.Void => DecideReturn(HoldState.Voided, recorded, books, now),
            LedgerOperation.Expire => DecideReturn(HoldState.Expired, recorded, books, now),
            _ => throw new InvariantException($"Unknown ledger operation {operation.GetType().Name}."),
        };
    }

    private static LedgerDecision DecideTransfer(LedgerOperation.Transfer transfer, RecordedOperation? recorded, ILedgerView books)
    {
        if (recorded is not null)
            return Refuse(recorded.Operation == transfer ? LedgerStatus.AlreadyDone : LedgerStatus.IdReused);
        var move = new LedgerMove(transfer.Debit, transfer.Credit, transfer.Amount, transfer.Code);
        var status = Check(move, books);
        return status == LedgerStatus.Ok ? new LedgerDecision(status, [move], new RecordedOperation(transfer)) : Refuse(status);
    }

    private static LedgerDecision DecideHold(
        LedgerOperation.Hold hold, RecordedOperation? recorded, ILedgerView books, DateTimeOffset now)
    {
        if (recorded is not null)
            return Refuse(recorded.Operation == hold ? LedgerStatus.AlreadyDone : LedgerStatus.IdReused);
        var move = new LedgerMove(hold.Payer, LedgerAccount.Escrow, hold.Amount, TransferCode.Hold);
        var status = Check(move, books);
        if (status != LedgerStatus.Ok)
            return Refuse(status);
        if (hold.Budget == Hash32.Zero || books.FindBudget(hold.Budget) is not { } budget)
            return new LedgerDecision(LedgerStatus.Ok, [move], new RecordedOperation(hold));
        return budget.Charge(hold.Amount, now) is { } charged
            ? new LedgerDecision(LedgerStatus.Ok, [move], new RecordedOperation(hold, ChargedWindow: charged.WindowStart), charged)
            : Refuse(LedgerStatus.BudgetExceeded);
    }

    private static LedgerStatus Check(LedgerMove move, ILedgerView books)
    {
        if (!move.Amount.IsPositive)
            return LedgerStatus.AmountNotPositive;
        if (move.Debit == move.Credit)
            return LedgerStatus.SameAccount;
        if (move.Debit.Kind != AccountKind.External && books.Balance(move.Debit) < move.Amount)
            return LedgerStatus.InsufficientFunds;
        return LedgerStatus.Ok;
    }

    private static LedgerDecision DecidePost(LedgerOperation.Post post, RecordedOperation? recorded, ILedgerView books)
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
        if (recorded.State != HoldState.Open)
            return Refuse(Resolved(recorded.State));

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
        var after = recorded with { State = HoldState.Posted, Parts = DigestOf(post.Parts) };
        return new LedgerDecision(LedgerStatus.Ok, moves, after, GiveBack(recorded, rest, books));
    }

    /// <summary>A void, or an expiry: the whole hold returns.</summary>
    private static LedgerDecision DecideReturn(HoldState outcome, RecordedOperation? recorded, ILedgerView books, DateTimeOffset now)
    {
        if (recorded?.Operation is LedgerOperation.Transfer)
            return Refuse(LedgerStatus.IdReused);
        if (recorded?.Operation is not LedgerOperation.Hold hold)
            return Refuse(LedgerStatus.HoldNotFound);
        if (recorded.State == outcome)
            return Refuse(LedgerStatus.AlreadyDone);
        if (recorded.State != HoldState.Open)
            return Refuse(Resolved(recorded.State));
        if (outcome == HoldState.Expired && now < hold.ExpiresAt)
            return Refuse(LedgerStatus.HoldNotDue);
        return new LedgerDecision(
            LedgerStatus.Ok, [Release(hold, hold.Amount)], recorded with { State = outcome }, GiveBack(recorded, hold.Amount, books));
    }

    private static LedgerStatus Resolved(HoldState state) => state switch
    {
        HoldState.Posted => LedgerStatus.HoldPosted,
        HoldState.Voided => LedgerStatus.HoldVoided,
        HoldState.Expired => LedgerStatus.HoldExpired,
        _ => throw new InvariantException($"A hold in state {state} is not resolved."),
    };

    private static LedgerMove Release(LedgerOperation.Hold hold, Micros amount) =>
        new(LedgerAccount.Escrow, hold.Payer, amount, TransferCode.Release);

    private static KeyBudget? GiveBack(RecordedOperation recorded, Micros amount, ILedgerView books) =>
        amount.IsPositive && recorded is { ChargedWindow: { } window, Operation: LedgerOperation.Hold hold }
            ? books.FindBudget(hold.Budget)?.GiveBack(amount, window)
            : null;

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

    /// <inheritdoc cref="Decide(RequestRow, RequestRow)"/>
    public static RowDecision Decide(PayoutRow row, PayoutRow? stored) => Decide(row.Version, stored?.Version, row == stored);

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
