namespace Atoma.Api.Errors;

/// <summary>The refusals of this API that do not come from the network. Codes are part of the API: append only.</summary>
internal static class OpenAiErrors
{
    public const string InvalidRequest = "invalid_request_error";
    public const string InsufficientQuota = "insufficient_quota";
    public const string ServerError = "server_error";

    public static ApiError MissingKey() =>
        new(401, InvalidRequest, "missing_api_key", "No API key was sent. Send it in the header 'Authorization: Bearer YOUR_KEY'.");

    public static ApiError WrongKey() =>
        new(401, InvalidRequest, "invalid_api_key", "This API key is unknown or was revoked. Check the key in the Authorization header.");

    public static ApiError MalformedAuthorization() =>
        new(401, InvalidRequest, "invalid_api_key", "The Authorization header is not readable. It has the form 'Authorization: Bearer YOUR_KEY'.");

    public static ApiError WrongScope(string wanted) =>
        new(403, InvalidRequest, "insufficient_scope", $"This key may not do that. Use a key of scope '{wanted}'.");

    public static ApiError MalformedJson(string where) =>
        new(400, InvalidRequest, "invalid_json", $"The body is not valid JSON{where}. Send a JSON object.");

    public static ApiError Invalid(string param, string problem, string code = "invalid_value") =>
        new(400, InvalidRequest, code, $"'{param}' {problem}.", param);

    public static ApiError Missing(string param, string hint) =>
        new(400, InvalidRequest, "missing_required_parameter", $"'{param}' is missing. {hint}", param);

    public static ApiError Unsupported(string param, string hint) =>
        new(400, InvalidRequest, "unsupported_parameter", $"'{param}' is not supported here. {hint}", param);

    /// <summary>What the network found wrong with a prompt.</summary>
    public static ApiError PromptProblem(string code, string message, string param) => new(400, InvalidRequest, code, message, param);

    /// <summary>An endpoint of OpenAI's that is known and not there. Not 501, which OpenAI's clients would try again.</summary>
    public static ApiError NotOffered(string what) => new(404, InvalidRequest, "not_offered", what + " See /docs for what there is.");

    public static ApiError BodyTooLarge(int limit) =>
        new(413, InvalidRequest, "body_too_large", $"The body is larger than {limit} bytes. Send a shorter prompt.");

    public static ApiError UnknownRoute(string method, string path) =>
        new(404, InvalidRequest, "unknown_url", $"There is nothing at {method} {path}. See /docs for what there is.");

    public static ApiError WrongMethod(string method, string path, string allowed) =>
        new(405, InvalidRequest, "method_not_allowed", $"{path} does not take {method}. Use {allowed}.");

    public static ApiError ModelNotFound(string model) =>
        new(404, InvalidRequest, "model_not_found", $"No node offers a model named '{model}'. GET /v1/models lists those there are.", "model");

    public static ApiError RequestNotFound() =>
        new(404, InvalidRequest, "request_not_found", "There is no such request on this account. Ids have 64 hex digits; GET /v1/requests lists your latest.", "id");

    /// <summary>An event id that is none, or not of this answer.</summary>
    public static ApiError UnknownEventId() =>
        Invalid("Last-Event-ID", "is not the id of an event of this answer; leave it out to get all of it", "unknown_event_id");

    public static ApiError NoWebhook() =>
        new(404, InvalidRequest, "webhook_not_found", "This request has no webhook. Send 'webhook' with the question to POST /v1/requests.", "id");

    /// <summary>A request whose answer cannot be written without the question: embeddings, and what the network asks for itself.</summary>
    public static ApiError AnswerNotKept() =>
        new(409, InvalidRequest, "answer_not_kept", "The answer of this request is written for its own call only: embeddings and reviews cannot be fetched. Send the same question with its Idempotency-Key.", "id");

    public static ApiError NodeNotFound() =>
        new(404, InvalidRequest, "node_not_found", "There is no such node. Ids are Ethereum addresses, 0x and 40 hex digits; GET /v1/nodes lists them.", "id");

    public static ApiError ReceiptNotReady() =>
        new(409, InvalidRequest, "request_open", "The request is still open and has no receipt yet. Ask again when GET /v1/requests/{id} shows it settled, refunded or expired; an answer that was delivered before its audit settles when that ends.", "id")
        {
            RetryAfterSeconds = 2,
        };

    public static ApiError AccountNotFound() =>
        new(404, InvalidRequest, "account_not_found", "There is no such account. GET /v1/admin/accounts lists them; POST opens one.", "account");

    public static ApiError AccountClosed(string account) =>
        new(409, InvalidRequest, "account_closed", $"The account '{account}' is closed. Open another one.", "account");

    public static ApiError KeyNotFound() =>
        new(404, InvalidRequest, "key_not_found", "There is no such key on this account. GET /v1/account/keys lists them by id.", "key");

    /// <param name="what">requests or tokens.</param>
    /// <param name="limit">Per minute.</param>
    /// <param name="seconds">Until it can be tried again.</param>
    public static ApiError TooMany(string what, int limit, int seconds) =>
        new(429, what, "rate_limit_exceeded", $"This key may use {limit} {what} a minute. Nothing was charged; try again in {Math.Max(1, seconds)} s, or have its limit raised.")
        {
            RetryAfterSeconds = Math.Max(1, seconds),
        };

    public static ApiError SlashNotFound() =>
        new(404, InvalidRequest, "slash_not_found", "This node has no such slash, or it has no such evidence. GET /v1/nodes/{id}/slashes lists its slashes.", "slash");

    public static ApiError WrongSignature(string type) =>
        new(403, InvalidRequest, "wrong_signature", $"The signature is not that of the node's key over {type}(bytes32 slash). 'node' of Atoma.Cli signs with the node's key file.", "signature");

    public static ApiError Busy() =>
        new(503, ServerError, "server_busy", "Too many answers are in progress here. Nothing was charged; try again in a moment.") { RetryAfterSeconds = 1 };

    public static ApiError NetworkUnavailable() =>
        new(503, ServerError, "network_unavailable", "The network did not answer. Try again in a moment; with the same Idempotency-Key nothing is charged twice.") { RetryAfterSeconds = 2 };

    public static ApiError TimedOut() =>
        new(504, ServerError, "timeout", "The network took too long to answer. Try again in a moment.") { RetryAfterSeconds = 2 };

    public static ApiError Internal() =>
        new(500, ServerError, "internal_error", "Something went wrong on our side. Give the x-request-id header of this response when you report it.");
}
