using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage;

/// <summary>An account as an audit reads it, in the same snapshot as the entries.</summary>
internal readonly record struct AuditedAccount(long Number, AccountKind Kind, Micros Balance);

/// <summary>
/// What the entries up to one of them come to, account by account. Entries are immutable, so an audit adds only those after it;
/// a recount starts a new one. Not safe for concurrent use.
/// </summary>
internal sealed class LedgerTally
{
    /// <summary>Reads the entries after <see cref="Sequence"/>, in their order.</summary>
    public const string EntriesAfter = "SELECT sequence, account, counterparty, amount, balance_after FROM entry WHERE sequence > ";

    private readonly Dictionary<long, AccountTally> _accounts = [];

    /// <summary>The first of two entries of a move, until the second comes.</summary>
    private (long Account, long Counterparty, Micros Amount)? _half;

    /// <summary>The last entry counted; 0 for none.</summary>
    public long Sequence { get; private set; }

    /// <summary>Counts the next entry. It must tell the balance that it leaves, and every second one mirror the one before.</summary>
    public void Add(long sequence, long account, long counterparty, Micros amount, Micros balanceAfter)
    {
        Invariant.Assert(sequence > Sequence);
        Sequence = sequence;
        var tally = Of(account);
        tally.Total += amount.Value;
        if (amount.IsPositive)
            tally.Credits += amount.Value;
        tally.IsBroken |= tally.Total != balanceAfter.Value;

        if (_half is not { } half)
        {
            _half = (account, counterparty, amount);
            return;
        }

        _half = null;
        if (half == (counterparty, account, -amount))
            return;
        tally.IsBroken = true;
        Of(half.Account).IsBroken = true;
    }

    /// <summary>P11: the entries against the balances and the open holds of the same snapshot.</summary>
    /// <exception cref="OverflowException">A sum does not fit, which no sound ledger reaches.</exception>
    public Conservation Compare(IEnumerable<AuditedAccount> accounts, Micros holds)
    {
        Micros deposits = default, withdrawals = default, burned = default, inside = default, escrow = default;
        var mismatched = 0;
        var known = 0;
        if (_half is { } half)
            Of(half.Account).IsBroken = true;
        foreach (var account in accounts)
        {
            var tally = _accounts.GetValueOrDefault(account.Number);
            known += tally is null ? 0 : 1;
            if ((tally?.Total ?? 0) != account.Balance.Value || tally?.IsBroken == true)
                mismatched++;
            if (account.Kind == AccountKind.External)
                (deposits, withdrawals) = tally is null ? default : (Fit(tally.Credits - tally.Total), Fit(tally.Credits));
            else if (account.Kind == AccountKind.Burn)
                burned = account.Balance;
            else
                inside += account.Balance;
            if (account.Kind == AccountKind.Escrow)
                escrow = account.Balance;
        }

        // Entries of accounts that are gone.
        mismatched += _accounts.Count - known;
        return new Conservation(deposits, withdrawals, burned, inside, holds, escrow, mismatched);
    }

    private AccountTally Of(long account)
    {
        if (!_accounts.TryGetValue(account, out var tally))
            _accounts.Add(account, tally = new AccountTally());
        return tally;
    }

    private static Micros Fit(Int128 value) => new(checked((long)value));

    private sealed class AccountTally
    {
        public Int128 Total;
        public Int128 Credits;
        public bool IsBroken;
    }
}
