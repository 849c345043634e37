using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Atoma.Cli.Nodes;

/// <summary>What was asked for is refused, by the API or beforehand; the message says why and what to do. Nothing was done.</summary>
public sealed class DeskRefusedException(string message) : Exception(message);

/// <summary>Answers of the REST API.</summary>
internal static class ApiReply
{
    /// <exception cref="DeskRefusedException">It refused, or what answered is no such API.</exception>
    public static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
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
        throw new DeskRefusedException(body?["error"]?["message"]?.GetValue<string>() ?? NoApi(response.StatusCode));
    }

    public static string NoApi(HttpStatusCode status) => $"What answered is no Atoma API ({(int)status}). Name the API by --api.";
}
