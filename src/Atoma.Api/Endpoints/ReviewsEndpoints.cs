using Atoma.Api.Json;

namespace Atoma.Api.Endpoints;

/// <summary>Reviews, newest first.</summary>
internal sealed record ReviewList(string Object, IReadOnlyList<ReviewBody> Data);

/// <param name="RequestId">Of the review; its requester sees it whole by GET /v1/requests/{id}.</param>
/// <param name="Kind">dispute, assembly or canary.</param>
/// <param name="Origin">The request whose answer is looked at again.</param>
/// <param name="Model">Model id.</param>
/// <param name="Status">open, settled, refunded or expired.</param>
/// <param name="Finding">match, mismatch, or null while there is none.</param>
/// <param name="Panel">Nodes drawn to vote.</param>
/// <param name="CreatedAt">When it was opened.</param>
internal sealed record ReviewBody(string RequestId, string Kind, string Origin, string Model, string Status, string? Finding, int Panel, string CreatedAt);

internal static class ReviewsEndpoints
{
    public static void MapReviews(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/reviews", List)
            .WithName("listReviews").WithTags("Network").WithSummary("List the latest reviews, newest first")
            .WithDescription("Public. Answers that were checked again after they were given: a requester's dispute, an assembly about collateral, a canary for lazy checkers. Up to 20, among the newest requests.")
            .Produces<ReviewList>().ProducesErrors(503).AllowAnonymous();

    private static async Task<IResult> List(PublicView view) => TypedResults.Json(
        new ReviewList("list", [.. (await view.ReviewsAsync()).Select(r => new ReviewBody(
            r.Request, r.Kind, r.Origin, r.Model, r.Status, r.Finding.Length > 0 ? r.Finding : null, r.Panel, EndpointConventions.Time(r.CreatedAt)))]),
        ApiJson.Web.ReviewList);
}
