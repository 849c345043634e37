using System.Security.Cryptography;
using Atoma.Api.Endpoints.Accounts;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Payouts;

namespace Atoma.Api.Endpoints;

/// <summary>Body of a payout or a bond.</summary>
/// <param name="AmountMicros">Above zero.</param>
/// <param name="To">Address; of a payout only, the node's own when left out.</param>
/// <param name="Nonce">32 bytes, hex: the same one is the same payout.</param>
/// <param name="Signature">65 bytes, hex, by the node's key.</param>
internal sealed record OperatorBody(long? AmountMicros, string? To, string? Nonce, string? Signature);

/// <param name="Object">"payout" or "bond".</param>
/// <param name="Message">For the operator; empty when there is nothing to say.</param>
/// <param name="Repeated">It was done before; nothing moved now.</param>
/// <param name="EarningsMicros">What can be asked for now.</param>
/// <param name="CollateralMicros">Bonded now.</param>
/// <param name="Payout">As it is now; null for a bond.</param>
internal sealed record OperatorReplyBody(string Object, string Message, bool Repeated, long EarningsMicros, long CollateralMicros, PayoutBody? Payout);

/// <param name="Id">Payout id.</param>
/// <param name="Node">Whose.</param>
/// <param name="AmountMicros">How much.</param>
/// <param name="To">Address.</param>
/// <param name="Status">requested, paid or returned.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="DecidedAt">When it was paid or returned, or null.</param>
/// <param name="Reference">Of the payment outside, or why it was returned.</param>
internal sealed record PayoutBody(string Id, string Node, long AmountMicros, string To, string Status, string RequestedAt, string? DecidedAt, string Reference)
{
    public static PayoutBody Of(PayoutInfo p) => new(
        p.Id, p.Node, p.AmountMicros, p.To, p.State, EndpointConventions.Time(p.RequestedAt), p.DecidedAt is { } at ? EndpointConventions.Time(at) : null, p.Reference);
}

internal sealed record PayoutList(string Object, IReadOnlyList<PayoutBody> Data);

/// <param name="Object">"unbonding".</param>
/// <param name="Message">What follows.</param>
/// <param name="Repeated">It was leaving already.</param>
/// <param name="EndsAt">When collateral and earnings are paid out at the earliest.</param>
internal sealed record UnbondingBody(string Object, string Message, bool Repeated, string? EndsAt);

/// <param name="Reference">Of the payment outside, or why it is returned; 1 to 128 characters.</param>
internal sealed record PayoutDecisionBody(string? Reference);

/// <summary>What an operator does with what its node has earned and bonded (P2). The node's signature is the key to it.</summary>
internal static class OperatorEndpoints
{
    private static readonly string[] NodeAccounts = ["earnings", "collateral", "frozen", "payable"];

    public static void MapOperators(this IEndpointRouteBuilder routes)
    {
        const string Signed = " By the node's operator: signature is that of the node's key over the EIP-712 struct ";
        routes.MapGet("/v1/nodes/{id}/statement", GetStatement)
            .WithName("getNodeStatement").WithTags("Network").WithSummary("List what a node earned, bonded and lost, newest first")
            .WithDescription("Public. ?account= is earnings (default), collateral, frozen or payable; ?limit=, ?before= and ?format=csv as of an account's statement.")
            .Produces<StatementBody>().ProducesErrors(400, 404, 503).AllowAnonymous();
        routes.MapGet("/v1/nodes/{id}/payouts", ListPayouts)
            .WithName("listNodePayouts").WithTags("Network").WithSummary("List a node's payouts, newest first").WithDescription("Public.")
            .Produces<PayoutList>().ProducesErrors(400, 404, 503).AllowAnonymous();
        routes.MapPost("/v1/nodes/{id}/payouts", Payout)
            .WithName("requestPayout").WithTags("Network").WithSummary("Ask for what a node has earned")
            .WithDescription("The same nonce is the same payout." + Signed + "Payout(address node,uint64 micros,address to,bytes32 nonce) in the domain of docs/receipts.md.")
            .Accepts<OperatorBody>("application/json", AnswerTexts.AnyType).Produces<OperatorReplyBody>().ProducesErrors(400, 402, 403, 404, 409, 413, 503).AllowAnonymous();
        routes.MapPost("/v1/nodes/{id}/bond", Bond)
            .WithName("bondEarnings").WithTags("Network").WithSummary("Make a node's earnings collateral")
            .WithDescription("The same nonce is the same bond." + Signed + "Bond(address node,uint64 micros,bytes32 nonce).")
            .Accepts<OperatorBody>("application/json", AnswerTexts.AnyType).Produces<OperatorReplyBody>().ProducesErrors(400, 402, 403, 404, 409, 413, 503).AllowAnonymous();
        routes.MapPost("/v1/nodes/{id}/unbond", Unbond)
            .WithName("unbondNode").WithTags("Network").WithSummary("Leave the network")
            .WithDescription("No new work is drawn at once; after two epochs, when nothing is open against the node, collateral and earnings are paid out (P2.3)." + Signed + "Unbond(address node).")
            .Accepts<SignedBody>("application/json", AnswerTexts.AnyType).Produces<UnbondingBody>().ProducesErrors(400, 403, 404, 409, 413, 503).AllowAnonymous();

        routes.MapGet("/v1/admin/payouts", ListAllPayouts)
            .WithName("listPayouts").WithTags("Administration").WithSummary("List payouts of all nodes, newest first; ?status= requested, paid or returned")
            .Produces<PayoutList>().ProducesErrors(400, 401, 403, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/payouts/{payout}/paid", (string payout, HttpContext context, IGrainFactory grains) => Decide(payout, paid: true, context, grains))
            .WithName("markPayoutPaid").WithTags("Administration").WithSummary("Note that a payout was paid outside")
            .Accepts<PayoutDecisionBody>("application/json", AnswerTexts.AnyType).Produces<OperatorReplyBody>().ProducesErrors(400, 401, 403, 404, 409, 413, 503).RequireAuthorization(AtomaPolicies.AdminApi);
        routes.MapPost("/v1/admin/payouts/{payout}/return", (string payout, HttpContext context, IGrainFactory grains) => Decide(payout, paid: false, context, grains))
            .WithName("returnPayout").WithTags("Administration").WithSummary("Give a payout that cannot be paid back to its node")
            .Accepts<PayoutDecisionBody>("application/json", AnswerTexts.AnyType).Produces<OperatorReplyBody>().ProducesErrors(400, 401, 403, 404, 409, 413, 503).RequireAuthorization(AtomaPolicies.AdminApi);
    }

    private static IPayoutsGrain Payouts(IGrainFactory grains) => grains.GetGrain<IPayoutsGrain>(Keys.Payouts);

    private static async Task<IResult> GetStatement(string id, HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryPage(context, limits, out var limit, out var before, out var error))
            return error;
        var account = context.Request.Query["account"].ToString() is { Length: > 0 } given ? given : NodeAccounts[0];
        if (!NodeAccounts.Contains(account, StringComparer.Ordinal))
            return OpenAiErrors.Invalid("account", $"is one of {string.Join(", ", NodeAccounts)}");
        if (!await ExistsAsync(id, grains))
            return OpenAiErrors.NodeNotFound();
        return AccountEndpoints.Statement(context, $"{account}:{id}", await Payouts(grains).Statement(id, account, before, limit + 1), limit);
    }

    private static async Task<IResult> ListPayouts(string id, HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        return await ExistsAsync(id, grains) ? List(await Payouts(grains).List(NodeId.Parse(id).ToString(), "", limit)) : OpenAiErrors.NodeNotFound();
    }

    private static async Task<IResult> ListAllPayouts(HttpContext context, IGrainFactory grains, Limits limits)
    {
        if (!EndpointConventions.TryLimit(context, limits, out var limit, out var error))
            return error;
        var status = context.Request.Query["status"].ToString();
        return status is "" or "requested" or "paid" or "returned"
            ? List(await Payouts(grains).List("", status, limit))
            : OpenAiErrors.Invalid("status", "is requested, paid or returned");
    }

    private static async Task<IResult> Payout(string id, HttpContext context, IGrainFactory grains)
    {
        if ((await ReadAsync(id, context)).Failed(out var error, out var call))
            return error;
        return Reply("payout", "Payout", await Payouts(grains).Request(call.Node.ToString(), call.Amount, call.To.ToString(), call.Nonce.ToArray(), call.Signature));
    }

    private static async Task<IResult> Bond(string id, HttpContext context, IGrainFactory grains)
    {
        if ((await ReadAsync(id, context)).Failed(out var error, out var call))
            return error;
        return Reply("bond", "Bond", await Payouts(grains).Bond(call.Node.ToString(), call.Amount, call.Nonce.ToArray(), call.Signature));
    }

    private static async Task<IResult> Unbond(string id, HttpContext context, IGrainFactory grains)
    {
        if (!NodeId.TryParse(id, out var node))
            return OpenAiErrors.NodeNotFound();
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.SignedBody)).Failed(out var error, out var body) || body.Bytes().Failed(out error, out var signature))
            return error;
        var reply = await grains.GetGrain<INodeGrain>(Keys.Node(node)).Unbond(signature);
        return reply.Status is PayoutStatus.Ok or PayoutStatus.AlreadyDone
            ? TypedResults.Json(
                new UnbondingBody("unbonding", reply.Message, reply.Status == PayoutStatus.AlreadyDone, reply.EndsAt is { } at ? EndpointConventions.Time(at) : null),
                ApiJson.Web.UnbondingBody)
            : Refusal(reply.Status, "Unbond", reply.Message);
    }

    private static async Task<IResult> Decide(string payout, bool paid, HttpContext context, IGrainFactory grains)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.PayoutDecisionBody)).Failed(out var error, out var body))
            return error;
        if (body.Reference is not { Length: > 0 and <= PayoutRules.ReferenceLengthMax } reference || reference.Any(char.IsControl))
            return OpenAiErrors.Invalid("reference", $"names the payment outside, or says why it is returned; 1 to {PayoutRules.ReferenceLengthMax} characters");
        return Reply("payout", "Payout", await Payouts(grains).Decide(context.User.Actor(), payout, paid, reference));
    }

    private sealed record Call(NodeId Node, long Amount, NodeId To, Hash32 Nonce, byte[] Signature);

    private static async Task<Parsed<Call>> ReadAsync(string id, HttpContext context)
    {
        if (!NodeId.TryParse(id, out var node))
            return OpenAiErrors.NodeNotFound();
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.OperatorBody)).Failed(out var error, out var body))
            return error;
        if (body.AmountMicros is not > 0)
            return OpenAiErrors.Invalid("amount_micros", "must be above 0");
        var to = node;
        if (body.To is { } given && !NodeId.TryParse(given, out to))
            return OpenAiErrors.Invalid("to", "is an address, 0x and 40 hex digits");
        if (!Hash32.TryParse(body.Nonce ?? "", out var nonce))
            return OpenAiErrors.Invalid("nonce", $"has 64 hex digits, drawn anew for each payout, e.g. {RandomNumberGenerator.GetHexString(64, lowercase: true)}");
        if (new SignedBody { Signature = body.Signature }.Bytes().Failed(out error, out var signature))
            return error;
        return new Call(node, body.AmountMicros.Value, to, nonce, signature);
    }

    private static async Task<bool> ExistsAsync(string id, IGrainFactory grains) =>
        NodeId.TryParse(id, out var node) && await grains.GetGrain<INodeGrain>(Keys.Node(node)).Describe() is not null;

    private static IResult List(IReadOnlyList<PayoutInfo> payouts) => TypedResults.Json(new PayoutList("list", [.. payouts.Select(PayoutBody.Of)]), ApiJson.Web.PayoutList);

    private static IResult Reply(string kind, string type, PayoutReply reply) => reply.Status is PayoutStatus.Ok or PayoutStatus.AlreadyDone
        ? TypedResults.Json(
            new OperatorReplyBody(kind, reply.Message, reply.Status == PayoutStatus.AlreadyDone, reply.EarningsMicros, reply.CollateralMicros, reply.Payout is { } p ? PayoutBody.Of(p) : null),
            ApiJson.Web.OperatorReplyBody)
        : Refusal(reply.Status, type, reply.Message);

    private static ApiError Refusal(PayoutStatus status, string type, string message) => status switch
    {
        PayoutStatus.Unknown when type == "Payout" => new ApiError(404, OpenAiErrors.InvalidRequest, "payout_not_found", message, "id"),
        PayoutStatus.Unknown => OpenAiErrors.NodeNotFound(),
        PayoutStatus.WrongSignature => new ApiError(403, OpenAiErrors.InvalidRequest, "wrong_signature", $"The signature is not that of the node's key over {type}(…). 'node' of Atoma.Cli signs with the node's key file.", "signature"),
        PayoutStatus.InsufficientFunds => new ApiError(402, OpenAiErrors.InsufficientQuota, "insufficient_earnings", message, "amount_micros"),
        PayoutStatus.Leaving => new ApiError(409, OpenAiErrors.InvalidRequest, "node_leaving", message, "id"),
        _ => new ApiError(409, OpenAiErrors.InvalidRequest, "conflict", message, "id"),
    };
}
