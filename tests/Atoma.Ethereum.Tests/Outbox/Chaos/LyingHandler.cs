using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>How the second endpoint behaves at the moment.</summary>
internal enum Honesty
{
    Honest,

    /// <summary>Answers as of some blocks ago.</summary>
    Lagging,

    /// <summary>Of the servers behind it some lag: every other answer is as of some blocks ago.</summary>
    PartlyLagging,

    /// <summary>Falsifies hashes, receipts and logs.</summary>
    Lying,
}

/// <summary>Stands between us and the second endpoint.</summary>
internal sealed class LyingHandler(Random random, ChaosTally tally) : DelegatingHandler(new SocketsHttpHandler())
{
    public Honesty Honesty { get; set; }

    /// <summary>While it lies, of so many answers one is false.</summary>
    public int LieRarity { get; set; } = 1;

    /// <summary>While it lags, the newest block that it knows.</summary>
    public long KnownHead { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var lags = Honesty == Honesty.Lagging || (Honesty == Honesty.PartlyLagging && random.Next(2) == 0);
        if (!lags && Honesty != Honesty.Lying)
            return await base.SendAsync(request, cancellationToken);
        var calls = Calls(JsonNode.Parse(await request.Content!.ReadAsByteArrayAsync(cancellationToken))!);
        if (lags)
        {
            foreach (var call in calls)
                AskOfThePast(call);
        }

        request.Content = Body(calls);
        var response = await base.SendAsync(request, cancellationToken);
        var replies = Calls(JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken))!);
        foreach (var (call, reply) in calls.Zip(replies))
            Falsify((string)call["method"]!, lags, reply);
        response.Content = Body(replies);
        return response;
    }

    private static List<JsonObject> Calls(JsonNode message) => message is JsonArray batch ? [.. batch.Select(item => (JsonObject)item!.DeepClone())] : [(JsonObject)message];

    private static ByteArrayContent Body(List<JsonObject> messages)
    {
        JsonNode message = messages.Count == 1 ? messages[0] : new JsonArray([.. messages.Select(item => item.DeepClone())]);
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(message.ToJsonString()));
        content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/json");
        return content;
    }

    private void AskOfThePast(JsonObject call)
    {
        var parameters = (JsonArray)call["params"]!;
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i] is JsonValue value && value.TryGetValue<string>(out var text) && text == "latest")
                parameters[i] = Hex(KnownHead);
        }
    }

    private void Falsify(string method, bool lags, JsonObject reply)
    {
        if (reply["result"] is not { } result)
            return;
        if (lags)
        {
            var isUnknown = method switch
            {
                "eth_getBlockByNumber" => Number(result["number"]) > KnownHead,
                "eth_getTransactionReceipt" => Number(result["blockNumber"]) > KnownHead,
                _ => false,
            };
            if (isUnknown)
                reply["result"] = null;
            return;
        }

        if (random.Next(LieRarity) != 0 || Lie(method, result) is not { } lie)
            return;
        tally.Lies++;
        reply["result"] = lie.Value;
    }

    private Box? Lie(string method, JsonNode result) => method switch
    {
        "eth_getBlockByNumber" => new Box(With(result, "hash", Flip)),
        "eth_getTransactionReceipt" => random.Next(3) switch
        {
            0 => new Box(null),
            1 => new Box(With(result, "status", status => status == "0x1" ? "0x0" : "0x1")),
            _ => new Box(With(result, "blockHash", Flip)),
        },
        "eth_getLogs" when result is JsonArray { Count: > 0 } logs => random.Next(2) == 0
            ? new Box(new JsonArray([.. logs.Skip(1).Select(log => log!.DeepClone())]))
            : new Box(new JsonArray([.. logs.Select(log => With(log!, "blockHash", Flip))])),
        "eth_getTransactionCount" => new Box(Hex(Number(result) + 1)),
        _ => null,
    };

    private static JsonNode With(JsonNode node, string field, Func<string, string> change)
    {
        var copy = (JsonObject)node.DeepClone();
        copy[field] = change((string)copy[field]!);
        return copy;
    }

    private static string Flip(string hash) => hash[..^1] + (hash[^1] == '0' ? '1' : '0');

    private static string Hex(long number) => "0x" + number.ToString("x", CultureInfo.InvariantCulture);

    private static long Number(JsonNode? node) => long.Parse(((string)node!)[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>A lie may be null, which is not the same as none.</summary>
    private sealed record Box(JsonNode? Value);
}
