using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Atoma.Network.Tests;

/// <summary>
/// A whole network in a process of its own, as a user starts it: real ports, real engine, real database. Killing it is a real
/// kill. Free loopback ports and a temporary data folder make several live side by side.
/// </summary>
public sealed class LiveNetwork : IAsyncDisposable
{
    public const string Key = "test-key-0123456789";
    public const string Model = "atoma-demo";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);

    private readonly string[] _arguments;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private readonly IReadOnlyDictionary<string, string> _environment;

    private LiveNetwork(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        _environment = environment;
        Data = Directory.CreateTempSubdirectory("atoma-test-").FullName;
        ApiPort = FreePort();
        GatewayPort = FreePort();
        _arguments = arguments;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ApiPort}"), Timeout = TimeSpan.FromMinutes(3) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public string Data { get; }

    public int ApiPort { get; }

    public int GatewayPort { get; }

    public HttpClient Client { get; }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static Task<LiveNetwork> StartAsync(params string[] arguments) => StartAsync(new Dictionary<string, string>(), arguments);

    public static async Task<LiveNetwork> StartAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var network = new LiveNetwork(environment, arguments);
        await network.StartAgainAsync();
        return network;
    }

    /// <summary>Starts the process, or starts it again on the same data; returns the seconds until it was up.</summary>
    public async Task<double> StartAgainAsync()
    {
        var started = Stopwatch.StartNew();
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = Run(Program("Atoma.Api"),
            ["--data", Data, "--urls", $"http://127.0.0.1:{ApiPort}", "--gateway-port", GatewayPort.ToString(), "--dev-key", Key, .. _arguments], Take, _environment);
        _ = _process.WaitForExitAsync().ContinueWith(_ => up.TrySetException(new InvalidOperationException("The network ended at start:\n" + Output)), TaskScheduler.Default);
        void Take(string line)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }

            if (line.Contains("The network is up", StringComparison.Ordinal))
                up.TrySetResult();
        }

        try
        {
            await up.Task.WaitAsync(StartTimeout);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException("The network was not up in time:\n" + Output, e);
        }

        return started.Elapsed.TotalSeconds;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Ctrl-C; returns how long the stop took.</summary>
    public async Task<TimeSpan> InterruptAsync()
    {
        var watch = Stopwatch.StartNew();
        using var kill = Process.Start("kill", ["-INT", _process!.Id.ToString()]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return watch.Elapsed;
    }

    public async Task<JsonObject> AskAsync(
        string question, string integrity, int maxTokens = 64, double temperature = 0, long? seed = null, string model = Model)
    {
        var (_, body) = await TryAskAsync(question, integrity, maxTokens, temperature, seed, model);
        return body;
    }

    public async Task<(HttpStatusCode Status, JsonObject Body)> TryAskAsync(
        string question, string integrity, int maxTokens = 64, double temperature = 0, long? seed = null, string model = Model)
    {
        using var answer = await Client.PostAsJsonAsync("/v1/chat/completions", Body(question, integrity, maxTokens, temperature, seed, stream: false, model));
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    /// <summary>Data lines of a streamed answer, without the prefix.</summary>
    public async Task<List<string>> StreamAsync(string question, string integrity, int maxTokens = 64)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(Body(question, integrity, maxTokens, 0, null, stream: true, Model)),
        };
        using var answer = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var lines = new List<string>();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                lines.Add(line[6..]);
        }

        return lines;
    }

    public async Task<JsonObject> GetAsync(string path) => (await Client.GetFromJsonAsync<JsonObject>(path))!;

    public Task<JsonObject> RequestAsync(JsonObject answer) => GetAsync($"/v1/requests/{RequestId(answer)}");

    public Task<string> ReceiptAsync(string request) => Client.GetStringAsync($"/v1/requests/{request}/receipt");

    public static string RequestId(JsonObject answer) =>
        answer["atoma"]?["request_id"]?.GetValue<string>() ?? answer["error"]!["atoma"]!["request_id"]!.GetValue<string>();

    /// <summary>The one number (P11).</summary>
    public async Task<long> DifferenceAsync() => (await GetAsync("/v1/network"))["conservation"]!["difference_micros"]!.GetValue<long>();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    /// <summary>Starts one of our programs, as built beside this one.</summary>
    public static Process Run(string program, IEnumerable<string> arguments, Action<string> line, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => line(e.Data ?? "");
        process.ErrorDataReceived += (_, e) => line(e.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>The demo model's manifest, as every node of this build describes it.</summary>
    public Protocol.Models.ModelManifest Manifest()
    {
        using var vocabulary = Inference.Tokens.ModelVocabulary.Load(
            Silo.Hosting.ModelFiles.Demo(), Model, new Inference.Native.LlamaLibraryOptions(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        return vocabulary.Manifest;
    }

    /// <summary>Path of a program built in the same configuration.</summary>
    public static string Program(string name)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, name, own.Name, name + ".dll");
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static JsonObject Body(string question, string integrity, int maxTokens, double temperature, long? seed, bool stream, string model)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = question }),
            ["integrity"] = integrity,
            ["max_tokens"] = maxTokens,
            ["temperature"] = temperature,
            ["stream"] = stream,
        };
        if (seed is { } value)
            body["seed"] = value;
        return body;
    }
}
