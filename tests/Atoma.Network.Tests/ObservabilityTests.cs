using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Atoma.Network.Tests;

/// <summary>A network that exports everything it can: metrics, traces, structured logs.</summary>
public sealed class ObservedNetwork : IAsyncLifetime
{
    public OtlpReceiver Receiver { get; } = new();

    public LiveNetwork Network { get; private set; } = null!;

    public async Task InitializeAsync() => Network = await LiveNetwork.StartAsync(new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Receiver.Endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
        ["ATOMA_LOG_FORMAT"] = "json",
    });

    public async Task DisposeAsync()
    {
        await Network.DisposeAsync();
        Receiver.Dispose();
    }
}

public sealed partial class ObservabilityTests(ObservedNetwork observed) : IClassFixture<ObservedNetwork>
{
    private const string Marker = "kQ7zMarker";

    private readonly LiveNetwork _network = observed.Network;

    [Fact]
    public async Task Metrics_WithoutTheAdminKey_AreRefused()
    {
        using var anonymous = new HttpClient { BaseAddress = _network.Client.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync("/metrics")).StatusCode);
        Assert.Contains((await _network.Client.GetAsync("/metrics")).StatusCode, new[] { HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden });
    }

    [Fact]
    public async Task Metrics_AfterAnswers_CountThem()
    {
        await _network.AskAsync("What is Atoma?", "checked");
        await _network.StreamAsync("What is L2?", "none");
        var metrics = await EventuallyAsync(MetricsAsync, m => Sum(m, "atoma_requests_total", "atoma_integrity=\"checked\"") > 0 && Sum(m, "atoma_nodes", "online") == 5
            && Sum(m, "gen_ai_server_time_to_first_token_seconds_count", "chat") > 0, "the metrics to have both requests");

        Assert.Equal(0, Sum(metrics, "atoma_ledger_conservation_difference", ""));
        Assert.Equal(0, Sum(metrics, "atoma_ledger_accounts_mismatched", ""));
        Assert.Equal(0, Sum(metrics, "atoma_gateway_streams_open", ""));
        Assert.True(Sum(metrics, "gen_ai_server_time_to_first_token_seconds_count", "chat") >= 1);
        Assert.True(Sum(metrics, "gen_ai_client_token_usage_sum", "gen_ai_token_type=\"output\"") > 0);
        Assert.True(Sum(metrics, "atoma_verdicts_total", "atoma_verdict=\"match\"") >= 1);
        Assert.True(Sum(metrics, "atoma_engine_tokens_total", "atoma_phase=\"check\"") > 0);
        Assert.True(Sum(metrics, "atoma_ledger_commits_total", "ok") > 0);
        using var poor = await _network.Client.PostAsJsonAsync("/v1/chat/completions", new { model = "no-such", messages = new[] { new { role = "user", content = "x" } } });
        Assert.Equal(HttpStatusCode.NotFound, poor.StatusCode);
        var after = await EventuallyAsync(MetricsAsync, m => Sum(m, "atoma_gateway_refusals_total", "404") >= 1, "the refusal to be counted");
        Assert.DoesNotContain("no-such", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_OfACall_GoesToTheNodesWork()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(new { model = LiveNetwork.Model, prompt = "Atoma", integrity = "checked", max_tokens = 8 }) };
        message.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        using var response = await _network.Client.SendAsync(message);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var names = await EventuallyAsync(
            () => Task.FromResult(observed.Receiver.Spans.Where(s => s.Trace == Trace).Select(s => s.Name).ToArray()),
            n => n.Contains("generate") && n.Contains("check") && n.Contains("settle") && n.Any(s => s.Contains("/v1/completions", StringComparison.Ordinal)), "the spans of the trace");
        Assert.Contains(names, n => n.Contains("Submit", StringComparison.Ordinal));
    }

    /// <summary>A marker in every place where a client can put one, and the keys: none of it comes out anywhere.</summary>
    [Fact]
    public async Task Output_OfAllKinds_HasNoPromptAndNoKey()
    {
        var bodies = new (string Path, object Body)[]
        {
            ("/v1/chat/completions", new { model = LiveNetwork.Model, messages = new[] { new { role = "system", content = Marker }, new { role = "user", content = Marker } }, integrity = "checked", user = Marker, stop = Marker, max_tokens = 8 }),
            ("/v1/chat/completions", new { model = LiveNetwork.Model, messages = new[] { new { role = "user", content = Marker } }, stream = true, max_tokens = 8, response_format = new { type = "json_schema", json_schema = new { name = Marker, schema = new { type = "object", properties = new { kQ7zMarker = new { type = "string" } } } } } }),
            ("/v1/completions", new { model = LiveNetwork.Model, prompt = Marker, echo = true, logprobs = 2, max_tokens = 0 }),
            ("/v1/embeddings", new { model = LiveNetwork.Model, input = Marker }),
            ("/v1/tokenize", new { model = LiveNetwork.Model, prompt = Marker }),
            ("/v1/completions", new { model = Marker, prompt = "x" }),
            ("/v1/completions", new { model = LiveNetwork.Model, prompt = "x", grammar = "root ::= " + Marker }),
            ("/v1/completions", new { model = LiveNetwork.Model, prompt = "x", integrity = Marker }),
        };
        foreach (var (path, body) in bodies)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, path + "?note=" + Marker) { Content = JsonContent.Create(body) };
            message.Headers.Add("Idempotency-Key", Marker + Array.FindIndex(bodies, b => b.Body == body));
            message.Headers.Add("traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            using var response = await _network.Client.SendAsync(message);
            await response.Content.ReadAsStringAsync();
        }

        using var wrong = new HttpClient { BaseAddress = _network.Client.BaseAddress };
        wrong.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Marker + "-a-wrong-key");
        await wrong.GetAsync("/v1/account");
        await wrong.GetAsync("/dashboard?key=" + Marker + "-a-wrong-key");
        await wrong.GetAsync("/v1/" + Marker);

        await EventuallyAsync(() => Task.FromResult(observed.Receiver), r => r.HasMetrics && r.Spans.Any(s => s.Trace.StartsWith('1')), "spans and metrics to arrive");
        var admin = (await File.ReadAllTextAsync(Path.Combine(_network.Data, "keys", "admin.key"))).Trim();
        // The banner is for whoever starts a network, and shows both keys once.
        var logs = string.Join('\n', _network.Output.Split('\n').Where(l => l.StartsWith('{')));
        Assert.NotEmpty(logs);
        string[] outputs = [logs, await MetricsAsync(), .. observed.Receiver.Bodies.Select(Encoding.UTF8.GetString)];
        foreach (var secret in new[] { Marker, LiveNetwork.Key, admin })
        {
            foreach (var output in outputs)
            {
                var at = output.IndexOf(secret, StringComparison.Ordinal);
                Assert.True(at < 0, at < 0 ? "" : $"'{secret}' came out: …{output[Math.Max(0, at - 200)..Math.Min(output.Length, at + 100)]}…");
            }
        }
    }

    [Fact]
    public async Task Logs_AsJson_NameTheCallAndTheRequest()
    {
        var answer = await _network.AskAsync("What is Atoma?", "none");
        var lines = await EventuallyAsync(
            () => Task.FromResult(_network.Output.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonNode.Parse(l)!).ToArray()),
            l => l.Any(n => n.ToJsonString().Contains(LiveNetwork.RequestId(answer), StringComparison.Ordinal)), "a log line of the request");
        Assert.All(lines, l => Assert.NotNull(l["EventId"]));
    }

    /// <summary>The dashboard and the alerts ask for nothing that a running network does not have.</summary>
    [Fact]
    public async Task Dashboard_EveryMetricItQueries_Exists()
    {
        await _network.AskAsync("What is Atoma?", "sampled");
        await _network.StreamAsync("What is L2?", "checked");
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Atoma.sln")))
            root = root.Parent!;
        var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(root.FullName, "deploy", "grafana", "atoma.json")));
        List<string> queries =
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(p => p.TryGetProperty("targets", out _))
                .SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!),
            .. (await File.ReadAllLinesAsync(Path.Combine(root.FullName, "deploy", "prometheus", "alerts.yml"))).Where(l => l.Contains("expr:", StringComparison.Ordinal)),
        ];
        string[] wanted = [.. queries.SelectMany(q => MetricName().Matches(q)).Select(m => m.Value).Distinct()];
        Assert.True(wanted.Length > 30, $"only {wanted.Length} names were found in the queries");
        await EventuallyAsync(MetricsAsync, m => Missing(m).Length == 0, "every metric of the dashboard", m => string.Join(' ', Missing(m)));

        string[] Missing(string metrics)
        {
            var there = metrics.Split('\n').Select(l => l.Split('{', ' ')[0]).ToHashSet(StringComparer.Ordinal);
            return [.. wanted.Where(w => !there.Contains(w))];
        }
    }

    [GeneratedRegex(@"\b(atoma|gen_ai|http_server|dotnet|orleans)_[a-z_]+_(total|bucket|sum|count|bytes)\b|\batoma_(ledger_(conservation_difference|accounts_mismatched|holds|audit_pool)|nodes|requests_open|cases_open|gateway_streams_open|engine_(slots_busy|slots|queue_depth))\b(?=[^_a-z=])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MetricName();

    private async Task<string> MetricsAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(_network.Data, "keys", "admin.key"))).Trim());
        using var response = await _network.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Sum over the series of a metric that have a text in their labels.</summary>
    private static double Sum(string metrics, string name, string label) => metrics.Split('\n')
        .Where(l => l.StartsWith(name + "{", StringComparison.Ordinal) && l.Contains(label, StringComparison.Ordinal))
        .Sum(l => double.Parse(l[(l.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], System.Globalization.CultureInfo.InvariantCulture));

    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> read, Func<T, bool> isThere, string what, Func<T, string>? missing = null)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            var value = await read();
            if (isThere(value))
                return value;
            Assert.True(DateTime.UtcNow < until, $"waited 30 s for {what} {missing?.Invoke(value)}");
            await Task.Delay(100);
        }
    }
}
