using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage;

/// <summary>
/// The part of the books that a batch of commands touches: commands run in memory, each undone alone when it fails, and what
/// changed is written in a few statements. Correct because the writer holds the ledger's lock meanwhile.
/// </summary>
internal sealed class LedgerWorkingSet : ILedgerView
{
    private readonly ILedgerSource? _source;
    private readonly UndoLog _undo = new();
    private readonly List<StoredMove> _moves = [];
    private long? _lastAccount;

    /// <param name="source">Where rows come from that were not added before; null when all were.</param>
    public LedgerWorkingSet(ILedgerSource? source)
    {
        _source = source;
        Accounts = new WorkingTable<LedgerAccount, StoredAccount>(_undo, key => source?.Account(key));
        Operations = new WorkingTable<Hash32, StoredOperation>(_undo, key => source?.Operation(key));
        Budgets = new WorkingTable<Hash32, KeyBudget>(_undo, key => source?.Budget(key));
        Requests = new WorkingTable<Hash32, RequestRow>(_undo, key => source?.Request(key));
        RequestOfKey = new WorkingTable<(string, string), KeyOwner>(_undo, key => source?.RequestOf(key.Item1, key.Item2));
        Slashes = new WorkingTable<Hash32, SlashRow>(_undo, key => source?.Slash(key));
        Payouts = new WorkingTable<Hash32, PayoutRow>(_undo, key => source?.Payout(key));
    }

    public WorkingTable<LedgerAccount, StoredAccount> Accounts { get; }

    public WorkingTable<Hash32, StoredOperation> Operations { get; }

    public WorkingTable<Hash32, KeyBudget> Budgets { get; }

    public WorkingTable<Hash32, RequestRow> Requests { get; }

    public WorkingTable<(string Account, string Key), KeyOwner> RequestOfKey { get; }

    public WorkingTable<Hash32, SlashRow> Slashes { get; }

    public WorkingTable<Hash32, PayoutRow> Payouts { get; }

    /// <summary>In ledger order.</summary>
    public IReadOnlyList<StoredMove> Moves => _moves;

    /// <summary>Highest number given so far.</summary>
    public long LastAccount
    {
        get => _lastAccount ??= _source?.LastAccount() ?? 0;
        set => _lastAccount = value;
    }

    /// <summary>Applies a well-formed command, or nothing of it when it is refused or throws.</summary>
    /// <exception cref="OverflowException">A balance would not fit.</exception>
    public LedgerResult Apply(LedgerCommand command, DateTimeOffset now)
    {
        try
        {
            var result = ApplyAll(command, now);
            if (result.Succeeded)
                _undo.Keep();
            return result;
        }
        finally
        {
            _undo.Undo();
        }
    }

    RecordedOperation? ILedgerView.Find(Hash32 operation) => Operations.Find(operation)?.Recorded;

    Micros ILedgerView.Balance(LedgerAccount account) => Accounts.Find(account)?.Balance ?? Micros.Zero;

    KeyBudget? ILedgerView.FindBudget(Hash32 key) => Budgets.Find(key);

    private LedgerResult ApplyAll(LedgerCommand command, DateTimeOffset now)
    {
        var anyNew = false;
        for (var i = 0; i < command.Operations.Count; i++)
        {
            var status = Apply(command.Operations[i], now);
            if (status is not (LedgerStatus.Ok or LedgerStatus.AlreadyDone))
                return new LedgerResult(status, i);
            anyNew |= status == LedgerStatus.Ok;
        }

        return ApplyRows(command, anyNew);
    }

    private LedgerStatus Apply(LedgerOperation operation, DateTimeOffset now)
    {
        var decision = LedgerRules.Decide(operation, this, now);
        if (decision.Status != LedgerStatus.Ok)
            return decision.Status;
        foreach (var move in decision.Moves)
            Apply(operation.Id, move, now);

        var recorded = decision.Recorded!;
        var before = Operations.Find(operation.Id);
        Operations.Put(
            operation.Id, before is null ? new StoredOperation(recorded, now) : before with { Recorded = recorded, ResolvedAt = now });
        if (decision.Budget is { } budget)
            Budgets.Put(((LedgerOperation.Hold)recorded.Operation).Budget, budget);
        return LedgerStatus.Ok;
    }

    private void Apply(Hash32 operation, LedgerMove move, DateTimeOffset now)
    {
        var debit = AddToBalance(move.Debit, -move.Amount);
        var credit = AddToBalance(move.Credit, move.Amount);
        _moves.Add(new StoredMove(operation, debit.Number, credit.Number, move.Amount, debit.Balance, credit.Balance, move.Code, now));
        _undo.Push(() => _moves.RemoveAt(_moves.Count - 1));
    }

    private StoredAccount AddToBalance(LedgerAccount account, Micros amount)
    {
        var before = Accounts.Find(account);
        if (before is null)
        {
            before = new StoredAccount(++LastAccount, Micros.Zero);
            _undo.Push(() => LastAccount--);
        }

        var after = before with { Balance = before.Balance + amount };
        Accounts.Put(account, after);
        return after;
    }

    private LedgerResult ApplyRows(LedgerCommand command, bool anyNew)
    {
        var slashes = command.Slashes ?? [];
        var payouts = command.Payouts ?? [];
        var decisions = new List<RowDecision>(1 + slashes.Count + payouts.Count);
        if (command.Request is { } request)
            decisions.Add(LedgerRules.Decide(request, Requests.Find(request.Id)));
        foreach (var slash in slashes)
            decisions.Add(LedgerRules.Decide(slash, Slashes.Find(slash.Id)));
        foreach (var payout in payouts)
            decisions.Add(LedgerRules.Decide(payout, Payouts.Find(payout.Id)));

        var status = LedgerRules.Decide(anyNew, decisions);
        if (status != LedgerStatus.Ok)
            return new LedgerResult(status);
        if (command.Request is { } row)
        {
            if (row.IdempotencyKey.Length > 0 && RequestOfKey.Find((row.Account, row.IdempotencyKey)) is { } owner && owner.Request != row.Id)
                return new LedgerResult(LedgerStatus.IdempotencyKeyUsed, ExistingRequest: owner.Request);
            Put(row);
        }

        foreach (var slash in slashes)
            Slashes.Put(slash.Id, slash);
        foreach (var payout in payouts)
            Payouts.Put(payout.Id, payout);
        return new LedgerResult(LedgerStatus.Ok);
    }

    private void Put(RequestRow row)
    {
        if (Requests.Find(row.Id) is { IdempotencyKey.Length: > 0 } before)
            RequestOfKey.PutUnwritten((before.Account, before.IdempotencyKey), null);
        Requests.Put(row.Id, row);
        if (row.IdempotencyKey.Length > 0)
            RequestOfKey.PutUnwritten((row.Account, row.IdempotencyKey), new KeyOwner(row.Id));
    }
}
