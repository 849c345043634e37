using System.Text.Json;
using System.Text.Json.Nodes;

namespace Atoma.Ethereum.JsonRpc;

/// <summary>A method and its parameters in order.</summary>
public sealed record JsonRpcCall(string Method, params JsonNode?[] Parameters)
{
    internal JsonObject ToJson(long id) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id,
        ["method"] = Method,
        ["params"] = new JsonArray([.. Parameters.Select(p => p?.DeepClone())]),
    };
}

/// <summary>Why an endpoint refused a call.</summary>
/// <param name="Code">Negative by the standard; 3 for a revert.</param>
/// <param name="Message">Cut to <see cref="JsonRpcLimits.MessageMaxChars"/>, without control characters.</param>
/// <param name="Data">What a contract reverted with, if this was one.</param>
public sealed record JsonRpcError(int Code, string Message, byte[]? Data)
{
    private const int Revert = 3;
    private const int LimitExceeded = -32005;
    private const int MethodNotFound = -32601;

    /// <summary>Nodes that give another code than 3 say it in their message.</summary>
    internal bool IsRevert => Code == Revert || (Message.Contains("revert", StringComparison.OrdinalIgnoreCase) && !IsUnknownMethod);

    /// <summary>It may go well a moment later.</summary>
    internal bool IsTransient => Code is LimitExceeded or 429 || Message.Contains("rate limit", StringComparison.OrdinalIgnoreCase);

    internal bool IsUnknownMethod => Code == MethodNotFound;
}

/// <summary>Answer to one call: a result (maybe JSON null) or an error.</summary>
public readonly record struct JsonRpcReply(JsonElement Result, JsonRpcError? Error);
