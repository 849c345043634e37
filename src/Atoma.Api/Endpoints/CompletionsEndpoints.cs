using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Atoma.Api.Endpoints;

internal static class CompletionsEndpoints
{
    public static void MapCompletions(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/completions", Answer)
            .WithName("createCompletion").WithTags("Answers")
            .WithSummary("Continue a text")
            .WithDescription(AnswerTexts.Description + " max_tokens is 16 when not given, as in OpenAI's API; with 'echo' and 'logprobs' it may be 0, which scores the prompt.")
            .Accepts<TextCompletionBody>("application/json", AnswerTexts.AnyType)
            .Produces<TextCompletion>(200, "application/json", "text/event-stream")
            .ProducesErrors(400, 401, 402, 404, 409, 413, 429, 502, 503, 504)
            .RequireAuthorization(AtomaPolicies.Client)
            .DisableRequestTimeout();

    private static Task Answer(HttpContext context, AnswerHandler handler, QuestionReader reader) =>
        handler.HandleAsync(context, () => reader.TextAsync(context));
}
