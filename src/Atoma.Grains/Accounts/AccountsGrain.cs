using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Settlement;
using Orleans.Concurrency;

namespace Atoma.Grains.Accounts;

/// <summary>Reads and changes accounts for the API; what changes something is written to the audit log before it is done.</summary>
[StatelessWorker]
internal sealed partial class AccountsGrain(ILedgerStore ledger, IAccountStore accounts, NetworkOptions options, ChainPort chain, TimeProvider time) : Grain, IAccountsGrain
{
    /// <summary>Rows of one answer.</summary>
    private const int RowsMax = 1_000;

    /// <summary>Open holds that are added up: an account has few more requests open at once.</summary>
    private const int HoldsMax = 10_000;

    public async Task<AccountInfo?> Describe(string account) =>
        await accounts.FindAccountAsync(account, default) is { } record ? await DescribeAsync(record) : null;

    public async Task<IReadOnlyList<AccountInfo>> List(string after, int limit)
    {
        var balances = await ledger.BalancesAsync(AccountKind.User, default);
        return [.. (await accounts.AccountsAsync(after, Clamp(limit), default)).Select(a => Info(a, balances.GetValueOrDefault(a.Id), Micros.Zero))];
    }

    public async Task<AccountStatus> Open(string actor, string account, string label)
    {
        if (await accounts.FindAccountAsync(account, default) is not null)
            return AccountStatus.Exists;
        await LogAsync(actor, "account.open", account, label);
        return await accounts.AddAccountAsync(new AccountRecord(account, label, time.GetUtcNow()), default) ? AccountStatus.Ok : AccountStatus.Exists;
    }

    public async Task<AccountStatus> Close(string actor, string account)
    {
        if (await accounts.FindAccountAsync(account, default) is not { } record)
            return AccountStatus.Unknown;
        if (record.ClosedAt is not null)
            return AccountStatus.AlreadyDone;
        await LogAsync(actor, "account.close", account, "");
        var now = time.GetUtcNow();
        await accounts.CloseAccountAsync(account, now, default);
        foreach (var key in await accounts.KeysAsync(account, KeysMax, default))
            await accounts.RevokeKeyAsync(key.KeyHash, now, default);
        return AccountStatus.Ok;
    }

    public async Task<CreditReply> Credit(string actor, string account, long micros, string reference)
    {
        if (await accounts.FindAccountAsync(account, default) is not { } record)
            return new CreditReply(AccountStatus.Unknown, 0, "");
        if (record.ClosedAt is not null)
            return new CreditReply(AccountStatus.Closed, 0, "");
        // Money that no deposit backs would be owed to nodes and never paid.
        if (chain.Chain is not null)
            return new CreditReply(AccountStatus.NotOffered, 0, "");
        await LogAsync(actor, "account.credit", account, $"{micros} micros, reference {reference}");
        return await DepositAsync(account, new Micros(micros), new CanonicalWriter().Text("atoma/credit/1").Text(account).Text(reference).Sha256());
    }

    public async Task<CreditReply> Draw(string account)
    {
        if (options.FaucetMicros == 0)
            return new CreditReply(AccountStatus.NotOffered, 0, "");
        var user = LedgerAccount.User(account);
        // The last entry names this filling: two at once are the same one.
        var last = await ledger.EntriesBeforeAsync(user, beforeSequence: null, limit: 1, default);
        var balance = last.Count > 0 ? last[0].BalanceAfter : Micros.Zero;
        var missing = new Micros(options.FaucetMicros) - balance - await HeldAsync(user);
        if (!missing.IsPositive)
            return new CreditReply(AccountStatus.AlreadyDone, balance.Value, "");
        var id = new CanonicalWriter().Text("atoma/faucet/2").Text(account).Int64(last.Count > 0 ? last[0].Sequence : 0).Sha256();
        return await DepositAsync(account, missing, id);
    }

    public async Task<IReadOnlyList<StatementLine>> Statement(string account, long before, int limit) =>
        [.. (await ledger.EntriesBeforeAsync(LedgerAccount.User(account), before > 0 ? before : null, Clamp(limit), default)).Select(MoneyView.Line)];

    public async Task<IReadOnlyList<HoldInfo>> Holds(string account, int limit) =>
        [.. (await ledger.OpenHoldsAsync(LedgerAccount.User(account), Clamp(limit), default))
            .Select(h => new HoldInfo(h.Id.ToString(), h.Amount.Value, h.CreatedAt, h.ExpiresAt))];

    public async Task<RequestMoney?> Money(string request)
    {
        if (!Hash32.TryParse(request, out var id) || await ledger.FindRequestAsync(id, default) is not { } row)
            return null;
        var compensations = RequestRows.Receipt(row) is { } receipt ? Settlement.CompensationIds(receipt.Receipt.State) : [];
        return MoneyView.Of(row, await ledger.EntriesOfAsync([id], default), await ledger.EntriesOfAsync(compensations, default));
    }

    public async Task<IReadOnlyList<AuditLine>> AuditLog(long before, int limit) =>
        [.. (await accounts.AuditLogAsync(before > 0 ? before : null, Clamp(limit), default)).Select(l => new AuditLine(l.Sequence, l.At, l.Actor, l.Action, l.Subject, l.Detail))];

    private async Task<CreditReply> DepositAsync(string account, Micros amount, Hash32 id)
    {
        var user = LedgerAccount.User(account);
        var result = await ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Transfer(id, LedgerAccount.External, user, amount, TransferCode.Deposit)]), default);
        var status = result.Status switch
        {
            LedgerStatus.Ok => AccountStatus.Ok,
            LedgerStatus.AlreadyDone => AccountStatus.AlreadyDone,
            LedgerStatus.IdReused => AccountStatus.Conflict,
            _ => throw new InvariantException($"A deposit gave {result.Status}."),
        };
        return new CreditReply(status, (await ledger.BalanceAsync(user, default)).Value, id.ToString());
    }

    private async Task<AccountInfo> DescribeAsync(AccountRecord record)
    {
        var user = LedgerAccount.User(record.Id);
        return Info(record, await ledger.BalanceAsync(user, default), await HeldAsync(user));
    }

    private async Task<Micros> HeldAsync(LedgerAccount user) =>
        (await ledger.OpenHoldsAsync(user, HoldsMax, default)).Aggregate(Micros.Zero, static (sum, h) => sum + h.Amount);

    private static AccountInfo Info(AccountRecord record, Micros balance, Micros held) => new(record.Id, balance.Value)
    {
        Label = record.Label, CreatedAt = record.CreatedAt, ClosedAt = record.ClosedAt, HeldMicros = held.Value,
    };

    private Task LogAsync(string actor, string action, string subject, string detail) =>
        accounts.AppendAuditLogAsync(new AuditLogRecord(0, time.GetUtcNow(), actor, action, subject, detail), default);

    private static int Clamp(int limit) => Math.Clamp(limit, 1, RowsMax);
}
