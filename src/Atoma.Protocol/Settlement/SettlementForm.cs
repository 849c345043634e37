using Atoma.Protocol.Common;
using static Atoma.Protocol.Ledger.StoredForm;

namespace Atoma.Protocol.Settlement;

/// <summary>What a caller must get right before settlement's records reach a store; what breaks it throws.</summary>
public static class SettlementForm
{
    /// <summary>Of a cursor's name.</summary>
    public const int NameLengthMax = 64;

    /// <exception cref="ArgumentException">The row is malformed.</exception>
    public static void Check(OutboxRow row)
    {
        Require(row.Key.Length > 0, "a transaction without key");
        CheckText(row.Key, OutboxLimits.KeyLengthMax);
        CheckText(row.Reason, OutboxLimits.ReasonLengthMax);
        Require(!row.Sender.IsZero && !row.Target.IsZero, "a transaction without sender or target");
        Require(row.Data.Length <= OutboxLimits.DataLengthMax, "a transaction's data too long");
        Require(row.GasLimit is > 0 and <= OutboxLimits.GasLimitMax, "gas limit out of range");
        Require(Enum.IsDefined(row.State), "unknown outbox state");
        Require(row.Nonce is null or >= 0 && row.SpentNonce is null or >= 0, "a nonce below zero");
        Require(row.Retries >= 0 && row.Version >= 1, "retries or version out of range");
        CheckState(row);
        Require(row.Attempts.Count <= OutboxLimits.AttemptsMax, "too many signed forms");
        foreach (var attempt in row.Attempts)
            Check(attempt);
    }

    /// <exception cref="ArgumentException">The row is malformed, or not as <see cref="OutboxRow.Plan"/> makes it.</exception>
    public static void CheckNew(OutboxRow row)
    {
        Check(row);
        Require(row is { State: OutboxState.Planned, Retries: 0, SpentNonce: null, Reason: "", Version: 1 }, "a new transaction is planned, at version 1");
    }

    /// <exception cref="ArgumentException">The move is malformed.</exception>
    public static void CheckMove(string name, ChainPoint? from, ChainPoint to)
    {
        Require(name.Length > 0, "a cursor without name");
        CheckText(name, NameLengthMax);
        Require(to.Number >= 0 && (from is null || from.Value.Number < to.Number), "a cursor only moves forward");
    }

    /// <exception cref="ArgumentException">The identity is malformed.</exception>
    public static void Check(ChainIdentity identity) =>
        Require(identity.Contracts.Count is > 0 and <= ChainIdentity.ContractsMax, "number of contracts out of range");

    /// <exception cref="ArgumentException">The voucher is malformed.</exception>
    public static void Check(RequesterVoucher voucher)
    {
        Require(!voucher.User.IsZero, "a voucher without user");
        Require(voucher.Cumulative > Micros.Zero, "a voucher of nothing");
        Require(voucher.Signature.Length == RequesterVoucher.SignatureSize, "a signature has 65 bytes");
    }

    /// <summary>A nonce and signed forms come and go together; a block is known once it is mined.</summary>
    private static void CheckState(OutboxRow row)
    {
        Require((row.Nonce is null) == (row.Attempts.Count == 0), "a nonce without signed form, or the reverse");
        Require(row.State != OutboxState.Planned || row.Nonce is null, "a planned transaction has no nonce");
        Require(row.State is not (OutboxState.Signed or OutboxState.Mined) || row.Nonce is not null, "a signed transaction has a nonce");
        Require(row.State != OutboxState.Mined || row.MinedIn is not null, "a mined transaction has a block");
        Require(row.MinedIn is null || row.State >= OutboxState.Mined, "an unmined transaction has no block");
    }

    private static void Check(SignedAttempt attempt)
    {
        Require(attempt.Raw.Length is > 0 and <= OutboxLimits.RawLengthMax, "a signed form's length out of range");
        Require(attempt.PriorityFeeWei >= 0 && attempt.MaxFeeWei >= attempt.PriorityFeeWei, "fees out of range");
        Require(attempt.SignedAtBlock >= 0, "a height below zero");
    }
}
