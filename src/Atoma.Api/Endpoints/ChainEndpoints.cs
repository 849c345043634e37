using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;

namespace Atoma.Api.Endpoints;

/// <summary>The settlement chain (P10) beside the books, and what requesters sign for it.</summary>
internal static class ChainEndpoints
{
    public static void MapChain(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/chain", Get)
            .WithName("getChain").WithTags("Chain").WithSummary("Show the settlement chain beside the ledger")
            .WithDescription("Public. difference_micros is 0 whenever nothing is in flight. 404 where the ledger alone settles.")
            .Produces<ChainBody>().ProducesErrors(404, 503).AllowAnonymous();
        routes.MapGet("/v1/chain/accounts/{address}", GetAccount)
            .WithName("getChainAccount").WithTags("Chain").WithSummary("Show a requester's deposit beside its account").WithDescription("Public, as the chain is.")
            .Produces<ChainAccountBody>().ProducesErrors(400, 404, 503).AllowAnonymous();
        routes.MapGet("/v1/chain/nodes/{address}", GetNode)
            .WithName("getChainNode").WithTags("Chain").WithSummary("Show a node's collateral and payouts on the chain, with the proof of what it can claim")
            .WithDescription("Public, as the chain is.")
            .Produces<ChainNodeBody>().ProducesErrors(400, 404, 503).AllowAnonymous();
        routes.MapPost("/v1/chain/vouchers", AddVoucher)
            .WithName("addVoucher").WithTags("Chain").WithSummary("Open a deposit for spending")
            .WithDescription(
                "signature is that of the account's key over the EIP-712 struct Voucher(address user,uint128 cumulative) in the settlement contract's domain "
                + "(name Atoma Settlement, version 1, chain_id and settlement of GET /v1/chain). Only a higher sum replaces the last.")
            .Accepts<VoucherBody>("application/json", AnswerTexts.AnyType).Produces<VoucherReplyBody>().ProducesErrors(400, 403, 404, 413, 503).AllowAnonymous();
        routes.MapPost("/v1/chain/keys", AddKey)
            .WithName("addWalletKey").WithTags("Chain").WithSummary("Add an API key by wallet")
            .WithDescription(
                "For an address that has deposited. The key is yours to choose and never sent: key_hash is its SHA-256. signature is that of the account's key over the "
                + "EIP-712 struct ApiKey(address account,bytes32 keyHash,uint64 timestamp) in the domain of docs/receipts.md.")
            .Accepts<WalletKeyBody>("application/json", AnswerTexts.AnyType).Produces<WalletKeyReplyBody>().ProducesErrors(400, 403, 404, 413, 503).AllowAnonymous();
        routes.MapPost("/v1/admin/chain/close-epoch", CloseEpoch)
            .WithName("closeEpoch").WithTags("Administration").WithSummary("Settle on the chain now instead of at the epoch's end")
            .Produces<ChainBody>().ProducesErrors(401, 403, 404, 503).RequireAuthorization(AtomaPolicies.AdminApi);
    }

    private static IChainGrain Chain(IGrainFactory grains) => grains.GetGrain<IChainGrain>(Keys.Chain);

    private static ApiError NoChain() =>
        new(404, OpenAiErrors.InvalidRequest, "no_chain", "This network settles on its ledger alone. Start it with --chain to settle on a chain (docs/settlement.md).");

    private static ApiError NotAnAddress(string param) => OpenAiErrors.Invalid(param, "is an address, 0x and 40 hex digits");

    private static async Task<IResult> Get(IGrainFactory grains) =>
        await Chain(grains).Describe() is { } chain ? TypedResults.Json(ChainBody.Of(chain), ApiJson.Web.ChainBody) : NoChain();

    private static async Task<IResult> GetAccount(string address, IGrainFactory grains)
    {
        if (!NodeId.TryParse(address, out var user))
            return NotAnAddress("address");
        return await Chain(grains).Requester(user.ToAccount()) is { } found ? TypedResults.Json(ChainAccountBody.Of(user.ToAccount(), found), ApiJson.Web.ChainAccountBody) : NoChain();
    }

    private static async Task<IResult> GetNode(string address, IGrainFactory grains)
    {
        if (!NodeId.TryParse(address, out var node))
            return NotAnAddress("address");
        return await Chain(grains).Node(node.ToString()) is { } found ? TypedResults.Json(ChainNodeBody.Of(node.ToString(), found), ApiJson.Web.ChainNodeBody) : NoChain();
    }

    private static async Task<IResult> AddVoucher(HttpContext context, IGrainFactory grains)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.VoucherBody)).Failed(out var error, out var body))
            return error;
        if (!NodeId.TryParse(body.Account ?? "", out var user))
            return NotAnAddress("account");
        if (body.CumulativeMicros is not > 0)
            return OpenAiErrors.Invalid("cumulative_micros", "must be above 0");
        if (new SignedBody { Signature = body.Signature }.Bytes().Failed(out error, out var signature))
            return error;
        var reply = await Chain(grains).AddVoucher(user.ToAccount(), body.CumulativeMicros.Value, signature);
        return reply.Status switch
        {
            VoucherStatus.NoChain => NoChain(),
            VoucherStatus.WrongSignature => WrongSignature("Voucher(address user,uint128 cumulative)"),
            _ => TypedResults.Json(new VoucherReplyBody("voucher", user.ToAccount(), reply.CumulativeMicros, reply.Status == VoucherStatus.NotHigher), ApiJson.Web.VoucherReplyBody),
        };
    }

    private static async Task<IResult> AddKey(HttpContext context, IGrainFactory grains)
    {
        if ((await JsonBody.ReadAsync(context, ApiJson.Web.WalletKeyBody)).Failed(out var error, out var body))
            return error;
        if (!NodeId.TryParse(body.Account ?? "", out var user))
            return NotAnAddress("account");
        if (!Hash32.TryParse(body.KeyHash ?? "", out var hash))
            return OpenAiErrors.Invalid("key_hash", "is the SHA-256 of the key's text, 64 hex digits");
        if (body.Timestamp is not > 0)
            return OpenAiErrors.Invalid("timestamp", "is in seconds since 1970");
        if (new SignedBody { Signature = body.Signature }.Bytes().Failed(out error, out var signature))
            return error;
        var reply = await Chain(grains).AddKey(user.ToAccount(), hash.ToString(), body.Timestamp.Value, signature);
        return reply.Status switch
        {
            ChainKeyStatus.NoChain => NoChain(),
            ChainKeyStatus.WrongSignature => WrongSignature("ApiKey(address account,bytes32 keyHash,uint64 timestamp)"),
            ChainKeyStatus.Stale => OpenAiErrors.Invalid("timestamp", "is more than ten minutes from now; sign anew"),
            ChainKeyStatus.Unknown => new ApiError(404, OpenAiErrors.InvalidRequest, "account_not_found", "Nothing was deposited for this address yet, or its account is closed. Deposit first; it counts once it is final.", "account"),
            _ => TypedResults.Json(new WalletKeyReplyBody("key", reply.KeyId, user.ToAccount(), reply.Status == ChainKeyStatus.Exists), ApiJson.Web.WalletKeyReplyBody),
        };
    }

    private static async Task<IResult> CloseEpoch(IGrainFactory grains)
    {
        if (await Chain(grains).Describe() is null)
            return NoChain();
        await grains.GetGrain<ISettlementGrain>(Keys.Settlement).CloseEpoch();
        return await Get(grains);
    }

    private static ApiError WrongSignature(string type) =>
        new(403, OpenAiErrors.InvalidRequest, "wrong_signature", $"The signature is not that of the account's key over {type}. 'chain' of Atoma.Cli signs with a key file.", "signature");
}
