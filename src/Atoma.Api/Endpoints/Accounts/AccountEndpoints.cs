using System.Globalization;
using System.Net.Mime;
using System.Text;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Endpoints.Accounts;

/// <summary>What an account's owner sees of its money.</summary>
internal static class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/account", Get)
            .WithName("getAccount").WithTags("Account").WithSummary("Show the key's account, its balance, and the key's own limits")
            .Produces<AccountBody>().ProducesErrors(401, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapGet("/v1/account/statement", GetStatement)
            .WithName("getStatement").WithTags("Account").WithSummary("List what came in and went out, newest first")
            .WithDescription("?limit= takes up to 500, ?before= goes on before a sequence, ?format=csv gives a table for spreadsheets. The lines never change.")
            .Produces<StatementBody>(200, MediaTypeNames.Application.Json, MediaTypeNames.Text.Csv).ProducesErrors(400, 401, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapGet("/v1/account/holds", GetHolds)
            .WithName("listHolds").WithTags("Account").WithSummary("List the money that waits for open requests, newest first")
            .Produces<HoldList>().ProducesErrors(400, 401, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapGet("/v1/requests/{id}/money", GetMoney)
            .WithName("getRequestMoney").WithTags("Account").WithSummary("Where is my money? All that one request moved")
            .WithDescription("From the ledger's own entries: what was held, what still waits, what was paid to whom, what returned, what nodes paid for their silence or fraud.")
            .Produces<RequestMoneyBody>().ProducesErrors(401, 404, 503).RequireAuthorization(AtomaPolicies.Reader);
        routes.MapPost("/v1/account/faucet", DrawFromFaucet)
            .WithName("drawFromFaucet").WithTags("Account").WithSummary("Fill the account up, in a development network")
            .WithDescription("Development networks give every account as much as it likes, up to a level. Elsewhere this is refused.")
            .Produces<CreditBody>().ProducesErrors(401, 403, 404, 503).RequireAuthorization(AtomaPolicies.Client);
    }

    private static async Task<IResult> Get(HttpContext context, IGrainFactory grains, ApiKeys keys)
    {
        var account = context.User.Account();
        // Asked anew: what it has spent of its budget is not remembered with it.
        var key = await keys.ReadAsync(context.User.KeyHash());
        var info = await Accounts(grains).Describe(account) ?? new AccountInfo(account, 0);
        return TypedResults.Json(AccountBody.Of(info, key), ApiJson.Web.AccountBody);
    }

    private static async Task<IResult> GetStatement(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryPage(context, limits, out var limit, out var before, out var error))
            return error;
        var account = context.User.Account();
        // One more than shown tells whether there are more.
        var lines = await Accounts(grains).Statement(account, before, limit + 1);
        return Statement(context, account, lines, limit);
    }

    /// <summary>A page of lines as JSON, or as CSV when <c>?format=csv</c> asks for it.</summary>
    internal static IResult Statement(HttpContext context, string account, IReadOnlyList<StatementLine> lines, int limit)
    {
        var shown = lines.Take(limit).Select(StatementLineBody.Of).ToArray();
        switch (context.Request.Query["format"].ToString())
        {
            case "" or "json":
                return TypedResults.Json(new StatementBody("list", account, shown, lines.Count > limit), ApiJson.Web.StatementBody);
            case "csv":
                context.Response.Headers.ContentDisposition = "attachment; filename=\"statement.csv\"";
                return TypedResults.Text(Csv(shown), MediaTypeNames.Text.Csv, Encoding.UTF8);
            default:
                return OpenAiErrors.Invalid("format", "is json or csv");
        }
    }

    /// <summary>RFC 4180. No field holds anything that would need quotes or be read as a formula but an amount below zero.</summary>
    private static string Csv(IEnumerable<StatementLineBody> lines)
    {
        var text = new StringBuilder("sequence,at,code,amount_micros,balance_micros,operation,counterparty\r\n");
        foreach (var line in lines)
            text.Append(CultureInfo.InvariantCulture, $"{line.Sequence},{line.At},{line.Code},{line.AmountMicros},{line.BalanceMicros},{line.Operation},{line.Counterparty}\r\n");
        return text.ToString();
    }

    private static async Task<IResult> GetHolds(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        var holds = await Accounts(grains).Holds(context.User.Account(), limit);
        return TypedResults.Json(
            new HoldList("list", [.. holds.Select(h => new HoldBody(h.Id, h.AmountMicros, EndpointConventions.Time(h.CreatedAt), EndpointConventions.Time(h.ExpiresAt)))]),
            ApiJson.Web.HoldList);
    }

    private static async Task<IResult> GetMoney(string id, HttpContext context, IGrainFactory grains)
    {
        if (await Accounts(grains).Money(id) is not { } money || (money.Account != context.User.Account() && !context.User.IsAdmin()))
            return OpenAiErrors.RequestNotFound();
        return TypedResults.Json(
            new RequestMoneyBody(
                "request.money", id, money.Status, money.HeldMicros, money.WaitingMicros, money.PaidMicros, money.ReturnedMicros, money.CompensationMicros,
                [.. money.Parts.Select(p => new MoneyPartBody(p.Account, p.Code, p.AmountMicros))], EndpointConventions.Time(money.Deadline), Explain(money)),
            ApiJson.Web.RequestMoneyBody);
    }

    private static string Explain(RequestMoney money)
    {
        var held = $"{money.HeldMicros} micros were held when the request was accepted.";
        var end = money.Status == "open"
            ? $" They wait until it ends, {EndpointConventions.Time(money.Deadline)} at the latest."
            : $" {money.PaidMicros} were paid, {money.ReturnedMicros} returned to the balance.";
        return money.CompensationMicros > 0 ? $"{held}{end} Nodes that were silent or cheated paid the requester {money.CompensationMicros} more." : held + end;
    }

    private static async Task<IResult> DrawFromFaucet(HttpContext context, IGrainFactory grains)
    {
        var account = context.User.Account();
        var reply = await Accounts(grains).Draw(account);
        return reply.Status == AccountStatus.NotOffered
            ? OpenAiErrors.NotOffered("This network has no faucet: its money is real. Deposit on its chain where it has one (GET /v1/chain); else an administrator credits accounts.")
            : TypedResults.Json(new CreditBody("credit", account, reply.BalanceMicros, reply.Transfer, reply.Status == AccountStatus.AlreadyDone), ApiJson.Web.CreditBody);
    }

    internal static IAccountsGrain Accounts(IGrainFactory grains) => grains.GetGrain<IAccountsGrain>(Grains.Abstractions.Keys.Accounts);
}
