using Atoma.Protocol.Common;

namespace Atoma.Protocol.Accounts;

/// <summary>What became of a webhook. Stored: append only.</summary>
public enum WebhookState : byte
{
    Waiting = 0,
    Delivered = 1,
    GaveUp = 2,
}

/// <summary>An address to be told when a request has ended.</summary>
/// <param name="Request">The request; has at most one webhook.</param>
/// <param name="Account">Whose request it is.</param>
/// <param name="Url">Where to; at most 2,048 characters.</param>
/// <param name="Attempts">Deliveries tried so far.</param>
/// <param name="NextAt">Not before then.</param>
/// <param name="State">What became of it.</param>
/// <param name="LastError">Why the last attempt failed; at most 512 characters.</param>
public sealed record WebhookRow(
    Hash32 Request, string Account, string Url, int Attempts, DateTimeOffset NextAt, WebhookState State, string LastError);

/// <summary>Webhooks to be delivered. Durable; safe for concurrent use.</summary>
public interface IWebhookStore
{
    /// <summary>False, and nothing changed, when the request has one already.</summary>
    Task<bool> AddWebhookAsync(WebhookRow webhook, CancellationToken cancellationToken);

    /// <summary>Waiting ones whose time has come and whose request has ended, most overdue first.</summary>
    /// <param name="now">The time.</param>
    /// <param name="limit">1 to 10,000.</param>
    /// <param name="cancellationToken">Stops the query.</param>
    Task<IReadOnlyList<WebhookRow>> DueWebhooksAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Writes attempts, next time, state and error; what was asked for stays. False when there is none.</summary>
    Task<bool> UpdateWebhookAsync(WebhookRow webhook, CancellationToken cancellationToken);

    Task<WebhookRow?> FindWebhookAsync(Hash32 request, CancellationToken cancellationToken);
}
