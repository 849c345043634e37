using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>Nodes by address; with has_more, ask again with ?after= the last id.</summary>
internal sealed record NodeList(string Object, IReadOnlyList<NodeBody> Data, bool HasMore);

/// <param name="Id">Ethereum address of the node's key.</param>
/// <param name="State">registered, active, jailed, unbonding or exited.</param>
/// <param name="Online">Whether its lease is fresh.</param>
/// <param name="EndpointKind">silo or gateway.</param>
/// <param name="Country">As registered; may be empty.</param>
/// <param name="Model">The first model it offers.</param>
/// <param name="Echelon">Its replay class for that model: nodes of one echelon give byte-equal answers.</param>
/// <param name="InputPriceMicros">Micros per 1,000 prompt tokens.</param>
/// <param name="OutputPriceMicros">Micros per 1,000 answer tokens.</param>
/// <param name="Slots">Sequences it runs at once, those of all its models together.</param>
/// <param name="Busy">Sequences running.</param>
/// <param name="CollateralMicros">Bonded collateral.</param>
/// <param name="FrozenMicros">Part of it frozen by open slashes.</param>
/// <param name="EarningsMicros">Earned and not paid out.</param>
/// <param name="RegisteredAt">When it first came.</param>
/// <param name="JailReason">Why it is jailed; empty when it is not.</param>
/// <param name="Models">All models it offers.</param>
/// <param name="JailedUntil">When a jail for silence ends; null for none.</param>
/// <param name="Quarantined">Not drawn where answers are checked, until its failed audits are worked off (P8.1).</param>
/// <param name="Suspicion">Its sequential test: 0 is spotless, at 1 it is slashed.</param>
/// <param name="OutstandingMicros">Unchecked value it is at work on.</param>
/// <param name="OutstandingCapMicros">The most that may be (P6.3).</param>
/// <param name="PayableMicros">Asked for and not paid outside yet.</param>
/// <param name="UnbondsAt">Of a node that leaves: from when on it is paid out; else null.</param>
internal sealed record NodeBody(
    string Id, string State, bool Online, string EndpointKind, string Country, string Model, string Echelon, long InputPriceMicros,
    long OutputPriceMicros, int Slots, int Busy, long CollateralMicros, long FrozenMicros, long EarningsMicros, string RegisteredAt, string JailReason,
    IReadOnlyList<string> Models, string? JailedUntil, bool Quarantined, double Suspicion, long OutstandingMicros, long OutstandingCapMicros,
    long PayableMicros, string? UnbondsAt);

internal static class NodesEndpoints
{
    public static void MapNodes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/nodes", List)
            .WithName("listNodes").WithTags("Network").WithSummary("List the nodes")
            .WithDescription("Public. By address; ?limit= takes up to 500, ?after= continues after an id.")
            .Produces<NodeList>().ProducesErrors(400, 503).AllowAnonymous();
        routes.MapGet("/v1/nodes/{id}", Get)
            .WithName("getNode").WithTags("Network").WithSummary("Show one node").WithDescription("Public.")
            .Produces<NodeBody>().ProducesErrors(404, 503).AllowAnonymous();
        routes.MapGet("/v1/nodes/{id}/slashes", GetSlashes)
            .WithName("listNodeSlashes").WithTags("Network").WithSummary("List a node's slashes, newest first").WithDescription("Public.")
            .Produces<SlashList>().ProducesErrors(400, 404, 503).AllowAnonymous();
        routes.MapGet("/v1/slashes", ListSlashes)
            .WithName("listSlashes").WithTags("Network").WithSummary("List all slashes, newest first").WithDescription("Public.")
            .Produces<SlashList>().ProducesErrors(400, 503).AllowAnonymous();
    }

    private static async Task<IResult> List(HttpContext context, PublicView view, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        var after = context.Request.Query["after"].ToString();
        var rest = (await view.NodesAsync()).Where(n => string.Compare(n.Address, after, StringComparison.OrdinalIgnoreCase) > 0).ToList();
        return TypedResults.Json(new NodeList("list", [.. rest.Take(limit).Select(Body)], rest.Count > limit), ApiJson.Web.NodeList);
    }

    private static async Task<IResult> Get(string id, IGrainFactory grains) =>
        NodeId.TryParse(id, out var node) && await grains.GetGrain<INodeGrain>(Keys.Node(node)).Describe() is { } info
            ? TypedResults.Json(Body(info), ApiJson.Web.NodeBody)
            : OpenAiErrors.NodeNotFound();

    private static async Task<IResult> GetSlashes(string id, HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        if (!NodeId.TryParse(id, out var node) || await grains.GetGrain<INodeGrain>(Keys.Node(node)).Describe() is null)
            return OpenAiErrors.NodeNotFound();
        return Slashes(await grains.GetGrain<IBooksGrain>(Keys.Books).Slashes(node.ToString(), limit));
    }

    private static async Task<IResult> ListSlashes(HttpContext context, PublicView view, Limits limits) =>
        EndpointConventions.TryLimit(context, limits, out var limit, out var error) ? Slashes((await view.SlashesAsync()).Take(limit)) : error;

    private static IResult Slashes(IEnumerable<SlashInfo> slashes) =>
        TypedResults.Json(new SlashList("list", [.. slashes.Select(SlashBody.Of)]), ApiJson.Web.SlashList);

    private static NodeBody Body(NodeInfo n) =>
        new(
            n.Address, n.State, n.Online, n.EndpointKind, n.Country, n.Model, n.Echelon, n.InputPriceMicros, n.OutputPriceMicros, n.Slots, n.Busy,
            n.CollateralMicros, n.FrozenMicros, n.EarningsMicros, EndpointConventions.Time(n.RegisteredAt), n.JailReason, n.Models,
            n.JailedUntil is { } until ? EndpointConventions.Time(until) : null, n.Quarantined, n.Suspicion, n.OutstandingMicros, n.OutstandingCapMicros, n.PayableMicros,
            n.UnbondsAt is { } unbonds ? EndpointConventions.Time(unbonds) : null);
}
