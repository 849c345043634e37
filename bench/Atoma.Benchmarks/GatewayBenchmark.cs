using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Atoma.Gateway.Tests;
using Atoma.Protocol.Models;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Atoma.Benchmarks;

/// <summary>
/// What the gateway costs by itself: keys, holds, draws, commitments, settlement and signed receipts on, before nodes that
/// answer at once, beside a bare minimal API and the same engine without anything around it.
/// </summary>
internal static class GatewayBenchmark
{
    private const int WarmUp = 500;

    public static Command Create()
    {
        var requests = new Option<int>("--requests") { Description = "Requests of each kind and round.", DefaultValueFactory = _ => 10_000 };
        var clients = new Option<int>("--clients") { Description = "Requests at once.", DefaultValueFactory = _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; medians are reported.", DefaultValueFactory = _ => 3 };
        var integrity = new Option<string>("--integrity") { Description = "Integrity level.", DefaultValueFactory = _ => "none" };
        var command = new Command("gateway", "Requests per second and added latency of the gateway alone.") { requests, clients, rounds, integrity };
        command.SetAction((given, _) => RunAsync(given.GetValue(requests), given.GetValue(clients), given.GetValue(rounds), given.GetValue(integrity)!));
        return command;
    }

    private static async Task RunAsync(int requests, int clients, int rounds, string integrity)
    {
        await using var network = await InstantNetwork.StartAsync(nodes: 16);
        await using var bare = await BareAsync();
        var body = JsonSerializer.Serialize(InstantNetwork.Chat(integrity));
        using var bareHttp = new HttpClient { BaseAddress = new Uri(bare.Urls.First()) };
        bareHttp.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", network.DevelopmentKey);
        await LoadAsync(network.Http, body, WarmUp, clients);
        await LoadAsync(bareHttp, body, WarmUp, clients);
        List<Load> gateways = [], alones = [], baselines = [];
        for (var round = 1; round <= rounds; round++)
        {
            baselines.Add(await LoadAsync(bareHttp, body, requests, clients));
            var (allocated, collections, processor) = (GC.GetTotalAllocatedBytes(), GC.CollectionCount(0), Process.GetCurrentProcess().TotalProcessorTime);
            gateways.Add(await LoadAsync(network.Http, body, requests, clients));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"each: {(GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / requests:F0} KiB allocated, {(Process.GetCurrentProcess().TotalProcessorTime - processor).TotalMilliseconds / requests:F2} ms of processor, client included; {GC.CollectionCount(0) - collections} collections"));
            // One at a time: what a lone caller waits.
            alones.Add(await LoadAsync(network.Http, body, requests / 10, clients: 1));
            Console.WriteLine($"round {round}: bare {baselines[^1]}; gateway {gateways[^1]}; one at a time {alones[^1]}");
        }

        var books = await network.Ledger.AuditAsync(default);
        var baseline = Median(baselines, l => l.PerSecond);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"gateway integrity={integrity} clients={clients} rps={Median(gateways, l => l.PerSecond):F0} p50_ms={Median(gateways, l => l.P50):F2} p99_ms={Median(gateways, l => l.P99):F2} alone_p50_ms={Median(alones, l => l.P50):F2} alone_p99_ms={Median(alones, l => l.P99):F2} bare_rps={baseline:F0} bare_p50_ms={Median(baselines, l => l.P50):F2} ratio={baseline / Median(gateways, l => l.PerSecond):F1} engine_ms={Engine(network):F3} difference={books.Difference} holds={books.Holds}"));
    }

    /// <summary>Answers with as many bytes, and does nothing.</summary>
    private static async Task<WebApplication> BareAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var answer = new { id = new string('0', 64), @object = "chat.completion", choices = new[] { new { index = 0, message = new { role = "assistant", content = "42" } } } };
        app.MapPost("/v1/chat/completions", async (HttpContext context) =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            return Results.Json(answer);
        });
        await app.StartAsync();
        return app;
    }

    private static double Engine(InstantNetwork network)
    {
        const int Runs = 500;
        var task = new GenerationTask(Protocol.Common.Hash32.Zero, [.. Encoding.UTF8.GetBytes("user: 6 x 7?\n").Select(b => (int)b)], new SamplingParameters { Temperature = 0, MaxTokens = 8 });
        network.Model.Remembered(task);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Runs; i++)
            network.Model.Remembered(task);
        return clock.Elapsed.TotalMilliseconds / Runs;
    }

    private sealed record Load(double PerSecond, double P50, double P99)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerSecond:F0}/s p50 {P50:F2} ms p99 {P99:F2} ms");
    }

    private static async Task<Load> LoadAsync(HttpClient http, string body, int requests, int clients)
    {
        var times = new double[requests];
        var next = -1;
        var bytes = Encoding.UTF8.GetBytes(body);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < requests; i = Interlocked.Increment(ref next))
            {
                var start = Stopwatch.GetTimestamp();
                using var content = new ByteArrayContent(bytes);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using var response = await http.PostAsync("/v1/chat/completions", content);
                var text = await response.Content.ReadAsStringAsync();
                if (!response.IsSuccessStatusCode)
                    throw new InvalidOperationException($"{(int)response.StatusCode}: {text}");
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }));
        var elapsed = clock.Elapsed.TotalSeconds;
        Array.Sort(times);
        return new Load(requests / elapsed, times[times.Length / 2], times[(int)(times.Length * 0.99)]);
    }

    private static double Median(IReadOnlyList<Load> loads, Func<Load, double> figure) => loads.Select(figure).Order().ElementAt(loads.Count / 2);
}
