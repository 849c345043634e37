using System.Text.Json;

namespace Atoma.Ethereum.JsonRpc;

/// <summary>Takes the answers apart; a batch's may come in any order.</summary>
internal static class JsonRpcReplies
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = JsonRpcLimits.DepthMax };

    /// <param name="body">What the endpoint sent.</param>
    /// <param name="firstId">Id of the first call; the others follow.</param>
    /// <param name="count">Calls that were made; one is sent, and answered, without an array.</param>
    /// <exception cref="EthereumFormatException">Not the answers to these calls.</exception>
    public static JsonRpcReply[] Parse(ReadOnlyMemory<byte> body, long firstId, int count)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Options);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object)
                return One(root, firstId, count);
            if (root.ValueKind != JsonValueKind.Array || count == 1 || root.GetArrayLength() != count)
                throw new EthereumFormatException($"{count} answers are expected.");
            var replies = new JsonRpcReply?[count];
            foreach (var item in root.EnumerateArray())
            {
                if (IdOf(item) is not { } id || id < firstId || id >= firstId + count || replies[id - firstId] is not null)
                    throw new EthereumFormatException("An answer has an id that was not asked for.");
                replies[id - firstId] = Reply(item);
            }

            return [.. replies.Select(r => r!.Value)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string in the document is not UTF-8.
            throw new EthereumFormatException("The answer is not JSON-RPC.", e);
        }
    }

    /// <summary>The answer to one call, or one refusal of a whole batch.</summary>
    private static JsonRpcReply[] One(JsonElement root, long firstId, int count)
    {
        var reply = Reply(root);
        if (count > 1)
            return reply.Error is null ? throw new EthereumFormatException("A batch was answered by one result.") : [.. Enumerable.Repeat(reply, count)];
        // An endpoint that could not read the request cannot know its id.
        if (IdOf(root) != firstId && reply.Error is null)
            throw new EthereumFormatException("An answer has an id that was not asked for.");
        return [reply];
    }

    private static long? IdOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out var number) ? number : null;

    private static JsonRpcReply Reply(JsonElement item)
    {
        if (item.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            return new JsonRpcReply(default, Error(error));
        return item.TryGetProperty("result", out var result)
            ? new JsonRpcReply(result.Clone(), Error: null)
            : throw new EthereumFormatException("An answer has neither result nor error.");
    }

    private static JsonRpcError Error(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
            throw new EthereumFormatException("An error is not an object.");
        var code = error.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) ? value : 0;
        var message = error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "no message";
        return new JsonRpcError(code, Clean(message), error.TryGetProperty("data", out var data) ? RevertData(data) : null);
    }

    /// <summary>A hex string, after a word on some nodes ("Reverted 0x…"), inside an object on others.</summary>
    private static byte[]? RevertData(JsonElement data)
    {
        if (data.ValueKind == JsonValueKind.Object && data.TryGetProperty("data", out var inner))
            data = inner;
        if (data.ValueKind != JsonValueKind.String)
            return null;
        var text = data.GetString()!;
        var hex = text.IndexOf("0x", StringComparison.Ordinal);
        return hex >= 0 && JsonRpcHex.TryBytes(text.AsSpan(hex), out var bytes) ? bytes : null;
    }

    private static string Clean(string message)
    {
        var cut = message.Length <= JsonRpcLimits.MessageMaxChars ? message : message[..JsonRpcLimits.MessageMaxChars];
        return string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c));
    }
}
