using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>What became of a request's webhook.</summary>
/// <param name="Object">"webhook".</param>
/// <param name="RequestId">Of which request.</param>
/// <param name="Url">Where to.</param>
/// <param name="State">waiting, delivered or gave_up.</param>
/// <param name="Attempts">Deliveries tried so far.</param>
/// <param name="NextAt">When the next one is due; null when there is none.</param>
/// <param name="LastError">Why the last one failed; null when it did not.</param>
internal sealed record WebhookBody(string Object, string RequestId, string Url, string State, int Attempts, string? NextAt, string? LastError);

/// <param name="Object">"webhook_secret".</param>
/// <param name="Secret">whsec_ and base64, as the libraries of Standard Webhooks take it.</param>
internal sealed record WebhookSecretBody(string Object, string Secret);

internal static class WebhookEndpoints
{
    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/account/webhook_secret", Secret)
            .WithName("getWebhookSecret").WithTags("Account").WithSummary("Show what the account's webhooks are signed with")
            .WithDescription("webhook-signature is 'v1,' and base64 of HMAC-SHA256 by this secret over 'webhook-id.webhook-timestamp.body'.")
            .Produces<WebhookSecretBody>().ProducesErrors(401, 503).RequireAuthorization(AtomaPolicies.Client);
        routes.MapGet("/v1/requests/{id}/webhook", Get)
            .WithName("getWebhook").WithTags("Requests").WithSummary("Show what became of a request's webhook")
            .Produces<WebhookBody>().ProducesErrors(401, 404, 503).RequireAuthorization(AtomaPolicies.Client);
    }

    private static async Task<IResult> Secret(HttpContext context, WebhookService webhooks) =>
        TypedResults.Json(new WebhookSecretBody("webhook_secret", await webhooks.SecretAsync(context.User.Account())), ApiJson.Web.WebhookSecretBody);

    private static async Task<IResult> Get(string id, HttpContext context, WebhookService webhooks)
    {
        if (!Hash32.TryParse(id, out var request) || await webhooks.FindAsync(request.ToString()) is not { } info || info.Account != context.User.Account())
            return OpenAiErrors.NoWebhook();
        return TypedResults.Json(
            new WebhookBody(
                "webhook", request.ToString(), info.Url, info.State, info.Attempts, info.State == "waiting" ? EndpointConventions.Time(info.NextAt) : null,
                info.LastError.Length > 0 ? info.LastError : null),
            ApiJson.Web.WebhookBody);
    }
}
