using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Api.Endpoints;

/// <summary>The models that can be asked.</summary>
internal sealed record ModelList(string Object, IReadOnlyList<ModelBody> Data);

/// <summary>A model as OpenAI shows it, and what Atoma knows of it.</summary>
/// <param name="Id">Model id.</param>
/// <param name="Object">"model".</param>
/// <param name="Created">Unix seconds: when a node of this network first offered it.</param>
/// <param name="OwnedBy">"atoma".</param>
/// <param name="Atoma">More.</param>
internal sealed record ModelBody(string Id, string Object, long Created, string OwnedBy, ModelDetail Atoma);

/// <param name="Digest">SHA-256 of the GGUF file.</param>
/// <param name="Architecture">Of the GGUF file.</param>
/// <param name="Quantisation">Of the GGUF file.</param>
/// <param name="ContextLength">Tokens of prompt and answer together, as trained.</param>
/// <param name="MaxContext">Tokens of prompt and answer together that every node takes.</param>
/// <param name="Nodes">Nodes that can be drawn now.</param>
/// <param name="InputPriceMicros">Lowest and highest price of 1,000 prompt tokens, micros.</param>
/// <param name="OutputPriceMicros">Lowest and highest price of 1,000 answer tokens, micros.</param>
internal sealed record ModelDetail(
    string Digest, string Architecture, string Quantisation, int ContextLength, int MaxContext, int Nodes, PriceRange? InputPriceMicros, PriceRange? OutputPriceMicros);

internal sealed record PriceRange(long From, long To);

internal static class ModelsEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", List)
            .WithName("listModels").WithTags("Models").WithSummary("List the models that can be asked")
            .Produces<ModelList>().ProducesErrors(401, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapGet("/v1/models/{**id}", Get)
            .WithName("getModel").WithTags("Models").WithSummary("Show one model")
            .Produces<ModelBody>().ProducesErrors(401, 404, 503).RequireAuthorization(AtomaPolicies.Reader);
    }

    private static async Task<IResult> List(IGrainFactory grains, Limits limits)
    {
        var ids = await grains.GetGrain<IDirectoryGrain>(Keys.Directory).Models();
        var models = await Task.WhenAll(ids.Order(StringComparer.Ordinal).Take(limits.ListEntries).Select(id => FindAsync(grains, id)));
        return TypedResults.Json(new ModelList("list", [.. models.OfType<ModelBody>()]), ApiJson.Web.ModelList);
    }

    private static async Task<IResult> Get(string id, IGrainFactory grains) =>
        // Anything else would only wake a grain for nothing.
        ModelManifest.IsId(id) && await FindAsync(grains, id) is { } model
            ? TypedResults.Json(model, ApiJson.Web.ModelBody)
            : OpenAiErrors.ModelNotFound(id.Length <= ModelLimits.IdLength ? id : id[..ModelLimits.IdLength] + "…");

    private static async Task<ModelBody?> FindAsync(IGrainFactory grains, string id)
    {
        if (await grains.GetGrain<IModelGrain>(Keys.Model(id)).Market() is not { } market)
            return null;
        var manifest = ReadManifest(market.Manifest);
        return new ModelBody(
            manifest.Id, "model", market.Since.ToUnixTimeSeconds(), "atoma",
            new ModelDetail(
                manifest.Digest.ToString(), manifest.Architecture, manifest.Quantisation, manifest.ContextLength, market.MaxContext,
                market.Offers.Count, Range(market.Offers, static o => o.InputPriceMicros), Range(market.Offers, static o => o.OutputPriceMicros)));
    }

    private static ModelManifest ReadManifest(byte[] bytes)
    {
        var reader = new CanonicalReader(bytes);
        return ModelManifest.Read(ref reader);
    }

    private static PriceRange? Range(IReadOnlyList<NodeOffer> offers, Func<NodeOffer, long> price) =>
        offers.Count == 0 ? null : new PriceRange(offers.Min(price), offers.Max(price));
}
