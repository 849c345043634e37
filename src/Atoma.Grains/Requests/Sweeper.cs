using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Requests;

/// <summary>
/// Ends what nobody else ends (P5.7): at start the open requests of an earlier run, then whatever is past its deadline, and
/// slashes whose appeal window is over (P8.5). Reads due rows from the store, so that nothing missed while down is lost.
/// </summary>
internal sealed class Sweeper(ILedgerStore ledger, IGrainFactory grains, NetworkOptions options, TimeProvider time, ILogger<Sweeper> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Until a case for which nobody was there is tried again.</summary>
    private static readonly TimeSpan AssemblyRetry = TimeSpan.FromMinutes(1);

    /// <summary>How often nodes that leave are asked whether they can go: they wait for hours.</summary>
    private static readonly TimeSpan LeaversPeriod = TimeSpan.FromSeconds(5);

    private DateTimeOffset _leaversDue;

    /// <summary>Rows per round; what is left comes in the next.</summary>
    private const int BatchMax = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var orphans = true;
        try
        {
            do
            {
                try
                {
                    if (orphans)
                    {
                        await SweepOrphansAsync(stoppingToken);
                        orphans = false;
                    }

                    await SweepRequestsAsync(time.GetUtcNow(), stoppingToken);
                    await SweepSlashesAsync(time.GetUtcNow(), stoppingToken);
                    await SweepHoldsAsync(time.GetUtcNow(), stoppingToken);
                    await SweepLeaversAsync(time.GetUtcNow());
                }
                catch (Exception e) when (e is not (OperationCanceledException or InvariantException))
                {
                    log.SweepFailed(e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task SweepOrphansAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var open = await ledger.OpenRequestsAsync(DateTimeOffset.MaxValue, BatchMax, cancellationToken);
            if (open.Count == 0)
                return;
            log.SweepingOrphans(open.Count);
            foreach (var request in open)
                await grains.GetGrain<IRequestGrain>(Keys.Request(request)).Sweep();
            if (open.Count < BatchMax)
                return;
        }
    }

    private async Task SweepRequestsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var request in await ledger.OpenRequestsAsync(now, BatchMax, cancellationToken))
            await grains.GetGrain<IRequestGrain>(Keys.Request(request)).Sweep();
    }

    private async Task SweepSlashesAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var row in await ledger.OpenSlashesAsync(now, BatchMax, cancellationToken))
        {
            try
            {
                await ExecuteAsync(row, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One case that cannot be executed must not hold up the others.
                log.SweepFailed($"slash {row.Id}: {e.Message}");
            }
        }
    }

    /// <summary>Money that no request will ever give back: none is known to come about, and none may stay away for ever.</summary>
    private async Task SweepHoldsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var hold in await ledger.ExpiredHoldsAsync(now, BatchMax, cancellationToken))
        {
            if ((await ledger.CommitAsync(new LedgerCommand([new LedgerOperation.Expire(hold)]), cancellationToken)).Succeeded)
                log.HoldExpired(hold.ToString());
        }
    }

    private async Task SweepLeaversAsync(DateTimeOffset now)
    {
        if (now < _leaversDue)
            return;
        _leaversDue = now + LeaversPeriod;
        foreach (var node in await grains.GetGrain<IDirectoryGrain>(Keys.Directory).Leaving())
            await grains.GetGrain<INodeGrain>(Keys.Node(NodeId.Parse(node))).TryExit();
    }

    private async Task ExecuteAsync(SlashRow row, CancellationToken cancellationToken)
    {
        if (SlashCase.FromBytes(row.State) is { NeedsAssembly: true } open)
        {
            await ConveneAsync(row, open, cancellationToken);
            return;
        }

        var result = await ledger.CommitAsync(SlashCase.Execute(row, options.SlashShares), cancellationToken);
        if (!result.Succeeded)
            return;
        NetworkMetrics.Slashed();
        log.SlashExecuted(row.Id.ToString(), row.Node, SlashCase.FromBytes(row.State).Amount.Value);
    }

    private async Task PostponeAsync(SlashRow row, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var result = await ledger.CommitAsync(CaseRules.Postponed(row, now, AssemblyRetry), cancellationToken);
        if (result.Succeeded && NodeId.TryParse(row.Node, out var node) && node != default)
            await grains.GetGrain<INodeGrain>(Keys.Node(node)).Free();
    }

    /// <summary>P8.2: asks all nodes of the answer's echelon; when nobody is there, later again.</summary>
    private async Task ConveneAsync(SlashRow row, SlashCase open, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var origin = RequestRows.Receipt((await ledger.FindRequestAsync(open.Request, cancellationToken))!)!.Receipt.State;
        var market = await grains.GetGrain<IModelGrain>(Keys.Model(origin.Spec.Model.Id)).Market();
        NodeOffer[] offers = [.. (market?.Offers ?? []).Where(o => !o.Terms.Quarantined)];
        if (CaseRules.Assembly(open, origin, [.. offers.Select(Eligibility.Node)], now, options.Request.DeadlineMs) is { } assembly)
            await grains.GetGrain<IRequestGrain>(Keys.Request(assembly.Id)).Review(assembly.ToBytes());
        else
            await PostponeAsync(row, now, cancellationToken);
    }
}
