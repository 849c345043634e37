using System.Net.Mime;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>What an operator can do about a slash (P8.5). The node's signature is the key to it.</summary>
internal static class AppealEndpoints
{
    public static void MapAppeals(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/nodes/{id}/slashes/{slash}/appeal", Appeal)
            .WithName("appealSlash").WithTags("Network").WithSummary("Appeal a frozen slash, once")
            .WithDescription(
                "By the node's operator: signature is that of the node's key over the EIP-712 struct Appeal(bytes32 slash) in the domain of docs/receipts.md. "
                + "What votes decided is voted on again by all nodes of the echelon; what a receipt proves by itself is verified again.")
            .Accepts<SignedBody>("application/json", AnswerTexts.AnyType)
            .Produces<AppealBody>().ProducesErrors(400, 403, 404, 409, 410, 413, 503).AllowAnonymous();
        routes.MapPost("/v1/nodes/{id}/slashes/{slash}/evidence", Evidence)
            .WithName("getSlashEvidence").WithTags("Network").WithSummary("Download what a slash rests on")
            .WithDescription(
                "A receipt, or the node's own signed answer to a weight challenge. By the node's operator, since a receipt holds the prompt that the node was asked: signature is that of the node's key over the EIP-712 struct "
                + "Evidence(bytes32 slash). Of a sequential test, request_id names one of its history.")
            .Accepts<SignedBody>("application/json", AnswerTexts.AnyType)
            .Produces<object>(200, MediaTypeNames.Application.Json).ProducesErrors(400, 403, 404, 413, 503).AllowAnonymous();
    }

    private static async Task<IResult> Appeal(string id, string slash, HttpContext context, IGrainFactory grains)
    {
        if ((await ReadAsync(id, slash, context)).Failed(out var error, out var call))
            return error;
        var reply = await grains.GetGrain<ICaseGrain>(Keys.Case(call.Slash)).Appeal(call.Node.ToString(), call.Signature);
        return reply.Status switch
        {
            AppealStatus.Ok => TypedResults.Json(new AppealBody("appeal", reply.Message, SlashBody.Of(reply.Slash!)), ApiJson.Web.AppealBody),
            AppealStatus.Unknown => OpenAiErrors.SlashNotFound(),
            AppealStatus.WrongSignature => OpenAiErrors.WrongSignature("Appeal"),
            AppealStatus.AppealedBefore => new ApiError(409, OpenAiErrors.InvalidRequest, "appealed_before", reply.Message, "slash"),
            AppealStatus.NotFrozen => new ApiError(409, OpenAiErrors.InvalidRequest, "not_frozen", reply.Message, "slash"),
            AppealStatus.TooLate => new ApiError(410, OpenAiErrors.InvalidRequest, "appeal_window_over", reply.Message, "slash"),
            _ => throw new ArgumentOutOfRangeException(nameof(slash), reply.Status, "Unknown status of an appeal."),
        };
    }

    private static async Task<IResult> Evidence(string id, string slash, HttpContext context, IGrainFactory grains)
    {
        if ((await ReadAsync(id, slash, context)).Failed(out var error, out var call))
            return error;
        var reply = await grains.GetGrain<ICaseGrain>(Keys.Case(call.Slash)).Evidence(call.Node.ToString(), call.Signature, call.Request);
        if (reply.Status != AppealStatus.Ok)
            return reply.Status == AppealStatus.WrongSignature ? OpenAiErrors.WrongSignature("Evidence") : OpenAiErrors.SlashNotFound();
        var name = reply.Request.Length > 0 ? $"receipt-{reply.Request}" : $"evidence-{call.Slash}";
        context.Response.Headers.ContentDisposition = $"inline; filename=\"{name}.json\"";
        return TypedResults.Text(reply.Json, MediaTypeNames.Application.Json);
    }

    private sealed record Call(NodeId Node, Hash32 Slash, byte[] Signature, string Request);

    private static async Task<Parsed<Call>> ReadAsync(string id, string slash, HttpContext context)
    {
        if (!NodeId.TryParse(id, out var node))
            return OpenAiErrors.NodeNotFound();
        if (!Hash32.TryParse(slash, out var hash))
            return OpenAiErrors.SlashNotFound();
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.SignedBody)).Failed(out var error, out var body) || body.Bytes().Failed(out error, out var signature))
            return error;
        return new Call(node, hash, signature, body.RequestId ?? "");
    }
}
