using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;

namespace Atoma.Api.Tests.Fuzz;

/// <summary>
/// Sends spoiled requests to the API before a network that always answers. Whatever is sent, the answer is a status below 500 (or
/// one that says why), its errors have their shape, and a stream ends.
/// </summary>
internal sealed class HttpFuzzer : IAsyncDisposable
{
    /// <summary>Requests after which what the fake network remembers is thrown away.</summary>
    private const int ForgetAfter = 2000;

    private readonly ApiHost _host;
    private readonly string[] _known;
    private int _sent;

    private HttpFuzzer(ApiHost host, string[] known) => (_host, _known) = (host, known);

    /// <summary>Responses by status.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<int, int> Statuses { get; } = new();

    public static async Task<HttpFuzzer> StartAsync()
    {
        var host = await ApiHost.StartAsync(quiet: true);
        TokenLogprob[] tokens = [new(1, "Grü"u8.ToArray(), 10), new(2, "👋"u8.ToArray(), 0), new(3, [], 65535)];
        var chances = tokens.Select(t => new TokenLogprobs(t, [t])).ToArray();
        host.Network.Script =
        [
            new AnswerEvent { Index = 0, Text = "Grü", Logprobs = chances[..1] },
            new AnswerEvent { Index = 1, Text = "👋", Logprobs = chances[1..] },
            new AnswerEvent { Index = 2, Text = "", End = Scripts.Settled("Grü👋 <tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>") with { Logprobs = chances, Vectors = [[1, 0], [0, 1]] } },
        ];
        foreach (var body in new[] { "", "\"stream\":true", "\"stream\":true,\"logprobs\":true", "\"n\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}" })
        {
            using var response = await host.ChatAsync(body);
            await response.OkAsync();
        }

        return new HttpFuzzer(host, [.. host.Network.Requests.Values.Select(r => r.Id)]);
    }

    /// <summary>One request; what is wrong with its response, or null.</summary>
    public async Task<string?> StepAsync(Random random)
    {
        using var request = random.Next(5) == 0 ? Resume(random) : Post(random);
        if (Interlocked.Increment(ref _sent) % ForgetAfter == 0)
            Forget();
        try
        {
            using var response = await _host.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            var status = (int)response.StatusCode;
            Statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
            return Problem(status, response, text) is { } problem ? $"{problem}: {await DescribeAsync(request)} → {status} {Head(text)}" : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return $"{e.GetType().Name} {e.Message}: {await DescribeAsync(request)}";
        }
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static string? Problem(int status, HttpResponseMessage response, string text)
    {
        var media = response.Content.Headers.ContentType?.MediaType;
        if (status == (int)HttpStatusCode.InternalServerError)
            return "an unhandled fault";
        // What Kestrel itself refuses has no body.
        if (status >= 400 && text.Length > 0 && (media != "application/json" || !JsonDocument.Parse(text).RootElement.TryGetProperty("error", out _)))
            return "an error without its shape";
        if (media == "text/event-stream" && !text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal))
            return "a stream without an end";
        if (media == "application/json")
            JsonDocument.Parse(text).Dispose();
        return text.Length > 0 && !response.Headers.Contains("x-request-id") ? "no x-request-id" : null;
    }

    private HttpRequestMessage Post(Random random)
    {
        var mutator = new JsonMutator(random, HttpCorpus.Bodies);
        var body = random.Next(HttpCorpus.Bodies.Length);
        var route = HttpCorpus.RouteFor(body, random)
            .Replace("{id}", Id(random), StringComparison.Ordinal).Replace("{node}", FakeNetwork.NodeAddress, StringComparison.Ordinal);
        var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = new ByteArrayContent(mutator.Next(HttpCorpus.Bodies[body])) };
        request.Content.Headers.ContentType = random.Next(8) == 0 ? null : new MediaTypeHeaderValue("application/json");
        if (route.StartsWith("/v1/admin", StringComparison.Ordinal))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", FakeNetwork.AdminKey);
        if (random.Next(4) == 0)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", Text(random, mutator, "key-1"));
        if (random.Next(8) == 0)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", Text(random, mutator, HttpCorpus.EventIds[random.Next(HttpCorpus.EventIds.Length)]));
        return request;
    }

    private HttpRequestMessage Resume(Random random)
    {
        var mutator = new JsonMutator(random, HttpCorpus.Bodies);
        var what = random.Next(4) == 0 ? "answer" : "events";
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/requests/{Id(random)}/{what}");
        var id = HttpCorpus.EventIds[random.Next(HttpCorpus.EventIds.Length)];
        request.Headers.TryAddWithoutValidation("Last-Event-ID", random.Next(2) == 0 ? id : Text(random, mutator, id));
        return request;
    }

    private string Id(Random random)
    {
        var id = _known[random.Next(_known.Length)];
        return random.Next(10) == 0 ? id[..random.Next(id.Length)] + "x" : id;
    }

    /// <summary>A header's value: printable, since what is not, the client itself refuses.</summary>
    private static string Text(Random random, JsonMutator mutator, string text)
    {
        var spoiled = random.Next(3) == 0 ? Encoding.UTF8.GetBytes(text) : mutator.Bytes(Encoding.UTF8.GetBytes(text));
        return new string([.. spoiled.Take(random.Next(20) == 0 ? 2000 : 64).Select(b => b is >= 32 and < 127 ? (char)b : '_')]);
    }

    private void Forget()
    {
        _host.Network.Submitted.Clear();
        _host.Network.Quoted.Clear();
        _host.Network.Webhooks.Clear();
        foreach (var (key, request) in _host.Network.Requests)
        {
            if (!_known.Contains(request.Id))
                _host.Network.Requests.TryRemove(key, out _);
        }
    }

    private static async Task<string> DescribeAsync(HttpRequestMessage request) =>
        $"{request.Method} {request.RequestUri} [{string.Join(", ", request.Headers.Select(h => $"{h.Key}: {string.Join(',', h.Value)}"))}] "
        + (request.Content is null ? "" : Encoding.UTF8.GetString(await request.Content.ReadAsByteArrayAsync()));

    private static string Head(string text) => text.Length <= 500 ? text : text[..500];
}
