using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Settlement;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Atoma.Grains.Nodes;

/// <summary>What is remembered of a node across restarts.</summary>
[GenerateSerializer, Alias("atoma.NodeRecord")]
internal sealed class NodeRecord
{
    [Id(0)] public bool Exists { get; set; }

    [Id(1)] public NodeState State { get; set; }

    [Id(2)] public byte[] Registration { get; set; } = [];

    [Id(3)] public DateTimeOffset RegisteredAt { get; set; }

    [Id(4)] public string JailReason { get; set; } = "";

    /// <summary>When a jail for silence ends; null for any other.</summary>
    [Id(5)] public DateTimeOffset? JailedUntil { get; set; }

    /// <summary>Its <see cref="NodeStanding"/>, field by field.</summary>
    [Id(6)] public long StandingMicronats { get; set; }

    [Id(7)] public bool IsQuarantined { get; set; }

    [Id(8)] public int Silences { get; set; }

    /// <summary>When the unbonding of a node that leaves may end; null for any other.</summary>
    /// <summary>Collateral that its owner has asked the chain for, in micro-units.</summary>
    [Id(11)] public long UnbondingMicros { get; set; }

    [Id(10)] public DateTimeOffset? UnbondsAt { get; set; }

    /// <summary>Checked requests in hex, each after + (passed) or - (failed).</summary>
    [Id(9)] public List<string> History { get; set; } = [];
}

/// <summary>Owns one node: its state, who is connected as it, and which requests wait for it.</summary>
[Reentrant]
internal sealed partial class NodeGrain(
    [PersistentState("node")] IPersistentState<NodeRecord> record,
    ILedgerStore ledger,
    ISignatureScheme signatures,
    IModelWeights weights,
    NetworkOptions options,
    ChainPort chain,
    TimeProvider time,
    ILogger<NodeGrain> log) : Grain, INodeGrain
{
    /// <summary>Requests that wait for it, with what each is worth unchecked.</summary>
    private readonly Dictionary<string, Micros> _engaged = [];
    private INodeLink? _link;
    private string _session = "";
    private IReadOnlyList<Subscription> _subscriptions = [];
    private int _busy;
    private int _connecting;
    private DateTimeOffset _leaseEnds;
    private IGrainTimer? _leaseTimer;

    private string HowToBond => chain.Chain is null
        ? "Bond more and connect again."
        : "Bond it on the chain ('chain register' and 'chain bond' of Atoma.Cli), and connect again once that is final.";

    private NodeId Id => NodeId.Parse(this.GetPrimaryKeyString()["node:".Length..]);

    public async Task<ConnectReply> Connect(ConnectCall call, INodeLink link)
    {
        _connecting++;
        try
        {
            return await Admit(call, link);
        }
        finally
        {
            _connecting--;
            // The older connection ended meanwhile and left its offers to this one, which was refused.
            if (_link is null && _connecting == 0)
                await Withdraw(_subscriptions);
        }
    }

    public Task<bool> Renew(string session, int busy)
    {
        if (session != _session || _link is null)
            return Task.FromResult(false);
        _busy = busy;
        _leaseEnds = time.GetUtcNow().AddMilliseconds(options.LeaseMs);
        return Task.FromResult(true);
    }

    public Task Disconnect(string session) => session == _session ? Lose("disconnected") : Task.CompletedTask;

    public async Task<bool> Send(byte[] message)
    {
        if (_link is not { } link)
            return false;
        try
        {
            return await link.Deliver(message);
        }
        catch (Exception e) when (e is TimeoutException or OrleansException or ObjectDisposedException)
        {
            log.NodeUnreachable(Id.ToString(), e.Message);
            return false;
        }
    }

    public Task Release(string request)
    {
        _engaged.Remove(request);
        return Task.CompletedTask;
    }

    public async Task<NodeInfo?> Describe()
    {
        if (!record.State.Exists)
            return null;
        var reader = new CanonicalReader(record.State.Registration);
        var registration = Registration.Read(ref reader);
        var collateral = await ledger.BalanceAsync(LedgerAccount.Collateral(Id), default);
        var frozen = await ledger.BalanceAsync(LedgerAccount.Frozen(Id), default);
        var earnings = await ledger.BalanceAsync(LedgerAccount.Earnings(Id), default);
        var first = _subscriptions.Count > 0 ? _subscriptions[0] : null;
        return new NodeInfo
        {
            Address = Id.ToString(),
            State = Name(record.State.State),
            Online = _link is not null,
            EndpointKind = registration.EndpointKind,
            Country = registration.Country,
            Model = first?.Model.Id ?? "",
            Echelon = first?.Echelon.Id().ToString() ?? "",
            InputPriceMicros = first?.InputPrice.Value ?? 0,
            OutputPriceMicros = first?.OutputPrice.Value ?? 0,
            Slots = _subscriptions.Sum(s => s.Slots),
            Busy = _busy,
            CollateralMicros = collateral.Value,
            FrozenMicros = frozen.Value,
            EarningsMicros = earnings.Value,
            RegisteredAt = record.State.RegisteredAt,
            JailReason = record.State.JailReason,
            JailedUntil = record.State.JailedUntil,
            Quarantined = record.State.IsQuarantined,
            Suspicion = record.State.StandingMicronats / (double)NodeStanding.ThresholdMicronats,
            OutstandingMicros = Outstanding.Value,
            OutstandingCapMicros = Terms.CapMicros,
            UnbondsAt = record.State.UnbondsAt,
            PayableMicros = (await ledger.BalanceAsync(LedgerAccount.Payable(Id), default)).Value,
            Models = [.. _subscriptions.Select(s => s.Model.Id)],
        };
    }

    private async Task<ConnectReply> Admit(ConnectCall call, INodeLink link)
    {
        var hello = (NodeMessage.Hello)NodeMessage.FromBytes(call.Hello);
        Invariant.Assert(hello.Registration.Node == Id);
        if (!record.State.Exists)
            await Register(hello.Registration);
        var collateral = await CountedAsync();
        var suffices = collateral.Value >= options.CollateralMinMicros;
        // P2.2: neither a new node below the minimum is drawn nor one that has fallen there.
        if (!suffices && record.State.State is (NodeState.Registered or NodeState.Active))
        {
            return new ConnectReply((int)RefusalCode.CollateralTooLow,
                $"Collateral is {collateral} micros; {options.CollateralMinMicros} are needed. {HowToBond}", Name(record.State.State), 0, collateral.Value);
        }

        _collateral = collateral;
        if (record.State.State == NodeState.Unbonding)
        {
            // It offers nothing, and ends what it began.
            await Replace(call.Session, link, []);
            return new ConnectReply(0, "", Name(record.State.State), options.LeaseMs, collateral.Value);
        }

        // Its time is over, or what it was jailed for was not confirmed while nobody could tell it.
        if (record.State.State == NodeState.Jailed && suffices && (record.State.JailedUntil ?? DateTimeOffset.MinValue) <= time.GetUtcNow())
            await Free();
        switch (NodeMachine.Move(record.State.State, NodeState.Active, suffices))
        {
            case NodeMoveStatus.NotAllowed:
                return new ConnectReply((int)RefusalCode.NotAllowed, $"A node that is {Name(record.State.State)} cannot work.", Name(record.State.State), 0, collateral.Value);
            case NodeMoveStatus.Ok when record.State.State == NodeState.Registered:
                record.State.State = NodeState.Active;
                await record.WriteStateAsync();
                break;
        }

        if (record.State.State == NodeState.Active && await Offer(hello.Subscriptions) is { Code: not 0 } refused)
            return new ConnectReply(refused.Code, refused.Reason, Name(record.State.State), 0, collateral.Value);

        await Replace(call.Session, link, hello.Subscriptions);
        log.NodeConnected(
            Id.ToString(), hello.Registration.EndpointKind, string.Join(", ", hello.Subscriptions.Select(s => s.Model.Id)), Name(record.State.State));
        return new ConnectReply(0, record.State.JailReason, Name(record.State.State), options.LeaseMs, collateral.Value);
    }

    /// <summary>Offers all or none: what was offered before stays as it was.</summary>
    private async Task<OfferReply> Offer(IReadOnlyList<Subscription> subscriptions)
    {
        foreach (var subscription in subscriptions)
        {
            var reply = await Model(subscription).Offer(Id.ToString(), Bytes(subscription), Terms);
            if (reply.Code == 0)
                continue;
            await Withdraw(Except(subscriptions, _subscriptions));
            foreach (var before in _link is null ? [] : _subscriptions)
                await Model(before).Offer(Id.ToString(), Bytes(before), Terms);
            return reply;
        }

        return new OfferReply(0, "");
    }

    private async Task Register(Registration registration)
    {
        var writer = new CanonicalWriter();
        registration.Write(writer);
        record.State.Exists = true;
        record.State.State = NodeState.Registered;
        record.State.Registration = writer.ToArray();
        record.State.RegisteredAt = time.GetUtcNow();
        await record.WriteStateAsync();
        await GrainFactory.GetGrain<IDirectoryGrain>(Keys.Directory).AddNode(Id.ToString());
        if (options.DevelopmentBondMicros > 0)
        {
            // One bond per node and network: the id makes a repeat harmless.
            var id = new CanonicalWriter().Text("atoma/bond/development").Node(Id).Sha256();
            await ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Transfer(
                id, LedgerAccount.External, LedgerAccount.Collateral(Id), new Micros(options.DevelopmentBondMicros), TransferCode.Bond)]), default);
        }
    }

    private async Task Replace(string session, INodeLink link, IReadOnlyList<Subscription> subscriptions)
    {
        if (_link is { } old && _session != session)
        {
            await Lose("replaced by a newer connection", withdraw: false);
            try
            {
                await old.Close((int)RefusalCode.Replaced, "The same key connected again.");
            }
            catch (Exception e) when (e is TimeoutException or OrleansException or ObjectDisposedException)
            {
                log.NodeUnreachable(Id.ToString(), e.Message);
            }
        }

        // What it offered before and offers no more goes.
        await Withdraw(Except(_subscriptions, subscriptions));
        _link = link;
        _session = session;
        _subscriptions = subscriptions;
        _leaseEnds = time.GetUtcNow().AddMilliseconds(options.LeaseMs);
        var period = TimeSpan.FromMilliseconds(options.LeaseMs / 5.0);
        _leaseTimer ??= this.RegisterGrainTimer(CheckLease, new GrainTimerCreationOptions(period, period) { KeepAlive = true });
    }

    private async Task CheckLease(CancellationToken cancellationToken)
    {
        if (_link is null)
            return;
        if (time.GetUtcNow() > _leaseEnds)
            await Lose("lease ended");
        else if (record.State.State == NodeState.Jailed && record.State.JailedUntil <= time.GetUtcNow())
            await Free();
        else
            await CheckCollateral();
        await ChallengeWeights();
    }

    private async Task Lose(string why, bool withdraw = true)
    {
        if (_link is null)
            return;
        _link = null;
        _session = "";
        _challenges?.Drop();
        log.NodeLost(Id.ToString(), why);
        // A newer connection under way has renewed the offers, or will.
        if (withdraw && _connecting == 0)
            await Withdraw(_subscriptions);
        string[] waiting = [.. _engaged.Keys];
        _engaged.Clear();
        foreach (var request in waiting)
            await GrainFactory.GetGrain<IRequestGrain>(request).NodeLost(Id.ToString());
    }

    private Task Withdraw(IEnumerable<Subscription> offers) => Task.WhenAll(offers.Select(o => Model(o).Withdraw(Id.ToString())));

    private IModelGrain Model(Subscription offer) => GrainFactory.GetGrain<IModelGrain>(Keys.Model(offer.Model.Id));

    private static IEnumerable<Subscription> Except(IEnumerable<Subscription> offers, IEnumerable<Subscription> others) =>
        offers.ExceptBy(others.Select(o => o.Model.Id), o => o.Model.Id);

    private static byte[] Bytes(Subscription subscription)
    {
        var writer = new CanonicalWriter();
        subscription.Write(writer);
        return writer.ToArray();
    }

    private static string Name(NodeState state) => state.ToString().ToLowerInvariant();
}
