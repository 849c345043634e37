namespace Atoma.Grains.Abstractions;

/// <summary>Addresses that are told when requests have ended.</summary>
[Alias("atoma.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>Has the address told of the request's end. A request has one webhook: the first stays.</summary>
    /// <returns>Whether this network tells such addresses at all.</returns>
    [Alias("Add")]
    Task<bool> Add(string request, string account, string url);

    /// <summary>Null when the request has none.</summary>
    [Alias("Find")]
    Task<WebhookInfo?> Find(string request);

    /// <summary>The account's secret, in the form that Standard Webhooks gives it: <c>whsec_</c> and base64.</summary>
    [Alias("Secret")]
    Task<string> Secret(string account);
}

/// <param name="Account">Whose request it is.</param>
/// <param name="Url">Where to.</param>
/// <param name="State">waiting, delivered or gave_up.</param>
/// <param name="Attempts">Deliveries tried so far.</param>
/// <param name="NextAt">Not before then, while it waits.</param>
/// <param name="LastError">Why the last attempt failed; empty when it did not.</param>
[GenerateSerializer, Alias("atoma.WebhookInfo"), Immutable]
public sealed record WebhookInfo(
    [property: Id(0)] string Account, [property: Id(1)] string Url, [property: Id(2)] string State, [property: Id(3)] int Attempts,
    [property: Id(4)] DateTimeOffset NextAt, [property: Id(5)] string LastError);
