using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Storage.Postgres;

/// <summary>An account as it is stored: its number and balance.</summary>
internal readonly record struct StoredAccount(long Number, Micros Balance);

/// <summary>A line to be written to the entries.</summary>
internal readonly record struct NewEntry(
    Hash32 Operation, long Account, long Counterparty, Micros Amount, Micros BalanceAfter, TransferCode Code, DateTimeOffset At);

/// <summary>
/// The part of the books that a batch of commands touches, read before and written after it in a few statements: commands run in
/// memory between, each undone alone when it fails. Correct because the writer holds the ledger's lock meanwhile.
/// </summary>
internal sealed class LedgerWorkingSet
{
    private readonly Stack<Action> _undo = new();

    public Dictionary<LedgerAccount, StoredAccount> Accounts { get; } = [];

    public Dictionary<Hash32, RecordedOperation> Operations { get; } = [];

    public Dictionary<Hash32, RequestRow> Requests { get; } = [];

    public Dictionary<(string Account, string Key), Hash32> RequestOfKey { get; } = [];

    public Dictionary<Hash32, SlashRow> Slashes { get; } = [];

    /// <summary>Highest numbers given so far.</summary>
    public long LastAccount { get; set; }

    public HashSet<LedgerAccount> ChangedAccounts { get; } = [];

    /// <summary>New transfers and holds with the time they were made, in order.</summary>
    public List<(Hash32 Id, DateTimeOffset At)> NewOperations { get; } = [];

    /// <summary>When holds were posted or voided.</summary>
    public Dictionary<Hash32, DateTimeOffset> ResolvedHolds { get; } = [];

    public List<NewEntry> NewEntries { get; } = [];

    /// <summary>Rows written, each id once, in the order of its first write.</summary>
    public OrderedDictionary<Hash32, bool> ChangedRequests { get; } = [];

    public OrderedDictionary<Hash32, bool> ChangedSlashes { get; } = [];

    /// <summary>Applies a well-formed command, or nothing of it when it is refused or throws.</summary>
    /// <exception cref="OverflowException">A balance would not fit.</exception>
    public LedgerResult Apply(LedgerCommand command, DateTimeOffset now)
    {
        try
        {
            var result = ApplyAll(command, now);
            if (result.Succeeded)
                _undo.Clear();
            return result;
        }
        finally
        {
            while (_undo.TryPop(out var undo))
                undo();
        }
    }

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
        var recorded = Operations.GetValueOrDefault(operation.Id);
        var decision = LedgerRules.Decide(operation, recorded, account => Accounts.GetValueOrDefault(account).Balance);
        if (decision.Status != LedgerStatus.Ok)
            return decision.Status;
        foreach (var move in decision.Moves)
        {
            var debit = AddToBalance(move.Debit, -move.Amount);
            var credit = AddToBalance(move.Credit, move.Amount);
            Add(NewEntries, new NewEntry(operation.Id, debit.Number, credit.Number, -move.Amount, debit.Balance, move.Code, now));
            Add(NewEntries, new NewEntry(operation.Id, credit.Number, debit.Number, move.Amount, credit.Balance, move.Code, now));
        }

        switch (operation)
        {
            case LedgerOperation.Post post:
                Set(Operations, post.Id, recorded! with { State = HoldState.Posted, Parts = LedgerRules.DigestOf(post.Parts) });
                Set(ResolvedHolds, post.Id, now);
                break;
            case LedgerOperation.Void:
                Set(Operations, operation.Id, recorded! with { State = HoldState.Voided });
                Set(ResolvedHolds, operation.Id, now);
                break;
            default:
                Set(Operations, operation.Id, new RecordedOperation(operation));
                Add(NewOperations, (operation.Id, now));
                break;
        }

        return LedgerStatus.Ok;
    }

    private StoredAccount AddToBalance(LedgerAccount account, Micros amount)
    {
        if (!Accounts.TryGetValue(account, out var before))
        {
            before = new StoredAccount(++LastAccount, Micros.Zero);
            _undo.Push(() => LastAccount--);
        }

        var after = before with { Balance = before.Balance + amount };
        Set(Accounts, account, after);
        ChangedAccounts.Add(account);
        return after;
    }

    private LedgerResult ApplyRows(LedgerCommand command, bool anyNew)
    {
        var slashes = command.Slashes ?? [];
        var decisions = new List<RowDecision>(1 + slashes.Count);
        if (command.Request is { } request)
            decisions.Add(LedgerRules.Decide(request, Requests.GetValueOrDefault(request.Id)));
        foreach (var slash in slashes)
            decisions.Add(LedgerRules.Decide(slash, Slashes.GetValueOrDefault(slash.Id)));

        var status = LedgerRules.Decide(anyNew, decisions);
        if (status != LedgerStatus.Ok)
            return new LedgerResult(status);
        if (command.Request is { } row)
        {
            if (row.IdempotencyKey.Length > 0 && RequestOfKey.TryGetValue((row.Account, row.IdempotencyKey), out var rival) && rival != row.Id)
                return new LedgerResult(LedgerStatus.IdempotencyKeyUsed, ExistingRequest: rival);
            PutRequest(row);
        }

        foreach (var slash in slashes)
        {
            Set(Slashes, slash.Id, slash);
            SetFirst(ChangedSlashes, slash.Id);
        }

        return new LedgerResult(LedgerStatus.Ok);
    }

    private void PutRequest(RequestRow row)
    {
        if (Requests.TryGetValue(row.Id, out var before))
        {
            var key = (before.Account, before.IdempotencyKey);
            if (RequestOfKey.Remove(key, out var owner))
                _undo.Push(() => RequestOfKey[key] = owner);
        }

        Set(Requests, row.Id, row);
        SetFirst(ChangedRequests, row.Id);
        if (row.IdempotencyKey.Length > 0)
            Set(RequestOfKey, (row.Account, row.IdempotencyKey), row.Id);
    }

    private void Set<TKey, TValue>(Dictionary<TKey, TValue> values, TKey key, TValue value)
        where TKey : notnull
    {
        var had = values.TryGetValue(key, out var before);
        _undo.Push(() =>
        {
            if (had)
                values[key] = before!;
            else
                values.Remove(key);
        });
        values[key] = value;
    }

    private void SetFirst(OrderedDictionary<Hash32, bool> changed, Hash32 id)
    {
        if (changed.TryAdd(id, true))
            _undo.Push(() => changed.Remove(id));
    }

    private void Add<T>(List<T> list, T item)
    {
        list.Add(item);
        _undo.Push(() => list.RemoveAt(list.Count - 1));
    }
}
