using Atoma.Api.Answers.Embeddings;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Atoma.Api.Endpoints;

/// <summary>Embeddings, and the ranking that follows from them.</summary>
internal static class EmbeddingsEndpoints
{
    private const string Paid = " Only the inputs' tokens are paid; a check computes them again and costs as much. " + AnswerTexts.Description;

    public static void MapEmbeddings(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/embeddings", Embed)
            .WithName("createEmbedding").WithTags("Answers").WithSummary("Embed texts")
            .WithDescription("One vector of length 1 for each input." + Paid)
            .Accepts<EmbeddingBody>("application/json", AnswerTexts.AnyType)
            .Produces<EmbeddingList>().ProducesErrors(400, 401, 402, 404, 409, 413, 429, 502, 503, 504)
            .RequireAuthorization(AtomaPolicies.Client).DisableRequestTimeout();
        routes.MapPost("/v1/rerank", Rerank)
            .WithName("rerank").WithTags("Answers").WithSummary("Sort documents by their nearness to a query")
            .WithDescription("By the cosine of their embeddings." + Paid)
            .Accepts<RerankBody>("application/json", AnswerTexts.AnyType)
            .Produces<Reranking>().ProducesErrors(400, 401, 402, 404, 409, 413, 429, 502, 503, 504)
            .RequireAuthorization(AtomaPolicies.Client).DisableRequestTimeout();
    }

    private static Task Embed(HttpContext context, AnswerHandler handler, VectorRelay relay, IGrainFactory grains) =>
        handler.HandleAsync(context, () => ReadAsync(context, grains), (request, question) => relay.RunAsync(context, request, question));

    private static Task Rerank(HttpContext context, AnswerHandler handler, VectorRelay relay) =>
        handler.HandleAsync(context, () => ReadAsync(context), (request, question) => relay.RunAsync(context, request, question));

    private static async Task<Parsed<EmbeddingQuestion>> ReadAsync(HttpContext context, IGrainFactory grains)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.EmbeddingBody)).Failed(out var error, out var body) || EmbeddingQuestion.Parse(body).Failed(out error, out var question))
            return error;
        return await DimensionsProblemAsync(grains, question.Model, body.Dimensions) is { } problem ? problem : question;
    }

    private static async Task<Parsed<RerankQuestion>> ReadAsync(HttpContext context) =>
        (await JsonBody.ReadAsync(context, ApiJson.Web.RerankBody)).Failed(out var error, out var body) ? error : RerankQuestion.Parse(body);

    /// <summary>A vector is not cut: what is checked is all of it. Unknown models are refused when the question is submitted.</summary>
    private static async Task<ApiError?> DimensionsProblemAsync(IGrainFactory grains, string model, int? dimensions)
    {
        if (dimensions is null || await grains.GetGrain<IModelGrain>(Keys.Model(model)).Market() is not { } market)
            return null;
        var reader = new CanonicalReader(market.Manifest);
        var length = ModelManifest.Read(ref reader).EmbeddingLength;
        return dimensions == length ? null : OpenAiErrors.Unsupported("dimensions", $"The model's embeddings have {length} values and are not shortened; leave it out.");
    }
}
