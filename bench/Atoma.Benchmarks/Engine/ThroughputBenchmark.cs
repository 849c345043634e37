using System.CommandLine;
using Atoma.Inference.Gguf;
using Atoma.Inference.Engine;
using Atoma.Silo.Hosting;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// Ours and, given its binary, llama-server on the same GGUF, threads, context and slots, in turn for each number of streams, the
/// same requests through REST. Ours is the whole embedded network with one node: quote, hold, draw, commitment, receipt and all.
/// </summary>
internal static class ThroughputBenchmark
{
    private static readonly int[] Streams = [1, 2, 4, 8, 16, 32];

    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = "GGUF file; the demo model by default." };
        var server = new Option<string?>("--llama-server") { Description = "Binary of llama-server, to measure beside ours." };
        var streams = new Option<int[]>("--streams") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Streams };
        var modes = new Option<EngineMode[]>("--modes") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [EngineMode.Fast, EngineMode.Invariant] };
        var prompt = new Option<int>("--prompt") { Description = "Words of each prompt, about as many tokens.", DefaultValueFactory = _ => 64 };
        var shared = new Option<int>("--shared") { Description = "Words that all prompts begin with alike, before their own.", DefaultValueFactory = _ => 0 };
        var tokens = new Option<int>("--tokens") { Description = "Most tokens of each answer.", DefaultValueFactory = _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds per point; each asks every server once, the median counts.", DefaultValueFactory = _ => 3 };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 1 };
        var command = new Command("engine-throughput", "Tokens/s and time to the first token by concurrent streams, beside llama-server.") { model, server, streams, modes, prompt, shared, tokens, rounds, threads };
        command.SetAction(async (given, cancellationToken) =>
        {
            var path = Path.GetFullPath(given.GetValue(model) ?? ModelFiles.Demo());
            var most = given.GetValue(streams)!.Max();
            var context = Math.Min(GgufModel.Open(path).ContextLength, (given.GetValue(prompt) + given.GetValue(shared)) * 3 + given.GetValue(tokens) + 64);
            List<ThroughputServer> servers = [];
            try
            {
                foreach (var mode in given.GetValue(modes)!)
                    servers.Add(await ThroughputServer.AtomaAsync(path, mode, most, context, given.GetValue(threads)));
                if (given.GetValue(server) is { } binary)
                    servers.Add(await ThroughputServer.LlamaAsync(binary, path, most, context, given.GetValue(threads)));
                var load = new ThroughputLoad(given.GetValue(prompt), given.GetValue(shared), given.GetValue(tokens));
                return await MeasureAsync(servers, load, given.GetValue(streams)!, given.GetValue(rounds), cancellationToken);
            }
            finally
            {
                foreach (var one in servers)
                    await one.DisposeAsync();
            }
        });
        return command;
    }

    private static async Task<int> MeasureAsync(List<ThroughputServer> servers, ThroughputLoad load, int[] streams, int rounds, CancellationToken cancellationToken)
    {
        var last = servers[^1];
        var line = "engine-throughput";
        // A first request pays for what a server makes only once.
        foreach (var server in servers)
            await load.RunAsync(server, streams: 1, rounds, cancellationToken);
        Console.WriteLine($"{"streams",7} {"server",-16} {"tokens/s",9} {"ratio",6} {"first ms p50",13} {"p99",8}");
        foreach (var count in streams)
        {
            var results = servers.ToDictionary(s => s, _ => new List<ThroughputResult>());
            for (var round = 0; round < rounds; round++)
            {
                // In turn, so that whatever else the machine does strikes all of them.
                foreach (var server in servers)
                    results[server].Add(await load.RunAsync(server, count, round, cancellationToken));
            }

            // The ratio of each round, then their median: rounds are alike only within themselves.
            foreach (var server in servers)
            {
                var ratio = Statistics.Quantile(results[server].Zip(results[last], (a, b) => a.TokensPerSecond / b.TokensPerSecond), 0.5);
                var rate = Statistics.Quantile(results[server].Select(r => r.TokensPerSecond), 0.5);
                var first = results[server].SelectMany(r => r.FirstTokenMs).ToArray();
                Console.WriteLine($"{count,7} {server.Name,-16} {rate,9:F1} {ratio,6:F3} {Statistics.Quantile(first, 0.5),13:F1} {Statistics.Quantile(first, 0.99),8:F1}");
                if (server != last)
                    line += $" {server.Name}_{count}={ratio:F3}";
            }
        }

        Console.WriteLine($"{line} against={last.Name}");
        return 0;
    }
}
