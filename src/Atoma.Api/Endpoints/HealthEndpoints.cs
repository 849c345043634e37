using Atoma.Api.Json;
using Orleans.Runtime;

namespace Atoma.Api.Endpoints;

/// <param name="Status">live, ready or not_ready.</param>
/// <param name="Why">Empty unless not ready.</param>
internal sealed record HealthBody(string Status, string Why);

internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Json(new HealthBody("live", ""), ApiJson.Web.HealthBody))
            .WithName("getLive").WithTags("Health").WithSummary("Whether this process serves").Produces<HealthBody>().AllowAnonymous();
        routes.MapGet("/health/ready", Ready)
            .WithName("getReady").WithTags("Health").WithSummary("Whether the network answers")
            .WithDescription("Ready once a token was generated and verified since the network started, as long as the books add up.")
            .Produces<HealthBody>().Produces<HealthBody>(503).AllowAnonymous();
    }

    private static async Task<IResult> Ready(PublicView view)
    {
        try
        {
            var network = await view.NetworkAsync();
            if (network.DifferenceMicros != 0 || network.MismatchedAccounts != 0)
                return NotReady($"The books do not add up (P11): {network.DifferenceMicros} micros too much, {network.MismatchedAccounts} accounts differ from their entries. Stop taking requests and look.");
            return network.Ready
                ? TypedResults.Json(new HealthBody("ready", ""), ApiJson.Web.HealthBody)
                : NotReady("No token was generated and verified yet: the nodes are still loading, or none can work.");
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return NotReady("The network does not answer.");
        }
    }

    private static IResult NotReady(string why) => TypedResults.Json(new HealthBody("not_ready", why), ApiJson.Web.HealthBody, statusCode: 503);
}
