using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Orleans.Concurrency;

namespace Atoma.Grains.Webhooks;

/// <summary>Keeps what is to be told to whom; a worker of the silo tells it. Holds no state of its own.</summary>
[StatelessWorker]
internal sealed class WebhookGrain(IWebhookStore store, IWebhookSecrets secrets, NetworkOptions options, TimeProvider time) : Grain, IWebhookGrain
{
    public async Task<bool> Add(string request, string account, string url)
    {
        if (!options.WebhooksToPrivateAddresses && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return false;
        await store.AddWebhookAsync(new WebhookRow(Hash32.Parse(request), account, url, Attempts: 0, time.GetUtcNow(), WebhookState.Waiting, ""), default);
        return true;
    }

    public async Task<WebhookInfo?> Find(string request) =>
        await store.FindWebhookAsync(Hash32.Parse(request), default) is { } row
            ? new WebhookInfo(row.Account, row.Url, RequestView.Snake(row.State.ToString()), row.Attempts, row.NextAt, row.LastError)
            : null;

    public Task<string> Secret(string account) => Task.FromResult("whsec_" + Convert.ToBase64String(secrets.Of(account)));
}
