using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atoma.Ethereum;
using Atoma.Protocol.Receipts;

namespace Atoma.Network.Tests;

/// <summary>Core silo and API as two processes: the same behaviour over an Orleans client.</summary>
public sealed class SplitModeTests
{
    [Fact]
    public async Task Api_AsClientOfASilo_AnswersLikeTheEmbeddedNetwork()
    {
        var data = Directory.CreateTempSubdirectory("atoma-split-");
        var clientPort = LiveNetwork.FreePort();
        var apiPort = LiveNetwork.FreePort();
        var silo = await StartAsync("Atoma.Silo", "The core silo is up",
            "silo", "--data", data.FullName, "--nodes", "3", "--dev-key", LiveNetwork.Key, "--gateway-port", LiveNetwork.FreePort().ToString(),
            "--silo-port", LiveNetwork.FreePort().ToString(), "--client-port", clientPort.ToString());
        var api = await StartAsync("Atoma.Api", "The API is up", "--cluster", $"127.0.0.1:{clientPort}", "--urls", $"http://127.0.0.1:{apiPort}");
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{apiPort}"), Timeout = TimeSpan.FromMinutes(2) };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", LiveNetwork.Key);
            foreach (var integrity in new[] { "none", "checked", "replicated:3" })
            {
                using var answer = await client.PostAsJsonAsync("/v1/chat/completions", new
                {
                    model = LiveNetwork.Model,
                    integrity,
                    temperature = 0,
                    messages = new[] { new { role = "user", content = "What is Atoma?" } },
                });
                var body = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
                Assert.Equal("settled", body["atoma"]?["status"]?.GetValue<string>());
                var receipt = await client.GetStringAsync($"/v1/requests/{LiveNetwork.RequestId(body)}/receipt");
                Assert.Empty(ReceiptFile.Verify(receipt, new EthereumSignatures(), out _));
            }

            var network = (await client.GetFromJsonAsync<JsonObject>("/v1/network"))!;
            Assert.Equal(0, network["conservation"]!["difference_micros"]!.GetValue<long>());
        }
        finally
        {
            foreach (var process in new[] { api, silo })
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }

            data.Delete(recursive: true);
        }
    }

    private static async Task<Process> StartAsync(string program, string sign, params string[] arguments)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var process = LiveNetwork.Run(LiveNetwork.Program(program), arguments, line =>
        {
            output.Enqueue(line);
            if (line.Contains(sign, StringComparison.Ordinal))
                up.TrySetResult();
        });
        _ = process.WaitForExitAsync().ContinueWith(
            _ => up.TrySetException(new InvalidOperationException($"{program} ended at start:\n{string.Join('\n', output)}")), TaskScheduler.Default);
        await up.Task.WaitAsync(TimeSpan.FromSeconds(120));
        return process;
    }
}
