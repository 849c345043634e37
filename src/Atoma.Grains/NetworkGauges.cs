using System.Diagnostics.Metrics;
using Atoma.Grains.Abstractions;
using Atoma.Grains.Cases;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Settlement;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains;

/// <summary>How the network stands, read from its grains every few seconds so that no scrape waits for it: nodes, books, cases.</summary>
internal sealed class NetworkGauges(IGrainFactory grains, ChainPort port, TimeProvider time, ILogger<NetworkGauges> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>What a node is counted as; each once.</summary>
    private static readonly string[] NodeStates = ["online", "offline", "jailed", "quarantined"];

    private static readonly string[] CaseStatuses = [.. Enum.GetValues<SlashStatus>().Select(CaseView.Name)];

    private volatile NetworkInfo? _network;
    private volatile ChainOverview? _chain;
    private volatile IReadOnlyList<NodeInfo> _nodes = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        NetworkMetrics.Start();
        using var meter = new Meter(NetworkMetrics.Name);
        meter.CreateObservableGauge("atoma.nodes", Nodes, "{node}", "Nodes, each counted once, by state.");
        meter.CreateObservableGauge("atoma.ledger.conservation.difference", () => Read(n => n.DifferenceMicros), "{micro}", "Accounts less what was paid in and not out: 0, always (P11).");
        meter.CreateObservableGauge("atoma.ledger.accounts.mismatched", () => Read(n => n.MismatchedAccounts), "{account}", "Accounts whose balance is not the sum of their entries: 0, always.");
        meter.CreateObservableGauge("atoma.ledger.holds", () => Read(n => n.HoldsMicros), "{micro}", "Held for requests that are open.");
        meter.CreateObservableGauge("atoma.ledger.audit.pool", () => Read(n => n.AuditPoolMicros), "{micro}", "Paid in for audits and not yet paid to a checker.");
        meter.CreateObservableGauge("atoma.requests.open", () => Read(n => n.Requests.GetValueOrDefault("open")), "{request}", "Requests in progress.");
        meter.CreateObservableGauge("atoma.cases.open", Cases, "{case}", "Open slashes and inquiries, by status.");
        ChainGauges(meter);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await ReadAsync();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            _network = await grains.GetGrain<IBooksGrain>(Keys.Books).Network();
            if (port.Chain is not null)
                _chain = await grains.GetGrain<IChainGrain>(Keys.Chain).Describe();
            var ids = await grains.GetGrain<IDirectoryGrain>(Keys.Directory).Nodes();
            _nodes = [.. (await Task.WhenAll(ids.Select(id => grains.GetGrain<INodeGrain>("node:" + id).Describe()))).OfType<NodeInfo>()];
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or InvalidOperationException or SettlementUnavailableException)
        {
            // Starting or stopping: what was read last stands.
            log.GaugesNotRead(e.Message);
        }
    }

    private void ChainGauges(Meter meter)
    {
        meter.CreateObservableGauge("atoma.chain.difference", () => Of(c => c.InFlight == 0 ? c.HoldingsMicros - c.LedgerMicros : 0), "{micro}", "What the contracts hold less what the books have, while nothing is in flight: 0.");
        meter.CreateObservableGauge("atoma.chain.blocks.behind", () => Of(c => Math.Max(0, c.Final - c.Applied)), "{block}", "Final blocks that are not in the books.");
        meter.CreateObservableGauge("atoma.chain.outbox.open", () => Of(c => c.OutboxOpen), "{transaction}", "Transactions that are not final yet.");
        meter.CreateObservableGauge("atoma.chain.outbox.failed", () => Of(c => c.OutboxFailed), "{transaction}", "Transactions that the contracts refused for good, since the start.");
        meter.CreateObservableGauge("atoma.chain.outbox.age", () => Of(c => c.OutboxOldestAt is { } at ? (long)Math.Max(0, (time.GetUtcNow() - at).TotalSeconds) : 0), "s", "Age of the oldest transaction that is not final.");
        meter.CreateObservableGauge("atoma.chain.stopped", () => Of(c => c.Problem.Length > 0 ? 1 : 0), "{problem}", "1 while settlement does not go on.");

        // Without a chain all is well.
        long Of(Func<ChainOverview, long> value) => _chain is { } chain ? value(chain) : 0;
    }

    private IEnumerable<Measurement<long>> Read(Func<NetworkInfo, long> value) => _network is { } network ? [new Measurement<long>(value(network))] : [];

    private IEnumerable<Measurement<long>> Cases() =>
        _network is { } network
            ? CaseStatuses.Select(s => new Measurement<long>(network.OpenCases.GetValueOrDefault(s), new KeyValuePair<string, object?>("atoma.status", s)))
            : [];

    private IEnumerable<Measurement<int>> Nodes()
    {
        var counts = _nodes.CountBy(StateOf).ToDictionary();
        return NodeStates.Select(s => new Measurement<int>(counts.GetValueOrDefault(s), new KeyValuePair<string, object?>("atoma.state", s)));
    }

    private static string StateOf(NodeInfo node) =>
        node.State == "jailed" ? "jailed" : node.Quarantined ? "quarantined" : node.Online ? "online" : "offline";
}
