using System.Text.Json.Serialization;
using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Atoma.Api.Endpoints;

/// <summary>A question that is answered in its own time.</summary>
/// <param name="Object">"request".</param>
/// <param name="RequestId">With several choices the first one's, which leads to all of them.</param>
/// <param name="Status">open, or given, or none: whether there is an answer.</param>
/// <param name="Model">Model id.</param>
/// <param name="Choices">Each choice's request, where there are several.</param>
/// <param name="Links">Where to go on.</param>
internal sealed record AcceptedBody(
    string Object, string RequestId, string Status, string Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Choices, AcceptedLinks Links)
{
    public static AcceptedBody Of(OpenAnswer answer, string status) => new(
        "request", answer.Id, status, answer.Model, answer.Choices.Count > 1 ? answer.Form.Requests : null, AcceptedLinks.Of(answer.Id));
}

/// <param name="Self">The request: who was drawn, what was decided and paid.</param>
/// <param name="Answer">The answer, once there is one.</param>
/// <param name="Events">The answer as it comes.</param>
/// <param name="Receipt">The receipt, once it has ended.</param>
internal sealed record AcceptedLinks(string Self, string Answer, string Events, string Receipt)
{
    public static AcceptedLinks Of(string id) => new($"/v1/requests/{id}", $"/v1/requests/{id}/answer", $"/v1/requests/{id}/events", $"/v1/requests/{id}/receipt");
}

/// <summary>Asking without waiting, and fetching, following and cancelling what was asked.</summary>
internal static class AsynchronousEndpoints
{
    public static void MapAsynchronous(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/requests", Submit)
            .WithName("createRequest").WithTags("Requests").WithSummary("Ask without waiting")
            .WithDescription(
                "Takes the body of /v1/chat/completions, or, with 'prompt', of /v1/completions. The answer is fetched from /v1/requests/{id}/answer or followed at "
                + "/v1/requests/{id}/events: piece by piece with 'stream': true, else whole and verified at its end. With 'webhook': {'url': '...'} that address is told "
                + "when it has ended, each choice on its own, signed as Standard Webhooks are (GET /v1/account/webhook_secret).")
            .Accepts<ChatCompletionBody>("application/json", AnswerTexts.AnyType)
            .Produces<AcceptedBody>(202).ProducesErrors(400, 401, 402, 404, 409, 413, 503).RequireAuthorization(AtomaPolicies.Client);
        routes.MapGet("/v1/requests/{id}/answer", Answer)
            .WithName("getAnswer").WithTags("Requests").WithSummary("Fetch an answer")
            .WithDescription("As the endpoint that its question was for would have given it. 202 while it is open; 410, with why, when there is none. For its requester only.")
            .Produces<ChatCompletion>().Produces<AcceptedBody>(202).ProducesErrors(401, 404, 409, 410, 503)
            .RequireAuthorization(AtomaPolicies.Client).DisableRequestTimeout();
        routes.MapGet("/v1/requests/{id}/events", Events)
            .WithName("followRequest").WithTags("Requests").WithSummary("Follow an answer as server-sent events")
            .WithDescription(
                "From its beginning, or after the event whose id the header Last-Event-ID names; ids are places in the answer and hold after any restart. Free: what "
                + "is paid is the answer. Leaving does not stop it. For its requester only.")
            .Produces<ChatCompletionChunk>(200, "text/event-stream").ProducesErrors(400, 401, 404, 409, 503)
            .RequireAuthorization(AtomaPolicies.Client).DisableRequestTimeout();
        routes.MapPost("/v1/requests/{id}/cancel", Cancel)
            .WithName("cancelRequest").WithTags("Requests").WithSummary("Stop an answer")
            .WithDescription("No body. Before the first token it is free; later it is charged up to the tokens there are. What has ended stays as it is.")
            .Produces<AcceptedBody>(202).ProducesErrors(401, 404, 409, 503).RequireAuthorization(AtomaPolicies.Client);
    }

    private static async Task<IResult> Submit(HttpContext context, AnswerGate gate, AnswerHandler handler, QuestionReader reader, WebhookService webhooks, Limits limits)
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            return OpenAiErrors.Busy();
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.JsonDocument)).Failed(out var error, out var body))
            return error;
        using (body)
        {
            if (reader.Any(body.RootElement).Failed(out error, out var question) || WebhookFields.Read(body.RootElement, limits).Failed(out error, out var webhook))
                return error;
            return (await SubmitAsync(context, handler, webhooks, question, webhook)).Failed(out error, out var answer) ? error : Accepted(context, answer, "open");
        }
    }

    private static async Task<Parsed<OpenAnswer>> SubmitAsync(HttpContext context, AnswerHandler handler, WebhookService webhooks, Question question, WebhookFields webhook)
    {
        if (webhook.Url is not { } url)
            return await handler.SubmitDetachedAsync(context, question, beforeWork: null);
        try
        {
            return await handler.SubmitDetachedAsync(context, question, answer => webhooks.AddAsync(answer, context.User.Account(), url));
        }
        catch (WebhookRefusedException)
        {
            return OpenAiErrors.Invalid(WebhookFields.UrlField, "must be an https address: this network tells no others");
        }
    }

    private static async Task<IResult> Answer(string id, HttpContext context, StoredAnswers answers, AnswerHandler handler)
    {
        if ((await answers.FindAsync(id, context.User)).Failed(out var error, out var stored))
            return error;
        if (stored.IsOpen)
        {
            context.Response.Headers.RetryAfter = "1";
            return Accepted(context, stored.Answer, "open");
        }

        if (!stored.IsGiven)
            return Refusals.Gone(stored.Choices[0].Outcome, stored.Choices[0].Reason);
        await handler.ResumeAsync(context, stored.Answer, streaming: false);
        return Results.Empty;
    }

    private static async Task<IResult> Events(string id, HttpContext context, StoredAnswers answers, AnswerHandler handler)
    {
        if ((await answers.FindAsync(id, context.User)).Failed(out var error, out var stored))
            return error;
        await handler.ResumeAsync(context, stored.Answer, streaming: true);
        return Results.Empty;
    }

    private static async Task<IResult> Cancel(string id, HttpContext context, StoredAnswers answers, AnswerService service)
    {
        if ((await answers.FindAsync(id, context.User)).Failed(out var error, out var stored))
            return error;
        await service.CancelAsync(stored.Answer.Choices);
        return Accepted(context, stored.Answer, stored switch
        {
            { IsOpen: true } => "open",
            { IsGiven: true } => "given",
            _ => "none",
        });
    }

    private static IResult Accepted(HttpContext context, OpenAnswer answer, string status)
    {
        context.Response.Headers.Location = AcceptedLinks.Of(answer.Id).Self;
        return TypedResults.Json(AcceptedBody.Of(answer, status), ApiJson.Web.AcceptedBody, statusCode: StatusCodes.Status202Accepted);
    }
}
