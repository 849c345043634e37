using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints.Accounts;

/// <summary>API keys of an account, for whoever may manage them, and of all accounts for administrators.</summary>
internal static class KeyEndpoints
{
    private const string Shown = " The key is in the answer and nowhere else: only its hash is kept.";

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/account/keys", List)
            .WithName("listKeys").WithTags("Account").WithSummary("List the account's keys, newest first")
            .Produces<KeyList>().ProducesErrors(400, 401, 403, 503).RequireAuthorization(AtomaPolicies.Manager);
        routes.MapPost("/v1/account/keys", Create)
            .WithName("createKey").WithTags("Account").WithSummary("Make a key of the account")
            .WithDescription("With a budget, rate limits, an expiry, and no scope that the asking key lacks." + Shown)
            .Accepts<NewKeyBody>("application/json", AnswerTexts.AnyType).Produces<KeyBody>(201).ProducesErrors(400, 401, 403, 409, 413, 503).RequireAuthorization(AtomaPolicies.Manager);
        routes.MapPost("/v1/account/keys/{key}", Limit)
            .WithName("limitKey").WithTags("Account").WithSummary("Set all limits of a key: what is left out has none")
            .Accepts<NewKeyBody>("application/json", AnswerTexts.AnyType).Produces<KeyBody>().ProducesErrors(400, 401, 403, 404, 413, 503).RequireAuthorization(AtomaPolicies.Manager);
        routes.MapDelete("/v1/account/keys/{key}", Revoke)
            .WithName("revokeKey").WithTags("Account").WithSummary("Revoke a key")
            .Produces<KeyBody>().ProducesErrors(401, 403, 404, 503).RequireAuthorization(AtomaPolicies.Manager);

        routes.MapGet("/v1/admin/keys", List)
            .WithName("listAllKeys").WithTags("Administration").WithSummary("List keys of ?account=, or all, newest first")
            .Produces<KeyList>().ProducesErrors(400, 401, 403, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/keys", Create)
            .WithName("createAnyKey").WithTags("Administration").WithSummary("Make a key of any account").WithDescription("'account' names it." + Shown)
            .Accepts<NewKeyBody>("application/json", AnswerTexts.AnyType).Produces<KeyBody>(201).ProducesErrors(400, 401, 403, 404, 409, 413, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/keys/{key}", Limit)
            .WithName("limitAnyKey").WithTags("Administration").WithSummary("Set all limits of a key: what is left out has none")
            .Accepts<NewKeyBody>("application/json", AnswerTexts.AnyType).Produces<KeyBody>().ProducesErrors(400, 401, 403, 404, 413, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapDelete("/v1/admin/keys/{key}", Revoke)
            .WithName("revokeAnyKey").WithTags("Administration").WithSummary("Revoke a key of any account")
            .Produces<KeyBody>().ProducesErrors(401, 403, 404, 503).RequireAuthorization(AtomaPolicies.AdminApi);
    }

    private static async Task<IResult> List(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        var account = context.User.IsAdmin() ? context.Request.Query["account"].ToString() : context.User.Account();
        var keys = await AccountEndpoints.Accounts(grains).Keys(account, limit);
        return TypedResults.Json(new KeyList("list", [.. keys.Select(k => KeyBody.Of(k))]), ApiJson.Web.KeyList);
    }

    private static async Task<IResult> Create(HttpContext context, IGrainFactory grains, TimeProvider time)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.NewKeyBody)).Failed(out var error, out var body))
            return error;
        var user = context.User;
        if (!user.IsAdmin() && body.Account is not null && body.Account != user.Account())
            return OpenAiErrors.Invalid("account", "is not that of the key that asks; leave it out");
        var account = user.IsAdmin() ? body.Account : user.Account();
        if (string.IsNullOrEmpty(account))
            return OpenAiErrors.Missing("account", "Name one of GET /v1/admin/accounts.");
        var allowed = user.IsAdmin() ? [AtomaPolicies.ClientScope, AtomaPolicies.ReadScope, AtomaPolicies.ManageScope, AtomaPolicies.AdminScope] : user.Scopes();
        if (KeyRequest.Make(body, account, allowed, time.GetUtcNow()).Failed(out error, out var made))
            return error;
        var reply = await AccountEndpoints.Accounts(grains).AddKey(user.Actor(), made.Kept);
        return reply.Status switch
        {
            AccountStatus.Ok => TypedResults.Json(KeyBody.Of(reply.Key!, made.Text), ApiJson.Web.KeyBody, statusCode: StatusCodes.Status201Created),
            AccountStatus.Closed => OpenAiErrors.AccountClosed(account),
            _ => OpenAiErrors.AccountNotFound(),
        };
    }

    private static async Task<IResult> Limit(string key, HttpContext context, IGrainFactory grains, ApiKeys known)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.NewKeyBody)).Failed(out var error, out var body) || KeyRequest.Limits(body).Failed(out error, out var limits))
            return error;
        return Reply(await AccountEndpoints.Accounts(grains).LimitKey(context.User.Actor(), Owner(context), key, limits), known);
    }

    private static async Task<IResult> Revoke(string key, HttpContext context, IGrainFactory grains, ApiKeys known) =>
        Reply(await AccountEndpoints.Accounts(grains).RevokeKey(context.User.Actor(), Owner(context), key), known);

    private static IResult Reply(KeyReply reply, ApiKeys known)
    {
        if (reply.Key is not { } key)
            return OpenAiErrors.KeyNotFound();
        known.Forget(key.Id);
        return TypedResults.Json(KeyBody.Of(key), ApiJson.Web.KeyBody);
    }

    /// <summary>Whose keys may be changed: empty for anybody's.</summary>
    private static string Owner(HttpContext context) => context.User.IsAdmin() ? "" : context.User.Account();
}
