using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;

namespace Atoma.Protocol.Requests;

/// <summary>The stored form of a request: while open the <see cref="RequestSpec"/>, once terminal the <see cref="SignedReceipt"/>.</summary>
public static class RequestRows
{
    private const byte SpecFormat = 0;
    private const byte ReceiptFormat = 1;

    public static RequestRow Open(RequestSpec spec) =>
        new(spec.Id, spec.Account, spec.IdempotencyKey, spec.Model.Id, (int)RequestPhase.Generating, Open: true, spec.CreatedAt, spec.Deadline,
            [SpecFormat, .. spec.ToBytes()], Version: 1);

    public static RequestRow Closed(SignedReceipt receipt)
    {
        var state = receipt.Receipt.State;
        Invariant.Assert(state.IsTerminal);
        return Open(state.Spec) with { Phase = (int)state.Phase, Open = false, State = [ReceiptFormat, .. receipt.ToBytes()], Version = 2 };
    }

    /// <summary>The receipt of a terminal request; null while it is open.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static SignedReceipt? Receipt(RequestRow row) =>
        row.State[0] == ReceiptFormat ? SignedReceipt.FromBytes(row.State.AsSpan(1)) : null;

    /// <summary>What was asked, open or terminal.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static RequestSpec Spec(RequestRow row) => Receipt(row)?.Receipt.State.Spec ?? RequestSpec.FromBytes(row.State.AsSpan(1));
}
