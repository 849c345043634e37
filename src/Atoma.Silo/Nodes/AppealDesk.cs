using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Silo.Nodes;

/// <summary>The API refused; the message says why.</summary>
internal sealed class AppealRefusedException(string message) : Exception(message);

/// <summary>An operator's calls about slashes, over the REST API.</summary>
internal sealed class AppealDesk(HttpClient http, ISigner node, TextWriter output)
{
    /// <summary>Shows the node's open slashes.</summary>
    /// <exception cref="AppealRefusedException">The API refused.</exception>
    public async Task ListAsync(CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync($"/v1/nodes/{node.Id}/slashes", cancellationToken);
        var slashes = (await ReadAsync(response, cancellationToken))["data"]!.AsArray();
        var open = slashes.Where(s => Text(s, "status") is "frozen" or "unconfirmed").ToArray();
        await output.WriteLineAsync($"Node {node.Id} has {open.Length} open of {slashes.Count} slashes.");
        foreach (var slash in open)
        {
            var amount = slash!["amount_micros"]!.GetValue<long>().ToString("N0", CultureInfo.InvariantCulture);
            await output.WriteLineAsync($"""

                {Text(slash, "id")}
                  {Text(slash, "evidence")}: {Text(slash, "reason")}
                  {(Text(slash, "request_id") is { Length: > 0 } request ? $"request {request}" : "a challenge of its own")}, {amount} micros, {Text(slash, "status")}
                  {Next(slash)}
                """);
        }
    }

    /// <summary>Uses the one appeal.</summary>
    /// <exception cref="AppealRefusedException">The API refused.</exception>
    public async Task AppealAsync(Hash32 slash, CancellationToken cancellationToken)
    {
        var reply = await ReadAsync(await PostAsync(slash, "appeal", SigningDomain.Appeal(slash), cancellationToken), cancellationToken);
        await output.WriteLineAsync($"Appealed. {Text(reply, "message")} The slash is {Text(reply["slash"], "status")} now.");
    }

    /// <summary>Writes what the slash rests on: a receipt, or the node's answer to a weight challenge.</summary>
    /// <exception cref="AppealRefusedException">The API refused.</exception>
    public async Task SaveEvidenceAsync(Hash32 slash, string file, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(slash, "evidence", SigningDomain.Evidence(slash), cancellationToken);
        if (!response.IsSuccessStatusCode)
            await ReadAsync(response, cancellationToken);
        await File.WriteAllBytesAsync(file, await response.Content.ReadAsByteArrayAsync(cancellationToken), cancellationToken);
        await output.WriteLineAsync($"Written to {file}. A receipt is checked by: dotnet run --project src/Atoma.Cli -- verify {file}");
    }

    private static string Next(JsonNode slash) => (Text(slash, "status"), slash["appealed"]!.GetValue<bool>()) switch
    {
        ("unconfirmed", _) => "An assembly votes on it next; it can be appealed if that confirms it.",
        (_, true) => $"Appealed; it executes at {Text(slash, "due_at")}.",
        _ => $"It executes at {Text(slash, "due_at")}. Appeal it with --slash {Text(slash, "id")}, read its evidence with --slash … --evidence FILE.",
    };

    private Task<HttpResponseMessage> PostAsync(Hash32 slash, string what, Hash32 digest, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["signature"] = "0x" + Convert.ToHexStringLower(node.Sign(digest)) };
        return http.PostAsJsonAsync($"/v1/nodes/{node.Id}/slashes/{slash}/{what}", body, cancellationToken);
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        JsonObject? body;
        try
        {
            body = await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            body = null;
        }

        if (response.StatusCode == HttpStatusCode.OK && body is not null)
            return body;
        throw new AppealRefusedException(body?["error"] is { } error ? Text(error, "message") : $"What answered is no Atoma API ({(int)response.StatusCode}). Name the API by --api.");
    }

    private static string Text(JsonNode? node, string field) => node?[field]?.GetValue<string>() ?? "";
}
