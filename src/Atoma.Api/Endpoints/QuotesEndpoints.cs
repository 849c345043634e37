using Atoma.Api.Answers;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints;

internal static class QuotesEndpoints
{
    public static void MapQuotes(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/quotes", Quote)
            .WithName("createQuote").WithTags("Answers").WithSummary("Say what an answer would cost and be worth")
            .WithDescription(
                "Takes the body of /v1/chat/completions, or, with 'prompt', of /v1/completions, and refuses what they would refuse, but for want of money. "
                + "Free: nothing is held, nobody is drawn. Shows the price and its parts, which level an assurance is turned into, the probability that a "
                + "wrong answer passes, when the answer is final, who could be drawn, and all levels that could be served now. Prices "
                + "and tokens are those of one choice; 'choices' says how many there are.")
            .Accepts<ChatCompletionBody>("application/json", AnswerTexts.AnyType)
            .Produces<QuoteBody>().ProducesErrors(400, 401, 404, 413, 503)
            .RequireAuthorization(AtomaPolicies.Client);

    private static async Task<IResult> Quote(HttpContext context, AnswerGate gate, AnswerService service, QuestionReader reader, IGrainFactory grains)
    {
        using var place = gate.Enter();
        if (!place.IsAcquired)
            return OpenAiErrors.Busy();
        if ((await ReadAsync(context, reader)).Failed(out var error, out var question) || (await service.QuoteAsync(question, context.User.Account())).Failed(out error, out var quote))
            return error;
        var balance = await grains.GetGrain<IAccountsGrain>(Keys.Accounts).Describe(context.User.Account());
        return TypedResults.Json(QuoteBody.Of(question, quote, balance?.BalanceMicros ?? 0), ApiJson.Web.QuoteBody);
    }

    private static async Task<Parsed<Question>> ReadAsync(HttpContext context, QuestionReader reader)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.JsonDocument)).Failed(out var error, out var body))
            return error;
        using (body)
            return reader.Any(body.RootElement);
    }
}
