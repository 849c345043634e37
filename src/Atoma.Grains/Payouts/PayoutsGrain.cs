using Atoma.Grains.Abstractions;
using Atoma.Grains.Accounts;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Payouts;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Settlement;
using Orleans.Concurrency;

namespace Atoma.Grains.Payouts;

/// <summary>Checks who asks, asks the rules, commits.</summary>
[StatelessWorker]
internal sealed class PayoutsGrain(ILedgerStore ledger, IAccountStore accounts, ISignatureScheme signatures, NetworkOptions options, ChainPort chain, TimeProvider time) : Grain, IPayoutsGrain
{
    private const int RowsMax = 1_000;

    public async Task<PayoutReply> Request(string node, long micros, string to, byte[] nonce, byte[] signature)
    {
        var (id, amount, once, destination) = (NodeId.Parse(node), new Micros(micros), new Hash32(nonce), NodeId.Parse(to));
        if (await RefusalAsync(id, SigningDomain.Payout(id, amount, destination, once), signature, staysNeeded: false) is { } refused)
            return refused;
        var result = await ledger.CommitAsync(PayoutRules.Request(id, amount, destination, once, Now), default);
        var payout = PayoutRules.IdOf(id, once);
        // Also of a repetition, whose first time may have stopped in between.
        if (options.DevelopmentPayouts && await ledger.FindPayoutAsync(payout, default) is { State: PayoutState.Requested } waiting)
            await ledger.CommitAsync(PayoutRules.Paid(waiting, "development network: no money left it", Now), default);
        // The row of a repetition bears another time, or has moved on: the transfer says that it is the same.
        var stored = await ledger.FindPayoutAsync(payout, default);
        var isSame = stored is not null && stored.Amount == amount && stored.Destination == destination.ToString();
        return await ReplyAsync(id, result.Status == LedgerStatus.VersionConflict && isSame ? LedgerStatus.AlreadyDone : result.Status, stored);
    }

    public async Task<PayoutReply> Bond(string node, long micros, byte[] nonce, byte[] signature)
    {
        var (id, amount, once) = (NodeId.Parse(node), new Micros(micros), new Hash32(nonce));
        if (await RefusalAsync(id, SigningDomain.Bond(id, amount, once), signature, staysNeeded: true) is { } refused)
            return refused;
        return await ReplyAsync(id, (await ledger.CommitAsync(PayoutRules.Bond(id, amount, once), default)).Status, payout: null);
    }

    public async Task<PayoutReply> Decide(string actor, string payout, bool paid, string reference)
    {
        if (!Hash32.TryParse(payout, out var id) || await ledger.FindPayoutAsync(id, default) is not { } row)
            return new PayoutReply(PayoutStatus.Unknown, "There is no such payout.", null, 0, 0);
        var node = NodeId.Parse(row.Node);
        var wanted = paid ? PayoutState.Paid : PayoutState.Returned;
        if (row.State != PayoutState.Requested)
            return await ReplyAsync(node, row.State == wanted ? LedgerStatus.AlreadyDone : LedgerStatus.VersionConflict, row);
        await accounts.AppendAuditLogAsync(new AuditLogRecord(0, time.GetUtcNow(), actor, paid ? "payout.paid" : "payout.return", payout, reference), default);
        var result = await ledger.CommitAsync(paid ? PayoutRules.Paid(row, reference, Now) : PayoutRules.Returned(row, reference, Now), default);
        return await ReplyAsync(node, result.Status, await ledger.FindPayoutAsync(id, default));
    }

    public async Task<IReadOnlyList<PayoutInfo>> List(string node, string state, int limit)
    {
        PayoutState? wanted = state.Length == 0 ? null : Enum.Parse<PayoutState>(state, ignoreCase: true);
        return [.. (await ledger.PayoutsAsync(node.Length == 0 ? null : node, wanted, Clamp(limit), default)).Select(Info)];
    }

    public async Task<IReadOnlyList<StatementLine>> Statement(string node, string account, long before, int limit)
    {
        var owner = new LedgerAccount(Enum.Parse<AccountKind>(account, ignoreCase: true), NodeId.Parse(node).ToString());
        return [.. (await ledger.EntriesBeforeAsync(owner, before > 0 ? before : null, Clamp(limit), default)).Select(MoneyView.Line)];
    }

    /// <summary>Whole milliseconds, as everything that is stored and shown.</summary>
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    private async Task<PayoutReply?> RefusalAsync(NodeId node, Hash32 digest, byte[] signature, bool staysNeeded)
    {
        if (await GrainFactory.GetGrain<INodeGrain>(Keys.Node(node)).Describe() is not { } info)
            return new PayoutReply(PayoutStatus.Unknown, "No node of this address ever joined.", null, 0, 0);
        if (signatures.Recover(digest, signature) != node)
            return new PayoutReply(PayoutStatus.WrongSignature, "It is not signed by the node's key.", null, 0, 0);
        if (chain.Chain is not null)
        {
            return new PayoutReply(
                PayoutStatus.Conflict, "This network settles on a chain: claim earnings there with 'chain claim', bond them with 'chain bond' (docs/settlement.md).",
                null, info.EarningsMicros, info.CollateralMicros);
        }

        return staysNeeded && info.State is ("unbonding" or "exited")
            ? new PayoutReply(PayoutStatus.Leaving, $"The node is {info.State}: what it bonds now would be of no use.", null, info.EarningsMicros, info.CollateralMicros)
            : null;
    }

    private async Task<PayoutReply> ReplyAsync(NodeId node, LedgerStatus status, PayoutRow? payout)
    {
        var earnings = await ledger.BalanceAsync(LedgerAccount.Earnings(node), default);
        var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(node), default);
        var (outcome, message) = status switch
        {
            LedgerStatus.Ok => (PayoutStatus.Ok, ""),
            LedgerStatus.AlreadyDone => (PayoutStatus.AlreadyDone, "It was done before; nothing changed."),
            LedgerStatus.InsufficientFunds => (PayoutStatus.InsufficientFunds, $"The node has earned {earnings} micros that were not taken out yet. Ask for no more than that."),
            LedgerStatus.IdReused => (PayoutStatus.Conflict, "This nonce was used for another amount or destination. Use a new one."),
            LedgerStatus.VersionConflict => (PayoutStatus.Conflict, $"It is {Name(payout!.State)} already."),
            _ => throw new InvariantException($"A payout gave {status}."),
        };
        return new PayoutReply(outcome, message, payout is null ? null : Info(payout), earnings.Value, collateral.Value);
    }

    private static PayoutInfo Info(PayoutRow row) =>
        new(row.Id.ToString(), row.Node, row.Amount.Value, row.Destination, Name(row.State), row.RequestedAt, row.DecidedAt, row.Reference);

    private static string Name(PayoutState state) => RequestView.Snake(state.ToString());

    private static int Clamp(int limit) => Math.Clamp(limit, 1, RowsMax);
}
