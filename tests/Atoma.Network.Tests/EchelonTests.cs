using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Atoma.Network.Tests;

/// <summary>What a node does before it joins (P2.5): it proves its echelon, or stays out.</summary>
public sealed class EchelonTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Echelon_DemoModel_GivesTheShippedAnswers()
    {
        var (exit, output, _) = await RunAsync();
        Assert.Equal(0, exit);
        var shipped = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(LiveNetwork.Program("Atoma.Silo"))!, "models", "echelons.json")))!.AsArray();
        var mine = JsonNode.Parse(output)!;
        var known = Assert.Single(shipped, e => e!["echelon"]!.GetValue<string>() == mine["echelon"]!.GetValue<string>());
        Assert.Equal(known!["answers"]!.ToJsonString(), mine["answers"]!.ToJsonString());
    }

    [Fact]
    public async Task Echelon_KnownAnswersAreOthers_RefusesAndSaysWhatToDo()
    {
        var (_, output, _) = await RunAsync();
        var other = JsonNode.Parse(output)!;
        other["answers"]![0] = new string('0', 64);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, new JsonArray(other).ToJsonString());
            var (exit, _, error) = await RunAsync("--known", file);
            Assert.Equal(1, exit);
            Assert.Contains("does not reproduce the known answers", error, StringComparison.Ordinal);
            Assert.Contains("--mode Fast", error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[LiveNetwork.Program("Atoma.Silo"), "echelon", .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Timeout);
        return (process.ExitCode, await output, await error);
    }
}
