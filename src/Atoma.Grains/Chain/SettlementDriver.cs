using Atoma.Grains.Abstractions;
using Atoma.Protocol.Settlement;
using Microsoft.Extensions.Hosting;

namespace Atoma.Grains.Chain;

/// <summary>Has the settlement take a step every second, from whichever silo is there. Without a chain it ends at once.</summary>
internal sealed class SettlementDriver(ChainPort port, IGrainFactory grains, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (port.Chain is null)
            return;
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await grains.GetGrain<ISettlementGrain>(Keys.Settlement).Advance().WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
