using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;

namespace Atoma.Grains.Accounts;

/// <summary>Ledger entries as their owners see them.</summary>
internal static class MoneyView
{
    public static StatementLine Line(LedgerEntry entry) => new(
        entry.Sequence, entry.At, RequestView.Snake(entry.Code.ToString()), entry.Amount.Value, entry.BalanceAfter.Value, entry.Operation.ToString(),
        entry.Counterparty.ToString());

    /// <summary>Where one request's money is, from the ledger's own entries.</summary>
    /// <param name="row">The request.</param>
    /// <param name="entries">Of its hold.</param>
    /// <param name="compensations">Of what nodes paid its requester.</param>
    public static RequestMoney Of(RequestRow row, IReadOnlyList<LedgerEntry> entries, IReadOnlyList<LedgerEntry> compensations)
    {
        var escrow = entries.Where(e => e.Account == LedgerAccount.Escrow).ToArray();
        var payer = LedgerAccount.User(row.Account);
        LedgerEntry[] parts = [.. escrow.Where(e => e.Amount < Micros.Zero && e.Code != TransferCode.Release)];
        return new RequestMoney
        {
            Account = row.Account,
            Status = row.Open ? "open" : RequestView.Name((RequestPhase)row.Phase),
            CreatedAt = row.CreatedAt,
            Deadline = row.Deadline,
            HeldMicros = Sum(escrow.Where(e => e.Code == TransferCode.Hold)),
            WaitingMicros = Sum(escrow),
            PaidMicros = -Sum(parts),
            ReturnedMicros = -Sum(escrow.Where(e => e.Code == TransferCode.Release)),
            CompensationMicros = Sum(compensations.Where(e => e.Account == payer)),
            Parts = [.. parts.Select(e => new MoneyPart(e.Counterparty.ToString(), RequestView.Snake(e.Code.ToString()), -e.Amount.Value))],
        };
    }

    private static long Sum(IEnumerable<LedgerEntry> entries) => entries.Aggregate(Micros.Zero, static (sum, e) => sum + e.Amount).Value;
}
