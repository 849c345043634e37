using System.Text.Json;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Answers;

/// <summary>The network does not tell such addresses.</summary>
internal sealed class WebhookRefusedException() : Exception("The network does not tell this address.");

/// <summary>The field 'webhook' of a question.</summary>
/// <param name="Url">Null when there is none.</param>
internal sealed record WebhookFields(string? Url)
{
    public const string UrlField = Field + ".url";
    private const string Field = "webhook";

    public static Parsed<WebhookFields> Read(JsonElement body, Limits limits)
    {
        if (!body.TryGetProperty(Field, out var webhook) || webhook.ValueKind == JsonValueKind.Null)
            return new WebhookFields((string?)null);
        if (webhook.ValueKind != JsonValueKind.Object)
            return OpenAiErrors.Invalid(Field, "must be an object such as {\"url\": \"https://example.com/done\"}", "invalid_type");
        if (!webhook.TryGetProperty("url", out var value) || !JsonBody.TryText(value, out var url))
            return OpenAiErrors.Missing(UrlField, "It is the address that is told.");
        // Address and all that is sent to it are plain ASCII, whatever the name was written in.
        return url.Length <= limits.WebhookUrlLength && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
            && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0 && uri.AbsoluteUri.Length <= limits.WebhookUrlLength
            ? new WebhookFields(uri.AbsoluteUri)
            : OpenAiErrors.Invalid(UrlField, $"must be an https address without user name and fragment, of at most {limits.WebhookUrlLength} characters");
    }
}

/// <summary>Has addresses told when answers have ended.</summary>
internal sealed class WebhookService(IGrainFactory grains)
{
    private IWebhookGrain Grain => grains.GetGrain<IWebhookGrain>(Keys.Webhooks);

    /// <exception cref="WebhookRefusedException">Not such an address.</exception>
    public async Task AddAsync(OpenAnswer answer, string account, string url)
    {
        foreach (var choice in answer.Choices)
        {
            if (!await Grain.Add(choice.Id, account, url))
                throw new WebhookRefusedException();
        }
    }

    public Task<WebhookInfo?> FindAsync(string request) => Grain.Find(request);

    public Task<string> SecretAsync(string account) => Grain.Secret(account);
}
