using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Abi;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.JsonRpc;

namespace Atoma.Ethereum.Tests.JsonRpc;

/// <summary>An endpoint that answers as the test says, and remembers what it was asked.</summary>
internal sealed class ScriptedEndpoint : HttpMessageHandler
{
    public List<string> Methods { get; } = [];

    /// <summary>HTTP requests, however many calls each had.</summary>
    public int Requests { get; private set; }

    /// <summary>Answers one call with its result; throws <see cref="Refusal"/> for an error.</summary>
    public Func<string, JsonArray, JsonNode?> Answer { get; set; } = (_, _) => null;

    /// <summary>Replaces the whole response for the request of this number, from 1.</summary>
    public Func<int, HttpResponseMessage?> Respond { get; set; } = _ => null;

    public JsonRpcChainClient Client(int attempts = 3) => new(Endpoint(attempts), AbiErrorTable.Standard);

    public JsonRpcEndpoint Endpoint(int attempts = 3) => new(
        new JsonRpcOptions { Endpoint = new Uri("http://chain.example:8545/v3/secret"), AttemptsMax = attempts, Timeout = TimeSpan.FromMilliseconds(500) },
        new HastyTime(), this);

    public static HttpResponseMessage Text(string body, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        if (Respond(Requests) is { } response)
            return response;
        var message = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        // A batch's answers come in the wrong order, as the standard allows.
        return Text((message is JsonArray batch ? new JsonArray([.. batch.Select(c => Reply(c!)).Reverse()]) : Reply(message)).ToJsonString());
    }

    private JsonNode Reply(JsonNode call)
    {
        var method = (string)call["method"]!;
        Methods.Add(method);
        var reply = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = call["id"]!.DeepClone() };
        try
        {
            reply["result"] = Answer(method, call["params"]!.AsArray());
        }
        catch (Refusal refusal)
        {
            reply["error"] = new JsonObject { ["code"] = refusal.Code, ["message"] = refusal.Message, ["data"] = refusal.Payload };
        }

        return reply;
    }

    public sealed class Refusal(int code, string message, string? payload = null) : Exception(message)
    {
        public int Code => code;

        public string? Payload => payload;
    }

    /// <summary>Pauses cost nothing; timeouts take as long as they are.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            TimeProvider.System.CreateTimer(callback, state, dueTime == TimeSpan.FromMilliseconds(500) ? dueTime : TimeSpan.Zero, period);
    }
}
