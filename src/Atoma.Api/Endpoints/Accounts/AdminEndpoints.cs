using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Payouts;

namespace Atoma.Api.Endpoints.Accounts;

/// <summary>Accounts and their money, for administrators. Everything that changes something is in the audit log.</summary>
internal static class AdminEndpoints
{
    private const int IdLengthMax = 64;

    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/admin/accounts", List)
            .WithName("listAccounts").WithTags("Administration").WithSummary("List accounts by id")
            .Produces<AccountList>().ProducesErrors(400, 401, 403, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/accounts", Open)
            .WithName("openAccount").WithTags("Administration").WithSummary("Open an account")
            .Accepts<NewAccountBody>("application/json", AnswerTexts.AnyType).Produces<AccountBody>(201).ProducesErrors(400, 401, 403, 409, 413, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapGet("/v1/admin/accounts/{account}", Get)
            .WithName("getAnyAccount").WithTags("Administration").WithSummary("Show one account")
            .Produces<AccountBody>().ProducesErrors(401, 403, 404, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapGet("/v1/admin/accounts/{account}/statement", GetStatement)
            .WithName("getAnyStatement").WithTags("Administration").WithSummary("List what came in and went out of one account, newest first")
            .Produces<StatementBody>().ProducesErrors(400, 401, 403, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/accounts/{account}/credit", Credit)
            .WithName("creditAccount").WithTags("Administration").WithSummary("Pay money in that came from outside")
            .WithDescription("The same reference for the same account pays in once, however often it is sent.")
            .Accepts<NewCreditBody>("application/json", AnswerTexts.AnyType).Produces<CreditBody>().ProducesErrors(400, 401, 403, 404, 409, 413, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/accounts/{account}/close", Close)
            .WithName("closeAccount").WithTags("Administration").WithSummary("Close an account and revoke its keys; its money stays its own")
            .Produces<AccountBody>().ProducesErrors(401, 403, 404, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapGet("/v1/admin/audit-log", AuditLog)
            .WithName("getAuditLog").WithTags("Administration").WithSummary("List what administrators and owners did, newest first")
            .WithDescription("Append-only. ?limit= takes up to 500, ?before= goes on before a sequence.")
            .Produces<AuditLogBody>().ProducesErrors(400, 401, 403, 503).RequireAuthorization(AtomaPolicies.AdminApi);
    }

    private static async Task<IResult> List(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        var accounts = await AccountEndpoints.Accounts(grains).List(context.Request.Query["after"].ToString(), limit + 1);
        return TypedResults.Json(new AccountList("list", [.. accounts.Take(limit).Select(a => AccountBody.Of(a))], accounts.Count > limit), ApiJson.Web.AccountList);
    }

    private static async Task<IResult> Open(HttpContext context, IGrainFactory grains)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.NewAccountBody)).Failed(out var error, out var body))
            return error;
        if (body.Id is not { Length: > 0 and <= IdLengthMax } id || !id.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '_'))
            return OpenAiErrors.Invalid("id", $"has 1 to {IdLengthMax} lower-case letters, digits, '-', '.' and '_'");
        if (body.Label is { Length: > AccountForm.LabelLengthMax } || body.Label?.Any(char.IsControl) == true)
            return OpenAiErrors.Invalid("label", $"has at most {AccountForm.LabelLengthMax} characters and no control characters");
        if (await AccountEndpoints.Accounts(grains).Open(context.User.Actor(), id, body.Label ?? "") == AccountStatus.Exists)
            return new ApiError(409, OpenAiErrors.InvalidRequest, "account_exists", $"There is an account '{id}' already. Choose another id.", "id");
        return await Show(id, grains, StatusCodes.Status201Created);
    }

    private static Task<IResult> Get(string account, IGrainFactory grains) => Show(account, grains);

    private static async Task<IResult> GetStatement(string account, HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryPage(context, limits, out var limit, out var before, out var error))
            return error;
        return AccountEndpoints.Statement(context, account, await AccountEndpoints.Accounts(grains).Statement(account, before, limit + 1), limit);
    }

    private static async Task<IResult> Credit(string account, HttpContext context, IGrainFactory grains)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.NewCreditBody)).Failed(out var error, out var body))
            return error;
        if (body.AmountMicros is not > 0)
            return OpenAiErrors.Invalid("amount_micros", "must be above 0");
        if (body.Reference is not { Length: > 0 and <= PayoutRules.ReferenceLengthMax } reference || reference.Any(char.IsControl))
            return OpenAiErrors.Invalid("reference", $"names the payment outside, 1 to {PayoutRules.ReferenceLengthMax} characters; the same one pays in once");
        var reply = await AccountEndpoints.Accounts(grains).Credit(context.User.Actor(), account, body.AmountMicros.Value, reference);
        return reply.Status switch
        {
            AccountStatus.Unknown => OpenAiErrors.AccountNotFound(),
            AccountStatus.Closed => OpenAiErrors.AccountClosed(account),
            AccountStatus.NotOffered => new ApiError(409, OpenAiErrors.InvalidRequest, "deposits_on_chain", "This network settles on a chain: money comes in by a deposit there (docs/settlement.md).", "account"),
            AccountStatus.Conflict => new ApiError(409, OpenAiErrors.InvalidRequest, "reference_used", "This reference paid in another amount. Nothing moved now.", "reference"),
            _ => TypedResults.Json(new CreditBody("credit", account, reply.BalanceMicros, reply.Transfer, reply.Status == AccountStatus.AlreadyDone), ApiJson.Web.CreditBody),
        };
    }

    private static async Task<IResult> Close(string account, HttpContext context, IGrainFactory grains) =>
        await AccountEndpoints.Accounts(grains).Close(context.User.Actor(), account) == AccountStatus.Unknown ? OpenAiErrors.AccountNotFound() : await Show(account, grains);

    private static async Task<IResult> AuditLog(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryPage(context, limits, out var limit, out var before, out var error))
            return error;
        var lines = await AccountEndpoints.Accounts(grains).AuditLog(before, limit + 1);
        return TypedResults.Json(
            new AuditLogBody("list", [.. lines.Take(limit).Select(l => new AuditLineBody(l.Sequence, EndpointConventions.Time(l.At), l.Actor, l.Action, l.Subject, l.Detail))], lines.Count > limit),
            ApiJson.Web.AuditLogBody);
    }

    private static async Task<IResult> Show(string account, IGrainFactory grains, int status = StatusCodes.Status200OK) =>
        await AccountEndpoints.Accounts(grains).Describe(account) is { } info
            ? TypedResults.Json(AccountBody.Of(info), ApiJson.Web.AccountBody, statusCode: status)
            : OpenAiErrors.AccountNotFound();
}
