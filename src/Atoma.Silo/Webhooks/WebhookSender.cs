using System.Collections.Concurrent;
using Atoma.Grains;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;

namespace Atoma.Silo.Webhooks;

/// <summary>
/// Tells requesters that their requests have ended: at least once each, or until it gives up. What is due stands in the store, so a
/// stop loses nothing; a delivery whose outcome could not be stored is made again.
/// </summary>
internal sealed class WebhookSender(
    IWebhookStore store, ILedgerStore ledger, IWebhookSecrets secrets, NetworkOptions options, TimeProvider time, ILogger<WebhookSender> log) : BackgroundService
{
    /// <summary>Deliveries at once. A slow receiver keeps one for <see cref="WebhookClient.Timeout"/>.</summary>
    private const int ParallelMax = 16;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly WebhookClient _client = new(options.WebhooksToPrivateAddresses);
    private readonly ConcurrentDictionary<Hash32, Task> _running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
                await StartDueAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        await Task.WhenAll(_running.Values);
    }

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    private async Task StartDueAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Those under way are due as well, so as many more are asked for.
            foreach (var row in await store.DueWebhooksAsync(time.GetUtcNow(), ParallelMax + _running.Count, cancellationToken))
            {
                if (_running.Count >= ParallelMax)
                    return;
                if (_running.ContainsKey(row.Request))
                    continue;
                var delivery = DeliverAsync(row, cancellationToken);
                _running[row.Request] = delivery;
                _ = delivery.ContinueWith(_ => _running.TryRemove(row.Request, out Task? _), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.WebhooksDelayed(e.Message);
        }
    }

    private async Task DeliverAsync(WebhookRow row, CancellationToken cancellationToken)
    {
        try
        {
            if (await ledger.FindRequestAsync(row.Request, cancellationToken) is not { } request || RequestRows.Receipt(request) is not { } receipt)
                return;
            var now = time.GetUtcNow();
            var (id, body) = (WebhookRules.Id(row), WebhookRules.Body(receipt));
            var signature = WebhookRules.Signature(secrets.Of(row.Account), id, now, body);
            var (problem, isFinal) = await _client.PostAsync(row.Url, id, now, signature, body, cancellationToken);
            var after = WebhookRules.After(row, now, problem, isFinal);
            await store.UpdateWebhookAsync(after, cancellationToken);
            if (problem is not null)
                log.WebhookFailed(row.Request.ToString(), after.Attempts, after.LastError);
        }
        catch (OperationCanceledException)
        {
            // Stopping: it is made again.
        }
        catch (Exception e)
        {
            log.WebhookFailed(row.Request.ToString(), row.Attempts + 1, e.Message);
        }
    }
}
