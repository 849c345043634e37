using Atoma.Grains.Abstractions;
using Atoma.Grains.Accounts;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Settlement;
using Orleans.Concurrency;

namespace Atoma.Grains.Chain;

/// <summary>Reads chain and books; takes what requesters sign.</summary>
[StatelessWorker]
internal sealed class ChainGrain(
    ChainPort port, ILedgerStore ledger, IAccountStore accounts, IVoucherStore vouchers, ISignatureScheme signatures, TimeProvider time) : Grain, IChainGrain
{
    private const int HoldsMax = 10_000;

    /// <summary>How far the time in a signed key may be from now: clocks differ, and a person types.</summary>
    private static readonly TimeSpan KeySkew = TimeSpan.FromMinutes(10);

    private ISettlementGrain Settlement => GrainFactory.GetGrain<ISettlementGrain>(Keys.Settlement);

    public async Task<ChainOverview?> Describe()
    {
        if (port.Chain is not { } chain)
            return null;
        var info = await chain.InfoAsync(default);
        var pool = await chain.PayoutsAsync(default);
        var outbox = await chain.BacklogAsync(default);
        var flight = await Settlement.InFlight();
        var problem = await Settlement.Problem();
        return new ChainOverview
        {
            ChainId = (long)info.ChainId,
            Token = info.Token.ToString(),
            Settlement = info.Settlement.ToString(),
            Gateway = info.Gateway.ToString(),
            Settler = info.Settler.ToString(),
            Head = info.Head,
            Final = info.Final,
            Applied = info.Applied,
            Epoch = pool.LastEpoch,
            BackingMicros = pool.Backing.Value,
            PostedMicros = pool.Posted.Value,
            ClaimedMicros = pool.Claimed.Value,
            HoldingsMicros = (await chain.HoldingsAsync(default)).Value + flight.EscrowedMicros,
            LedgerMicros = (await ledger.AuditAsync(default)).Accounts.Value,
            InFlight = flight.Count,
            OutboxOpen = outbox.Open,
            OutboxFailed = outbox.Failed,
            OutboxOldestAt = outbox.OldestOpenAt,
            Problem = problem.Length > 0 ? problem : outbox.Problem,
        };
    }

    public async Task<ChainRequester?> Requester(string address)
    {
        if (port.Chain is not { } chain)
            return null;
        var (user, account) = (NodeId.Parse(address), LedgerAccount.User(address));
        var position = await chain.RequesterAsync(user, default);
        var held = (await ledger.OpenHoldsAsync(account, HoldsMax, default)).Aggregate(Micros.Zero, static (sum, h) => sum + h.Amount);
        var (reserve, free, exiting) = (
            await ledger.BalanceAsync(LedgerAccount.Reserve(user), default), await ledger.BalanceAsync(account, default),
            await ledger.BalanceAsync(LedgerAccount.Exiting(user), default));
        return new ChainRequester
        {
            DepositMicros = position.Balance.Value,
            RedeemedMicros = position.Redeemed.Value,
            ExitingMicros = position.Exiting.Value,
            ExitAt = position.ExitAt,
            VoucherMicros = (await vouchers.FindVoucherAsync(user, default))?.Cumulative.Value ?? 0,
            ReserveMicros = reserve.Value,
            BalanceMicros = free.Value,
            HeldMicros = held.Value,
            SetAsideMicros = exiting.Value,
            SpentMicros = (position.Balance + position.Redeemed - reserve - free - held - exiting).Value,
        };
    }

    public async Task<ChainNode?> Node(string address)
    {
        if (port.Chain is not { } chain)
            return null;
        var node = NodeId.Parse(address);
        var position = await chain.NodeAsync(node, default);
        var claim = await Settlement.Claim(address);
        return new ChainNode
        {
            Owner = position.Owner.IsZero ? "" : position.Owner.ToString(),
            ReceiptKey = position.ReceiptKey.IsZero ? "" : position.ReceiptKey.ToString(),
            BondedMicros = position.Bonded.Value,
            UnbondingMicros = position.Unbonding.Value,
            FrozenMicros = position.Frozen.Value,
            ClaimedMicros = position.Claimed.Value,
            CollateralMicros = (await ledger.BalanceAsync(LedgerAccount.Collateral(node), default)).Value,
            LedgerFrozenMicros = (await ledger.BalanceAsync(LedgerAccount.Frozen(node), default)).Value,
            EarningsMicros = (await ledger.BalanceAsync(LedgerAccount.Earnings(node), default)).Value,
            PayableMicros = (await ledger.BalanceAsync(LedgerAccount.Payable(node), default)).Value,
            Claim = claim is not null && claim.CumulativeMicros > position.Claimed.Value ? claim : null,
        };
    }

    public async Task<VoucherReply> AddVoucher(string user, long cumulativeMicros, byte[] signature)
    {
        if (port.Chain is not { } chain)
            return new VoucherReply(VoucherStatus.NoChain, 0);
        var (address, sum) = (NodeId.Parse(user), new Micros(cumulativeMicros));
        if (signatures.Recover(chain.VoucherDigest(address, sum), signature) != address)
            return new VoucherReply(VoucherStatus.WrongSignature, 0);
        var isHigher = await vouchers.PutVoucherAsync(new RequesterVoucher(address, sum, signature, Now), default);
        await Settlement.VoucherArrived(user);
        var kept = await vouchers.FindVoucherAsync(address, default);
        return new VoucherReply(isHigher ? VoucherStatus.Ok : VoucherStatus.NotHigher, kept!.Cumulative.Value);
    }

    public async Task<ChainKeyReply> AddKey(string user, string keyHash, long timestamp, byte[] signature)
    {
        if (port.Chain is null)
            return new ChainKeyReply(ChainKeyStatus.NoChain, "");
        var (address, hash) = (NodeId.Parse(user), Hash32.Parse(keyHash));
        if (signatures.Recover(SigningDomain.ApiKey(address, hash, (ulong)timestamp), signature) != address)
            return new ChainKeyReply(ChainKeyStatus.WrongSignature, "");
        if (Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - timestamp) > KeySkew.TotalSeconds)
            return new ChainKeyReply(ChainKeyStatus.Stale, "");
        if (await accounts.FindAccountAsync(user, default) is not { ClosedAt: null })
            return new ChainKeyReply(ChainKeyStatus.Unknown, "");
        var record = new ApiKeyRecord(hash, user, KeyScopes.Client | KeyScopes.Manage, "by wallet", Now);
        await accounts.AppendAuditLogAsync(new AuditLogRecord(0, Now, user, "key.add", KeyView.IdOf(hash), "signed by the account's own key"), default);
        return new ChainKeyReply(await accounts.AddKeyAsync(record, default) ? ChainKeyStatus.Ok : ChainKeyStatus.Exists, KeyView.IdOf(hash));
    }

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
