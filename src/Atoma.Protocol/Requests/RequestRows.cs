using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;

namespace Atoma.Protocol.Requests;

/// <summary>
/// The stored form of a request: its <see cref="RequesterNote"/>, then while it is open the <see cref="RequestSpec"/>, once it is
/// terminal the <see cref="SignedReceipt"/>.
/// </summary>
public static class RequestRows
{
    private const byte SpecFormat = 0;
    private const byte ReceiptFormat = 1;

    public static RequestRow Open(RequestSpec spec) =>
        new(spec.Id, spec.Account, spec.IdempotencyKey, spec.Model.Id, (int)RequestPhase.Generating, Open: true, spec.CreatedAt, spec.Deadline,
            State(SpecFormat, spec.Note, spec.ToBytes()), Version: 1);

    public static RequestRow Closed(SignedReceipt receipt)
    {
        var state = receipt.Receipt.State;
        Invariant.Assert(state.IsTerminal);
        return Open(state.Spec) with
        {
            Phase = (int)state.Phase, Open = false, State = State(ReceiptFormat, state.Spec.Note, receipt.ToBytes()), Version = 2,
        };
    }

    /// <summary>The receipt of a terminal request; null while it is open.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static SignedReceipt? Receipt(RequestRow row)
    {
        if (row.State[0] != ReceiptFormat)
            return null;
        var note = Note(row, out var rest);
        var signed = SignedReceipt.FromBytes(rest);
        var state = signed.Receipt.State;
        return signed with { Receipt = signed.Receipt with { State = state with { Spec = state.Spec with { Note = note } } } };
    }

    /// <summary>What was asked, open or terminal.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static RequestSpec Spec(RequestRow row)
    {
        if (Receipt(row) is { } receipt)
            return receipt.Receipt.State.Spec;
        var note = Note(row, out var rest);
        return RequestSpec.FromBytes(rest) with { Note = note };
    }

    /// <summary>What the requester's side keeps with it, without reading the rest.</summary>
    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static RequesterNote Note(RequestRow row) => Note(row, out _);

    private static RequesterNote Note(RequestRow row, out ReadOnlySpan<byte> rest)
    {
        var reader = new CanonicalReader(row.State.AsSpan(1));
        var note = RequesterNote.Read(ref reader);
        rest = row.State.AsSpan(row.State.Length - reader.Remaining);
        return note;
    }

    private static byte[] State(byte format, RequesterNote note, byte[] rest)
    {
        var writer = new CanonicalWriter().Byte(format);
        note.Write(writer);
        return [.. writer.ToArray(), .. rest];
    }
}
