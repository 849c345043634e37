using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>A dispute that was opened, or was open already.</summary>
/// <param name="Object">"dispute".</param>
/// <param name="RequestId">The request whose answer is doubted.</param>
/// <param name="ReviewId">The request by which it is checked again; GET /v1/requests/{id} shows who votes and what they find.</param>
/// <param name="Location">Where that is.</param>
/// <param name="BondMicros">What is held: it pays the resolvers if the answer is found right, and returns if it is found wrong.</param>
internal sealed record DisputeBody(string Object, string RequestId, string ReviewId, string Location, long BondMicros);

internal static class DisputeEndpoints
{
    public static void MapDisputes(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/requests/{id}/dispute", Open)
            .WithName("disputeRequest").WithTags("Requests").WithSummary("Doubt a settled answer")
            .WithDescription(
                "No body. Nodes drawn anew check the answer for a bond of as many checks, which is held. If they find it wrong, the bond returns, whoever gave or "
                + "passed the answer is convicted, and the requester gets its share of the slash; if right, the bond pays them and the rest is lost. Possible "
                + "for one epoch after the settlement, where nodes can tell bit by bit. Asked for again it is the same dispute.")
            .Produces<DisputeBody>(202).ProducesErrors(401, 402, 404, 409, 410, 503)
            .RequireAuthorization(AtomaPolicies.Client);

    private static async Task<IResult> Open(string id, HttpContext context, IGrainFactory grains)
    {
        if (!Hash32.TryParse(id, out var request))
            return OpenAiErrors.RequestNotFound();
        var reply = await grains.GetGrain<IRequestGrain>(Keys.Request(request)).Dispute(context.User.Account());
        if (Refused(reply) is { } refused)
            return refused;
        var location = "/v1/requests/" + reply.Review;
        context.Response.Headers.Location = location;
        return TypedResults.Json(new DisputeBody("dispute", request.ToString(), reply.Review, location, reply.BondMicros), ApiJson.Web.DisputeBody, statusCode: StatusCodes.Status202Accepted);
    }

    private static ApiError? Refused(DisputeReply reply) => reply.Status switch
    {
        DisputeStatus.Opened => null,
        DisputeStatus.Unknown => OpenAiErrors.RequestNotFound(),
        DisputeStatus.NotSettled => new ApiError(409, OpenAiErrors.InvalidRequest, "not_settled", reply.Message, "id"),
        DisputeStatus.TooLate => new ApiError(410, OpenAiErrors.InvalidRequest, "dispute_window_over", reply.Message, "id"),
        DisputeStatus.NotExact => new ApiError(409, OpenAiErrors.InvalidRequest, "not_exact", reply.Message, "id"),
        DisputeStatus.InsufficientFunds => new ApiError(402, OpenAiErrors.InsufficientQuota, "insufficient_balance", reply.Message + " It returns if the answer is found wrong. Add funds."),
        _ => throw new ArgumentOutOfRangeException(nameof(reply), reply.Status, "Unknown status of a dispute."),
    };
}
