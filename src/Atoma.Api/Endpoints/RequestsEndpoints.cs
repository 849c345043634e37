using System.Net.Mime;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>The newest requests, newest first.</summary>
internal sealed record RequestList(string Object, IReadOnlyList<RequestBody> Data);

internal sealed record RequestBody(string RequestId, string Status, string Model, string CreatedAt);

internal static class RequestsEndpoints
{
    public static void MapRequests(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/requests", List)
            .WithName("listRequests").WithTags("Requests").WithSummary("List the account's newest requests")
            .WithDescription("Newest first; ?limit= takes up to 500. An admin key sees those of all accounts.")
            .Produces<RequestList>().ProducesErrors(400, 401, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapGet("/v1/requests/{id}", Get)
            .WithName("getRequest").WithTags("Requests").WithSummary("Show one request")
            .WithDescription("Who was drawn and how, who committed what, the verdict, what was held and paid.")
            .Produces<object>(200, MediaTypeNames.Application.Json).ProducesErrors(401, 404, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapGet("/v1/requests/{id}/receipt", GetReceipt)
            .WithName("getReceipt").WithTags("Requests").WithSummary("Download the receipt of a finished request")
            .WithDescription("Exactly the text to give to 'atoma verify': it holds everything needed to check, offline, what was decided and paid.")
            .Produces<object>(200, MediaTypeNames.Application.Json).ProducesErrors(401, 404, 409, 503).RequireAuthorization(AtomaPolicies.Reader);
    }

    private static async Task<IResult> List(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        var account = context.User.IsAdmin() ? "" : context.User.Account();
        var requests = await grains.GetGrain<IBooksGrain>(Keys.Books).RecentRequests(account, limit);
        return TypedResults.Json(
            new RequestList("list", [.. requests.Select(r => new RequestBody(r.Request, r.Status, r.Model, EndpointConventions.Time(r.CreatedAt)))]),
            ApiJson.Web.RequestList);
    }

    private static async Task<IResult> Get(string id, HttpContext context, IGrainFactory grains) =>
        await FindAsync(id, context, grains) is { } request ? TypedResults.Text(request.Json, MediaTypeNames.Application.Json) : OpenAiErrors.RequestNotFound();

    private static async Task<IResult> GetReceipt(string id, HttpContext context, IGrainFactory grains)
    {
        if (await FindAsync(id, context, grains) is not { } request)
            return OpenAiErrors.RequestNotFound();
        if (request.Receipt is not { } receipt)
            return OpenAiErrors.ReceiptNotReady();
        context.Response.Headers.ContentDisposition = $"inline; filename=\"receipt-{Hash32.Parse(id)}.json\"";
        return TypedResults.Text(receipt, MediaTypeNames.Application.Json);
    }

    /// <summary>Somebody else's request is as unknown as one that never was.</summary>
    private static async Task<RequestInfo?> FindAsync(string id, HttpContext context, IGrainFactory grains)
    {
        if (!Hash32.TryParse(id, out var hash))
            return null;
        var info = await grains.GetGrain<IRequestGrain>(Keys.Request(hash)).Describe();
        return info is not null && (context.User.IsAdmin() || info.Account == context.User.Account()) ? info : null;
    }
}
