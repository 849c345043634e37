using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Atoma.Network.Tests.Clients;

/// <summary>The official openai package for Node.js, as it comes from npm: node/tour.mjs.</summary>
[Collection(ClientCollection.Name)]
public sealed class NodeClientTests(ClientNetwork clients)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Stops of the tour: it must not pass by having fewer.</summary>
    private const int Stops = 27;

    private static string Folder() => Path.Combine(ClientNetwork.Repository, "tests", "Atoma.Network.Tests", "node");

    [SkippableFact]
    public async Task Tour_UnchangedClient_PassesEveryStop()
    {
        Skip.If(await RunAsync("node", ["--version"], static _ => { }) != 0 && Environment.GetEnvironmentVariable("CI") is null, "Node.js is not installed.");
        if (!File.Exists(Path.Combine(Folder(), "node_modules", "openai", "package.json")))
            Assert.Equal(0, await RunAsync("npm", ["ci", "--ignore-scripts"], static _ => { }));

        var lines = new ConcurrentQueue<string>();
        var status = await RunAsync("node", ["tour.mjs"], lines.Enqueue);

        var stops = lines.Where(l => l.StartsWith('{')).Select(l => JsonNode.Parse(l)!).ToArray();
        Assert.True(stops.All(s => s["ok"]!.GetValue<bool>()) && status == 0, string.Join('\n', lines.Where(l => !l.Contains("\"ok\":true", StringComparison.Ordinal))));
        Assert.Equal(Stops, stops.Length);
    }

    private async Task<int> RunAsync(string program, string[] arguments, Action<string> line)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder(), UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ATOMA_URL"] = clients.Address.ToString();
        start.Environment["ATOMA_KEY"] = LiveNetwork.Key;
        start.Environment["ATOMA_MODEL"] = LiveNetwork.Model;
        try
        {
            using var process = Process.Start(start)!;
            process.OutputDataReceived += (_, e) => line(e.Data ?? "");
            process.ErrorDataReceived += (_, e) => line(e.Data ?? "");
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{program} {string.Join(' ', arguments)} took longer than {Patience}.", e);
            }

            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
