using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Atoma.Api.Endpoints;

internal static class ChatCompletionsEndpoints
{
    public static void MapChatCompletions(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/chat/completions", Answer)
            .WithName("createChatCompletion").WithTags("Answers")
            .WithSummary("Answer a conversation")
            .WithDescription(AnswerTexts.Description)
            .Accepts<ChatCompletionBody>("application/json", AnswerTexts.AnyType)
            .Produces<ChatCompletion>(200, "application/json", "text/event-stream")
            .ProducesErrors(400, 401, 402, 404, 409, 413, 429, 502, 503, 504)
            .RequireAuthorization(AtomaPolicies.Client)
            .DisableRequestTimeout();

    private static Task Answer(HttpContext context, AnswerHandler handler, QuestionReader reader) =>
        handler.HandleAsync(context, () => reader.ChatAsync(context));
}

internal static class AnswerTexts
{
    /// <summary>A body is read as JSON whatever it is called: curl names another type unless told.</summary>
    public const string AnyType = "*/*";

    public const string Description =
        "The most the answer can cost is held from the account, nodes are drawn, the answer is checked as 'integrity' asks, and what it "
        + "really cost is charged; the rest returns. An answer that fails its check or never comes costs nothing. "
        + "With the header Idempotency-Key (at most 128 characters) a retry returns the same answer and is charged once, and the work goes on "
        + "when the client disconnects; without it the work stops then. n answers are n requests, each with its own seed, price and receipt: all "
        + "are held or none. One that fails costs nothing and is left out; atoma.choices says why. The events of a stream have ids: GET "
        + "/v1/requests/{id}/events with Last-Event-ID goes on after one. Nodes see the prompt: there is no privacy.";
}
