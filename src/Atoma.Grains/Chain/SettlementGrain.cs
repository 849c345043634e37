using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Settlement;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Chain;

/// <summary>
/// Books what the chain did, and sends what the books want done there (P10). One activation works at a time; should there be two,
/// the ledger's ids, the outbox's keys and the version of this state keep every step from being done twice.
/// </summary>
internal sealed partial class SettlementGrain(
    [PersistentState("settlement")] IPersistentState<SettlementRecord> record,
    ILedgerStore ledger,
    IAccountStore accounts,
    IVoucherStore vouchers,
    ChainPort port,
    NetworkOptions options,
    TimeProvider time,
    ILogger<SettlementGrain> log) : Grain, ISettlementGrain
{
    private readonly HashSet<NodeId> _requesters = [];
    private readonly HashSet<NodeId> _nodes = [];
    private bool _everyone = true;
    private bool _closeNow;
    private string _problem = "";

    private ISettlementChain Chain => port.Chain!;

    public async Task Advance()
    {
        if (port.Chain is null)
            return;
        try
        {
            await Chain.AdvanceAsync(BookAsync, default);
            await AlignAsync();
            await FollowSlashesAsync();
            await FollowContractsAsync();
            await CloseAsync();
            await Chain.SendAsync(default);
            _problem = "";
        }
        catch (Exception e) when (e is not InvariantException)
        {
            if (_problem != e.Message)
                log.SettlementStopped(e.Message);
            _problem = e.Message;
            throw;
        }
    }

    public Task CloseEpoch()
    {
        _closeNow = true;
        return Task.CompletedTask;
    }

    public Task VoucherArrived(string user)
    {
        _requesters.Add(NodeId.Parse(user));
        return Task.CompletedTask;
    }

    public Task<InFlightInfo> InFlight() => Task.FromResult(
        new InFlightInfo(record.State.Slashes.Count + record.State.Contracts.Count, record.State.Contracts.Values.Sum(c => c.MaxFeeMicros)));

    public Task<string> Problem() => Task.FromResult(_problem);

    public async Task<ClaimProof?> Claim(string payee)
    {
        var now = port.Chain is null ? default : (await Chain.InfoAsync(default)).Time;
        ClaimProof? newest = null;
        foreach (var plan in record.State.Plans.Where(p => p.IsFinal && p.Cumulative.ContainsKey(payee)).Reverse().ToArray())
        {
            // A root that is not claimable yet has more; the one that is pays now.
            if (await Chain.ClaimableAtAsync(plan.Epoch, default) is not { } at)
                continue;
            var proof = Proof(plan, payee, at);
            if (at <= now)
                return proof;
            newest ??= proof;
        }

        return newest;
    }

    private static ClaimProof Proof(PayoutPlanRecord plan, string payee, DateTimeOffset claimableAt)
    {
        var tree = Tree(plan);
        var index = plan.Cumulative.Keys.TakeWhile(k => k != payee).Count();
        return new ClaimProof(plan.Epoch, payee, plan.Cumulative[payee], [.. tree.Proof(index).Select(h => h.ToArray())], tree.Root.ToString(), claimableAt);
    }

    private static PayoutTree Tree(PayoutPlanRecord plan) =>
        new([.. plan.Cumulative.Select(p => new PayoutLeaf(NodeId.Parse(p.Key), new Micros(p.Value)))]);

    /// <summary>Brings the accounts of those in line of whom something changed: vouchers, exits, unbonding.</summary>
    private async Task AlignAsync()
    {
        if (_everyone)
        {
            // After a start nobody knows what was missed.
            foreach (var address in (await ledger.BalancesAsync(AccountKind.Reserve, default)).Keys)
                _requesters.Add(NodeId.Parse(address));
            foreach (var address in (await ledger.BalancesAsync(AccountKind.Collateral, default)).Keys)
                _nodes.Add(NodeId.Parse(address));
            _everyone = false;
        }

        foreach (var user in _requesters.ToArray())
        {
            if (await AlignAsync(user))
                _requesters.Remove(user);
        }

        foreach (var node in _nodes.ToArray())
        {
            var position = await Chain.NodeAsync(node, default);
            await GrainFactory.GetGrain<INodeGrain>(Keys.Node(node)).SetUnbonding(position.Unbonding.Value);
            _nodes.Remove(node);
        }
    }

    /// <returns>False where an exit still waits for money that open requests hold.</returns>
    private async Task<bool> AlignAsync(NodeId user)
    {
        while (true)
        {
            var position = await Chain.RequesterAsync(user, default);
            var books = await BooksAsync(user);
            if (SettlementRules.Align(user, position, books, await AuthorisedAsync(user)) is not { } command)
                return position.Exiting <= books.Exiting;
            var result = await ledger.CommitAsync(command, default);
            // Somebody spent it meanwhile: look again.
            if (!result.Succeeded && result.Status != LedgerStatus.InsufficientFunds)
                throw new InvariantException($"Aligning {user} with the chain gave {result.Status}.");
        }
    }

    private async Task<Micros> AuthorisedAsync(NodeId user) => (await vouchers.FindVoucherAsync(user, default))?.Cumulative ?? Micros.Zero;

    /// <summary>One moment of a requester's accounts: read until two readings are the same.</summary>
    private async Task<RequesterBooks> BooksAsync(NodeId user)
    {
        const int HoldsMax = 10_000;
        var (account, books, holds) = (LedgerAccount.User(user.ToAccount()), default(RequesterBooks), default(HashSet<Hash32>));
        for (var reading = 0; reading < ReadingsMax; reading++)
        {
            var open = await ledger.OpenHoldsAsync(account, HoldsMax, default);
            var (reserve, free, exiting) = (await NewestAsync(LedgerAccount.Reserve(user)), await NewestAsync(account), await NewestAsync(LedgerAccount.Exiting(user)));
            var now = new RequesterBooks(
                reserve.Balance, free.Balance, open.Aggregate(Micros.Zero, static (sum, h) => sum + h.Amount), exiting.Balance,
                Math.Max(reserve.Sequence, Math.Max(free.Sequence, exiting.Sequence)));
            if (now == books && holds!.SetEquals(open.Select(h => h.Id)))
                return now;
            (books, holds) = (now, [.. open.Select(h => h.Id)]);
        }

        throw new TimeoutException($"The accounts of {user} did not stand still; tried again at the next step.");
    }

    /// <summary>Readings before an account that never rests is left for the next step.</summary>
    private const int ReadingsMax = 50;

    private async Task<(Micros Balance, long Sequence)> NewestAsync(LedgerAccount account) =>
        await ledger.EntriesBeforeAsync(account, beforeSequence: null, limit: 1, default) is [var last] ? (last.BalanceAfter, last.Sequence) : (Micros.Zero, 0);
}
