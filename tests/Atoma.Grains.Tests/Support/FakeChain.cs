using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Grains.Tests.Support;

/// <summary>A settlement chain that does what its test says: for moments that a real one is hardly ever caught in.</summary>
internal sealed class FakeChain : ISettlementChain
{
    private readonly Dictionary<string, SettlementCall> _calls = new(StringComparer.Ordinal);

    /// <summary>Events that are final. They come again until <see cref="Keeps"/> says that they were worked off.</summary>
    public List<ChainEvent> Events { get; } = [];

    /// <summary>Forget that the events were worked off, as a process that dies before it moved its cursor.</summary>
    public bool Keeps { get; set; }

    /// <summary>Thrown by the next question about a node.</summary>
    public Exception? Fault { get; set; }

    public IReadOnlyDictionary<string, SettlementCall> Calls => _calls;

    public Dictionary<string, CallOutcome> Outcomes { get; } = new(StringComparer.Ordinal);

    public Dictionary<NodeId, RequesterPosition> Requesters { get; } = [];

    public Dictionary<NodeId, NodePosition> Nodes { get; } = [];

    public Dictionary<Hash32, ChainSlash> Slashes { get; } = [];

    public PayoutPosition Payouts { get; set; } = new(0, Micros.Zero, Micros.Zero, Micros.Zero);

    public Dictionary<long, DateTimeOffset> ClaimableAt { get; } = [];

    public DateTimeOffset Time { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

    public Hash32 GatewayDomain => Hash32.Zero;

    public async Task AdvanceAsync(Func<ChainEvent, Task> apply, CancellationToken cancellationToken)
    {
        foreach (var happened in Events.ToArray())
            await apply(happened);
        if (!Keeps)
            Events.Clear();
    }

    public Task EnqueueAsync(string key, SettlementCall call, CancellationToken cancellationToken)
    {
        if (_calls.TryAdd(key, call))
            Outcomes[key] = CallOutcome.Open;
        return Task.CompletedTask;
    }

    public Task<CallOutcome> OutcomeAsync(string key, CancellationToken cancellationToken) => Task.FromResult(Outcomes.GetValueOrDefault(key));

    public Task SendAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<SettlementBacklog> BacklogAsync(CancellationToken cancellationToken) => Task.FromResult(new SettlementBacklog(0, 0, null, ""));

    public Task<ChainInfo> InfoAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new ChainInfo(1, default, default, default, default, 0, 0, 0, Time));

    public Task<RequesterPosition> RequesterAsync(NodeId user, CancellationToken cancellationToken) =>
        Task.FromResult(Requesters.GetValueOrDefault(user, new RequesterPosition(Micros.Zero, Micros.Zero, Micros.Zero, null)));

    public Task<NodePosition> NodeAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (Fault is { } fault)
        {
            Fault = null;
            throw fault;
        }

        return Task.FromResult(Nodes.GetValueOrDefault(node, new NodePosition(default, default, Micros.Zero, Micros.Zero, Micros.Zero, Micros.Zero)));
    }

    public Task<PayoutPosition> PayoutsAsync(CancellationToken cancellationToken) => Task.FromResult(Payouts);

    public Task<ChainSlash> SlashAsync(Hash32 id, CancellationToken cancellationToken) =>
        Task.FromResult(Slashes.GetValueOrDefault(id, new ChainSlash(ChainSlashState.None, DateTimeOffset.UnixEpoch)));

    public Task<DateTimeOffset?> ClaimableAtAsync(long epoch, CancellationToken cancellationToken) =>
        Task.FromResult<DateTimeOffset?>(ClaimableAt.TryGetValue(epoch, out var at) ? at : null);

    public Task<Micros> HoldingsAsync(CancellationToken cancellationToken) => Task.FromResult(Micros.Zero);

    public Hash32 VoucherDigest(NodeId user, Micros cumulative) => new CanonicalWriter().Text("voucher").Node(user).Money(cumulative).Sha256();

    public byte[] SignVerdict(ChainVerdict verdict) => [];

    public byte[] SignRuling(Hash32 slash, bool uphold) => [];
}
