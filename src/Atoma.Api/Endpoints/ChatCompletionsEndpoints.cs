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
            .ProducesErrors(400, 401, 402, 404, 409, 413, 502, 503, 504)
            .RequireAuthorization(AtomaPolicies.Client)
            .DisableRequestTimeout();

    private static Task Answer(HttpContext context, AnswerHandler handler, ChatShape shape, Limits limits) =>
        handler.HandleAsync(context, () => ReadAsync(context, limits), shape);

    private static async Task<Parsed<Question>> ReadAsync(HttpContext context, Limits limits) =>
        (await JsonBody.ReadAsync(context, ApiJson.Web.ChatCompletionBody)).Failed(out var error, out var body) ? error : ChatQuestion.Parse(body, limits);
}

internal static class AnswerTexts
{
    /// <summary>A body is read as JSON whatever it is called: curl names another type unless told.</summary>
    public const string AnyType = "*/*";

    public const string Description =
        "The most the answer can cost is held from the account, nodes are drawn, the answer is checked as 'integrity' asks, and what it "
        + "really cost is charged; the rest returns. An answer that fails its check or never comes costs nothing. "
        + "With the header Idempotency-Key (at most 128 characters) a retry returns the same answer and is charged once. "
        + "When the client disconnects, the work stops. Nodes see the prompt: there is no privacy.";
}
