using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Atoma.Api.Security;
using Atoma.Api.Tests.Fakes;
using Atoma.Grains.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Atoma.Api.Tests;

/// <summary>The API on a real Kestrel at a free loopback port, before a <see cref="FakeNetwork"/>. The clock stands at 2026-01-01 and moves by hand.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, FakeNetwork network, FakeTimeProvider time, LogRecorder logs)
    {
        (_app, Network, Time, Logs) = (app, network, time, logs);
        Address = new Uri(app.Urls.Single());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", FakeNetwork.ClientKey);
    }

    public FakeNetwork Network { get; }

    public FakeTimeProvider Time { get; }

    public LogRecorder Logs { get; }

    public Uri Address { get; }

    /// <summary>Sends the client key unless a test takes it away.</summary>
    public HttpClient Http { get; }

    /// <param name="limits">Others than the real ones.</param>
    /// <param name="quiet">Nothing is recorded of what is logged.</param>
    public static async Task<ApiHost> StartAsync(Limits? limits = null, bool quiet = false)
    {
        var (network, time, logs) = (new FakeNetwork(), new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), new LogRecorder());
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production", Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(quiet ? LogLevel.None : LogLevel.Trace);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IGrainFactory>(network);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.AddAtomaApi(limits);
        var app = builder.Build();
        app.UseAtomaApi();
        app.MapGet(AtomaPolicies.DashboardPath, static () => "dashboard").RequireAuthorization(AtomaPolicies.Admin);
        app.MapGet("/v1/fault", static IResult () => throw new InvalidOperationException("a secret of the inside"));
        await app.StartAsync();
        return new ApiHost(app, network, time, logs);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> ChatAsync(string fields = "", params (string Name, string Value)[] headers) =>
        PostAsync("/v1/chat/completions", Bodies.Chat(fields), headers);

    public async Task<HttpResponseMessage> GetAsync(string path, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await client.SendAsync(request);
    }
}

internal static class Bodies
{
    public static string Chat(string fields = "") =>
        $$"""{"model":"atoma-demo","messages":[{"role":"user","content":"Hello"}]{{(fields.Length > 0 ? "," + fields : "")}}}""";

    public static string Text(string fields = "") => $$"""{"model":"atoma-demo","prompt":"Once"{{(fields.Length > 0 ? "," + fields : "")}}}""";
}

internal static class Scripts
{
    public static AnswerEnd Settled(string text, string finish = "stop") => new()
    {
        Status = "settled", Reason = "", FinishReason = finish, PromptTokens = 5, OutputTokens = 3, PriceMicros = 12, Text = text, Integrity = "none", Convictions = 0,
    };

    public static AnswerEnd Ended(string status, string reason) => new()
    {
        Status = status, Reason = reason, FinishReason = "", PromptTokens = 5, OutputTokens = 0, PriceMicros = 0, Text = "", Integrity = "checked", Convictions = 1,
    };

    public static IReadOnlyList<AnswerEvent> Of(AnswerEnd end, params string[] pieces) =>
        [.. pieces.Select((text, i) => new AnswerEvent { Index = i, Text = text }), new AnswerEvent { Index = pieces.Length, Text = "", End = end }];
}

internal static class Responses
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    /// <summary>Asserts an OpenAI-shaped error and gives it.</summary>
    public static async Task<JsonElement> ErrorAsync(this HttpResponseMessage response, int status, string code, string? param = null)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} instead of {status}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.False(string.IsNullOrEmpty(error.GetProperty("type").GetString()));
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
        Assert.NotEmpty(response.Headers.GetValues("x-request-id").Single());
        return error;
    }

    public static async Task<string> OkAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode}: {text}");
        return text;
    }
}

/// <summary>Everything logged, as text, with the scopes it was logged in.</summary>
internal sealed class LogRecorder : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    public string All => string.Join('\n', _lines);

    public IEnumerable<string> Lines => _lines;

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines, this);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, System.Collections.Concurrent.ConcurrentQueue<string> lines, LogRecorder recorder) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var scopes = new StringBuilder();
            recorder._scopes.ForEachScope(static (scope, text) => text.Append($" => {scope}"), scopes);
            lines.Enqueue($"{category} {logLevel} {formatter(state, exception)} {exception}{scopes}");
        }
    }
}
