using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Atoma.Inference.Engine;
using Atoma.Network.Tests;

namespace Atoma.Benchmarks.Engine;

/// <summary>A server under load: ours in a process of its own, or llama-server.</summary>
internal sealed class ThroughputServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private readonly LiveNetwork? _network;
    private readonly Process? _process;

    private ThroughputServer(string name, string model, HttpClient client, LiveNetwork? network, Process? process)
    {
        Name = name;
        Model = model;
        Client = client;
        _network = network;
        _process = process;
    }

    public string Name { get; }

    public string Model { get; }

    public HttpClient Client { get; }

    public static async Task<ThroughputServer> AtomaAsync(string model, EngineMode mode, int slots, int contextTokens, int threads)
    {
        var network = await LiveNetwork.StartAsync(
            "--nodes", "1", "--mode", mode.ToString(), "--model", $"bench={model}",
            "--slots", $"{slots}", "--context", $"{contextTokens}", "--threads", $"{threads}");
        return new ThroughputServer($"{mode}".ToLowerInvariant(), "bench", network.Client, network, null);
    }

    public static async Task<ThroughputServer> LlamaAsync(string binary, string model, int slots, int contextTokens, int threads)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(binary) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[]
        {
            "-m", model, "--host", "127.0.0.1", "--port", $"{port}", "-np", $"{slots}", "-c", $"{slots * contextTokens}",
            "-t", $"{threads}", "-tb", $"{threads}", "--no-warmup",
        })
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(10) };
        var watch = Stopwatch.StartNew();
        while (!await IsUpAsync(client))
        {
            if (process.HasExited || watch.Elapsed > StartTimeout)
                throw new InvalidOperationException($"{binary} did not come up.");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        return new ThroughputServer("llama-server", "bench", client, null, process);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_network is not null)
            await _network.DisposeAsync();
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<bool> IsUpAsync(HttpClient client)
    {
        try
        {
            return (await client.GetAsync("/health")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
