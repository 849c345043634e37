using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Outbox;
using Atoma.Ethereum.Watching;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Settlement;

/// <summary>Our contracts on an EVM chain as the protocol's settlement chain: events by the watcher, calls by the outbox (P10.3).</summary>
public sealed class EvmSettlementChain : ISettlementChain, IChainEventHandler, IDisposable
{
    /// <summary>The watcher's cursor: books that have one belong to a chain.</summary>
    public const string CursorName = "settlement";

    private readonly IChainClient _chain;
    private readonly IOutboxStore _store;
    private readonly EvmSettlementOptions _options;
    private readonly SettlementContract _settlement;
    private readonly TokenContract _token;
    private readonly SettlementTypedData _typed;
    private readonly IReadOnlyList<ISigner> _verdictSigners;
    private readonly int _threshold;
    private readonly ulong _chainId;
    private readonly ChainEvents _events;
    private readonly TransactionOutbox _outbox;
    private readonly ChainWatcher _watcher;
    private readonly ICursorStore _cursors;
    private Func<ChainEvent, Task>? _apply;

    private EvmSettlementChain(
        IChainClient chain, IOutboxStore store, ICursorStore cursors, ISigner settler, IReadOnlyList<ISigner> verdictSigners, int threshold, ulong chainId, NodeId token,
        EvmSettlementOptions options, TimeProvider time)
    {
        (_chain, _store, _cursors, _options, _verdictSigners, _threshold, _chainId) = (chain, store, cursors, options, verdictSigners, threshold, chainId);
        _settlement = new SettlementContract(chain, options.Settlement);
        _token = new TokenContract(chain, token);
        _typed = new SettlementTypedData(chainId, options.Settlement);
        GatewayDomain = GatewayTypedData.Domain(chainId, options.Gateway);
        _events = new ChainEvents(_settlement, options.Gateway);
        var effects = new SettlementEffects(_settlement, new GatewayContract(chain, options.Gateway));
        _outbox = new TransactionOutbox(store, chain, chainId, settler, effects, options.Outbox with { Finality = options.Finality }, time);
        _watcher = new ChainWatcher(chain, cursors, this, new ChainWatcherOptions(CursorName, [options.Settlement, options.Gateway], options.StartBlock, options.Finality));
    }

    public Hash32 GatewayDomain { get; }

    /// <summary>Checks that chain and contracts are those of the books, and that the keys are those that the contract wants.</summary>
    /// <param name="chain">The endpoints.</param>
    /// <param name="store">Of the outbox.</param>
    /// <param name="cursors">Of the watcher, and the identity of the chain.</param>
    /// <param name="settler">The contract's settler.</param>
    /// <param name="verdictSigners">At least as many of the contract's verdict signers as it wants signatures.</param>
    /// <param name="options">Addresses and finality.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Stops the questions.</param>
    /// <exception cref="WrongChainException">Something is not what it should be; the message says what to do.</exception>
    public static async Task<EvmSettlementChain> OpenAsync(
        IChainClient chain, IOutboxStore store, ICursorStore cursors, ISigner settler, IReadOnlyList<ISigner> verdictSigners, EvmSettlementOptions options,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var identity = await ChainIdentityGuard.CheckAsync(chain, cursors, [options.Settlement, options.Gateway], cancellationToken);
        var contract = new SettlementContract(chain, options.Settlement);
        var parameters = contract.Parameters;
        if (await parameters.SettlerAsync(cancellationToken) is var wanted && wanted != settler.Id)
            throw new WrongChainException($"The settlement contract's settler is {wanted}, and the key given is that of {settler.Id}. Give the settler's key.");
        var threshold = await parameters.VerdictThresholdAsync(cancellationToken);
        var known = (await parameters.VerdictSignersAsync(cancellationToken)).ToHashSet();
        ISigner[] usable = [.. verdictSigners.Where(s => known.Contains(s.Id)).OrderBy(s => s.Id)];
        if (usable.Length < threshold)
            throw new WrongChainException($"The settlement contract wants {threshold} of its verdict signers, and {usable.Length} of the keys given are theirs. Without them no collateral can be taken.");
        if (await parameters.CommitmentDomainAsync(cancellationToken) != Eip712.DomainSeparator(Protocol.Nodes.SigningDomain.NoChain))
            throw new WrongChainException("The settlement contract knows another EIP-712 domain for commitments than this network signs under: two commitments of one node would prove nothing there.");
        if (await new GatewayContract(chain, options.Gateway).SettlementAsync(cancellationToken) != options.Settlement)
            throw new WrongChainException($"The gateway {options.Gateway} belongs to another settlement contract than {options.Settlement}.");
        var token = await parameters.TokenAsync(cancellationToken);
        const int Decimals = 6;
        if (await new TokenContract(chain, token).DecimalsAsync(cancellationToken) != Decimals)
            throw new WrongChainException($"The token {token} does not have {Decimals} decimals: its smallest unit has to be one micro (P11).");
        return new EvmSettlementChain(chain, store, cursors, settler, usable, threshold, identity.ChainId, token, options, time);
    }

    public async Task AdvanceAsync(Func<ChainEvent, Task> apply, CancellationToken cancellationToken)
    {
        _apply = apply;
        while ((await _watcher.StepAsync(cancellationToken)).Outcome == WatchOutcome.Advanced)
            cancellationToken.ThrowIfCancellationRequested();
    }

    async Task IChainEventHandler.HandleAsync(IReadOnlyList<ChainLog> logs, CancellationToken cancellationToken)
    {
        foreach (var log in logs)
        {
            if (await _events.OfAsync(log, cancellationToken) is { } happened)
                await _apply!(happened);
        }
    }

    public async Task EnqueueAsync(string key, SettlementCall call, CancellationToken cancellationToken)
    {
        var (isGateway, data, gas) = SentCall.Encode(call);
        var status = await _outbox.PlanAsync(key, isGateway ? _options.Gateway : _options.Settlement, data, Math.Min(gas, OutboxLimits.GasLimitMax), cancellationToken);
        Invariant.Assert(status != OutboxAddStatus.KeyReused);
    }

    public async Task<CallOutcome> OutcomeAsync(string key, CancellationToken cancellationToken) =>
        (await _store.FindTransactionAsync(key, cancellationToken))?.State switch
        {
            null => CallOutcome.Unknown,
            OutboxState.Final => CallOutcome.Done,
            OutboxState.Failed => CallOutcome.Failed,
            _ => CallOutcome.Open,
        };

    public Task SendAsync(CancellationToken cancellationToken) => _outbox.StepAsync(cancellationToken);

    public async Task<SettlementBacklog> BacklogAsync(CancellationToken cancellationToken)
    {
        const int RowsMax = 1_000;
        var open = await _store.OpenTransactionsAsync(_outbox.Sender, RowsMax, cancellationToken);
        return new SettlementBacklog(open.Count, _outbox.Tally.Failures, open.Count > 0 ? open[0].CreatedAt : null, Problem());

        string Problem() => _outbox.Status.StuckReason.Length == 0 && _outbox.Tally.ForeignNonces > 0
            ? $"The key of {_outbox.Sender} was used for {_outbox.Tally.ForeignNonces} transactions that are not this network's. Find out by whom: nothing else may use it."
            : _outbox.Status.StuckReason;
    }

    public Task<ChainInfo> InfoAsync(CancellationToken cancellationToken) => AskAsync(async applied =>
    {
        var head = await _chain.HeadAsync(cancellationToken);
        var final = await _options.Finality.NewestAsync(_chain, head, cancellationToken);
        return new ChainInfo(
            _chainId, _token.Address, _options.Settlement, _options.Gateway, _outbox.Sender, head.Number, final?.Number ?? 0, applied,
            DateTimeOffset.FromUnixTimeSeconds(final?.Timestamp ?? 0));
    }, cancellationToken);

    public Task<RequesterPosition> RequesterAsync(NodeId user, CancellationToken cancellationToken) =>
        AskAsync(applied => _settlement.RequesterAsync(user, applied, cancellationToken), cancellationToken);

    public Task<NodePosition> NodeAsync(NodeId node, CancellationToken cancellationToken) =>
        AskAsync(applied => _settlement.NodeAsync(node, applied, cancellationToken), cancellationToken);

    public Task<PayoutPosition> PayoutsAsync(CancellationToken cancellationToken) =>
        AskAsync(applied => _settlement.PayoutsAsync(applied, cancellationToken), cancellationToken);

    public Task<ChainSlash> SlashAsync(Hash32 id, CancellationToken cancellationToken) => AskAsync(async applied =>
    {
        var slash = await _settlement.SlashAsync(id, applied, cancellationToken);
        return new ChainSlash(slash.State, slash.ExecuteAt);
    }, cancellationToken);

    public Task<DateTimeOffset?> ClaimableAtAsync(long epoch, CancellationToken cancellationToken) =>
        AskAsync(async applied => (await _settlement.RootAsync(epoch, applied, cancellationToken)).ClaimableAt, cancellationToken);

    public Task<Micros> HoldingsAsync(CancellationToken cancellationToken) =>
        AskAsync(applied => _token.BalanceAsync(_options.Settlement, applied, cancellationToken), cancellationToken);

    public Hash32 VoucherDigest(NodeId user, Micros cumulative) => _typed.Voucher(user, cumulative);

    public byte[] SignVerdict(ChainVerdict verdict) => Sign(_typed.Verdict(verdict));

    public byte[] SignRuling(Hash32 slash, bool uphold) => Sign(_typed.Ruling(slash, uphold));

    public void Dispose() => _outbox.Dispose();

    private byte[] Sign(Hash32 digest) => [.. _verdictSigners.Take(_threshold).SelectMany(s => s.Sign(digest))];

    /// <summary>Asks in the state after the newest block that is in the books.</summary>
    private async Task<T> AskAsync<T>(Func<long, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(await AppliedAsync(cancellationToken));
        }
        catch (Exception e) when (e is ChainUnavailableException or ChainRejectedException or ChainDisagreementException)
        {
            throw new SettlementUnavailableException($"The chain cannot be asked now: {e.Message}", e);
        }
    }

    /// <summary>The newest block whose events are in the books; before the first, that of the contract's creation.</summary>
    private async Task<long> AppliedAsync(CancellationToken cancellationToken) =>
        Math.Max(_options.StartBlock, (await _cursors.FindCursorAsync(CursorName, cancellationToken))?.Number ?? 0);
}
