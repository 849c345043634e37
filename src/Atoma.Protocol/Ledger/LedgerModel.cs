using System.Collections.Immutable;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;

namespace Atoma.Protocol.Ledger;

/// <summary>
/// The books in memory, slow and obviously right: what a store must be equal to. The simulator and the stores' tests run on it.
/// A command works on immutable collections, which replace the current ones only when it succeeds. Not safe for concurrent use.
/// </summary>
public sealed class LedgerModel
{
    private sealed record Books(
        ImmutableSortedDictionary<string, (LedgerAccount Account, Micros Balance)> Balances,
        ImmutableDictionary<Hash32, RecordedOperation> Operations,
        ImmutableDictionary<Hash32, KeyBudget> Budgets,
        ImmutableList<LedgerEntry> Entries,
        ImmutableList<RequestRow> Requests,
        ImmutableList<SlashRow> Slashes,
        ImmutableList<PayoutRow> Payouts) : ILedgerView
    {
        public RecordedOperation? Find(Hash32 operation) => Operations.GetValueOrDefault(operation);

        public Micros Balance(LedgerAccount account) =>
            Balances.TryGetValue(account.ToString(), out var found) ? found.Balance : Micros.Zero;

        public KeyBudget? FindBudget(Hash32 key) => Budgets.GetValueOrDefault(key);
    }

    private Books _books = new(
        ImmutableSortedDictionary.Create<string, (LedgerAccount, Micros)>(StringComparer.Ordinal),
        ImmutableDictionary<Hash32, RecordedOperation>.Empty, ImmutableDictionary<Hash32, KeyBudget>.Empty, [], [], [], []);

    /// <summary>All entries in ledger order.</summary>
    public IReadOnlyList<LedgerEntry> Entries => _books.Entries;

    /// <summary>Request rows in the order of their first write.</summary>
    public IReadOnlyList<RequestRow> Requests => _books.Requests;

    /// <summary>Slash rows in the order of their first write.</summary>
    public IReadOnlyList<SlashRow> Slashes => _books.Slashes;

    /// <summary>Payouts in the order of their first write.</summary>
    public IReadOnlyList<PayoutRow> Payouts => _books.Payouts;

    /// <summary>Every account that ever had an entry.</summary>
    public IEnumerable<(LedgerAccount Account, Micros Balance)> Balances => _books.Balances.Values;

    /// <summary>The books as they are now; costs nothing, and what is done to one is not seen by the other.</summary>
    public LedgerModel Copy() => new() { _books = _books };

    public Micros Balance(LedgerAccount account) => _books.Balance(account);

    public RecordedOperation? Find(Hash32 operation) => _books.Find(operation);

    public KeyBudget? FindBudget(Hash32 key) => _books.FindBudget(key);

    /// <summary>Gives a key a budget, changes its terms, or with null takes it away.</summary>
    public void SetBudget(Hash32 key, Micros? limit, BudgetPeriod period, DateTimeOffset now) => _books = _books with
    {
        Budgets = limit is { } most
            ? _books.Budgets.SetItem(key, FindBudget(key)?.WithTerms(most, period, now) ?? KeyBudget.New(most, period, now))
            : _books.Budgets.Remove(key),
    };

    /// <summary>All transfers and holds with what became of them, in no order.</summary>
    public IEnumerable<RecordedOperation> Operations => _books.Operations.Values;

    /// <summary>Holds that nobody has ended, in no order.</summary>
    public IEnumerable<LedgerOperation.Hold> OpenHolds =>
        _books.Operations.Values.Where(recorded => recorded.State == HoldState.Open).Select(recorded => recorded.Operation).OfType<LedgerOperation.Hold>();

    /// <exception cref="ArgumentException">The command is malformed.</exception>
    /// <exception cref="OverflowException">A balance would not fit. Nothing changed.</exception>
    public LedgerResult Commit(LedgerCommand command, DateTimeOffset now)
    {
        LedgerCommandForm.Check(command);
        var next = _books;
        var anyNew = false;
        for (var i = 0; i < command.Operations.Count; i++)
        {
            var status = Apply(ref next, command.Operations[i], now);
            if (status is not (LedgerStatus.Ok or LedgerStatus.AlreadyDone))
                return new LedgerResult(status, i);
            anyNew |= status == LedgerStatus.Ok;
        }

        var result = ApplyRows(ref next, command, anyNew);
        if (result.Status == LedgerStatus.Ok)
            _books = next;
        return result;
    }

    private static LedgerStatus Apply(ref Books books, LedgerOperation operation, DateTimeOffset now)
    {
        var decision = LedgerRules.Decide(operation, books, now);
        if (decision.Status != LedgerStatus.Ok)
            return decision.Status;
        foreach (var move in decision.Moves)
        {
            books = AddEntry(books, operation.Id, move.Debit, move.Credit, -move.Amount, move.Code, now);
            books = AddEntry(books, operation.Id, move.Credit, move.Debit, move.Amount, move.Code, now);
        }

        books = books with { Operations = books.Operations.SetItem(operation.Id, decision.Recorded!) };
        if (decision.Budget is { } budget)
            books = books with { Budgets = books.Budgets.SetItem(((LedgerOperation.Hold)decision.Recorded!.Operation).Budget, budget) };
        return LedgerStatus.Ok;
    }

    private static Books AddEntry(
        Books books, Hash32 operation, LedgerAccount account, LedgerAccount counterparty, Micros amount, TransferCode code, DateTimeOffset now)
    {
        var balance = books.Balance(account) + amount;
        var entry = new LedgerEntry(books.Entries.Count + 1, operation, account, counterparty, amount, balance, code, now);
        return books with
        {
            Balances = books.Balances.SetItem(account.ToString(), (account, balance)),
            Entries = books.Entries.Add(entry),
        };
    }

    private static LedgerResult ApplyRows(ref Books books, LedgerCommand command, bool anyNew)
    {
        var requests = books.Requests;
        var slashes = books.Slashes;
        var payouts = books.Payouts;
        var decisions = new List<RowDecision>();
        if (command.Request is { } request)
            decisions.Add(LedgerRules.Decide(request, requests.Find(row => row.Id == request.Id)));
        foreach (var slash in command.Slashes ?? [])
            decisions.Add(LedgerRules.Decide(slash, slashes.Find(row => row.Id == slash.Id)));
        foreach (var payout in command.Payouts ?? [])
            decisions.Add(LedgerRules.Decide(payout, payouts.Find(row => row.Id == payout.Id)));

        var status = LedgerRules.Decide(anyNew, decisions);
        if (status != LedgerStatus.Ok)
            return new LedgerResult(status);

        if (command.Request is { } written)
        {
            var rival = written.IdempotencyKey.Length == 0
                ? null
                : requests.Find(row => row.Account == written.Account && row.IdempotencyKey == written.IdempotencyKey && row.Id != written.Id);
            if (rival is not null)
                return new LedgerResult(LedgerStatus.IdempotencyKeyUsed, ExistingRequest: rival.Id);
            requests = Put(requests, written, row => row.Id == written.Id);
        }

        foreach (var slash in command.Slashes ?? [])
            slashes = Put(slashes, slash, row => row.Id == slash.Id);
        foreach (var payout in command.Payouts ?? [])
            payouts = Put(payouts, payout, row => row.Id == payout.Id);
        books = books with { Requests = requests, Slashes = slashes, Payouts = payouts };
        return new LedgerResult(LedgerStatus.Ok);
    }

    private static ImmutableList<T> Put<T>(ImmutableList<T> rows, T row, Predicate<T> isSame)
    {
        var index = rows.FindIndex(isSame);
        return index < 0 ? rows.Add(row) : rows.SetItem(index, row);
    }

    public Conservation Audit()
    {
        Micros deposits = default, withdrawals = default;
        foreach (var entry in _books.Entries.Where(entry => entry.Account == LedgerAccount.External))
        {
            if (entry.Amount.IsPositive)
                withdrawals += entry.Amount;
            else
                deposits -= entry.Amount;
        }

        var holds = OpenHolds.Aggregate(Micros.Zero, (sum, hold) => sum + hold.Amount);
        var inside = Balances
            .Where(pair => pair.Account.Kind is not (AccountKind.External or AccountKind.Burn))
            .Aggregate(Micros.Zero, (sum, pair) => sum + pair.Balance);
        var mismatched = Balances.Count(pair => pair.Balance != _books.Entries
            .Where(entry => entry.Account == pair.Account)
            .Aggregate(Micros.Zero, (sum, entry) => sum + entry.Amount));
        return new Conservation(
            deposits, withdrawals, Balance(LedgerAccount.Burn), inside, holds, Balance(LedgerAccount.Escrow), mismatched);
    }
}
