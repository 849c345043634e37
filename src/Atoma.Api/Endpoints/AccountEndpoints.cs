using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints;

/// <param name="Object">"account".</param>
/// <param name="Account">Account id.</param>
/// <param name="BalanceMicros">What can be spent now, in millionths of the network's currency; holds of open requests are taken off.</param>
internal sealed record AccountBody(string Object, string Account, long BalanceMicros);

internal static class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/account", Get)
            .WithName("getAccount").WithTags("Account").WithSummary("Show the key's account and its balance")
            .Produces<AccountBody>().ProducesErrors(401, 503).RequireAuthorization(AtomaPolicies.Reader);

    private static async Task<IResult> Get(HttpContext context, IGrainFactory grains)
    {
        var info = await grains.GetGrain<IBooksGrain>(Keys.Books).Balance(context.User.Account());
        return TypedResults.Json(new AccountBody("account", info.Account, info.BalanceMicros), ApiJson.Web.AccountBody);
    }
}
