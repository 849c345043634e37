using System.CommandLine;
using Atoma.Inference.Engine;
using Atoma.Silo.Hosting;

namespace Atoma.Silo.Nodes;

/// <summary><c>node</c>: joins a network as an independent node.</summary>
internal static class NodeCommand
{
    public static Command Create()
    {
        var gateway = new Option<string>("--gateway") { Description = "The network's node gateway.", DefaultValueFactory = _ => "http://127.0.0.1:5081" };
        var key = new Option<string>("--key") { Description = "Key file of the node; made when missing.", Required = true };
        var model = new Option<string[]>("--model") { Description = ModelFile.Help };
        var memory = new Option<int?>("--memory-mb") { Description = "Megabytes that its models may take together; by default what the machine has available. Beyond it they are loaded and unloaded by turns." };
        var misbehave = new Option<string?>("--misbehave") { Description = $"Cheat, for demonstration: {string.Join(", ", Misbehaviour.Names.Keys)}." };
        var country = new Option<string>("--country") { Description = "ISO 3166 code, optional.", DefaultValueFactory = _ => "" };
        var input = new Option<long>("--input-price") { Description = "Micro-units per 1,000 prompt tokens.", DefaultValueFactory = _ => 1_000 };
        var output = new Option<long>("--output-price") { Description = "Micro-units per 1,000 output tokens.", DefaultValueFactory = _ => 3_000 };
        var slots = new Option<int>("--slots") { Description = "Sequences run at once, of each model.", DefaultValueFactory = _ => 4 };
        var threads = new Option<int>("--threads") { Description = "CPU threads, for each model in memory.", DefaultValueFactory = _ => 1 };
        var mode = new Option<EngineMode>("--mode") { Description = "invariant: exact answers; fast: as fast as llama.cpp can, drawn only for integrity \"none\".", DefaultValueFactory = _ => EngineMode.Invariant };
        var context = new Option<int>("--context") { Description = "Tokens of prompt and answer together; 0 for the model's own, up to 4,096.", DefaultValueFactory = _ => 0 };
        misbehave.AcceptOnlyFromAmong([.. Misbehaviour.Names.Keys]);
        var command = new Command("node", "Join a network as an independent node.") { gateway, key, model, memory, misbehave, country, input, output, slots, threads, mode, context };
        command.SetAction(async (given, cancellationToken) =>
        {
            if (!Uri.TryCreate(given.GetValue(gateway), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                await Console.Error.WriteLineAsync($"--gateway is '{given.GetValue(gateway)}', must be an address such as http://127.0.0.1:5081.");
                return 2;
            }

            var models = ModelFile.Of(given.GetValue(model));
            List<string> problems = [.. ModelFile.Problems(models)];
            if (given.GetValue(memory) is < 1)
                problems.Add($"--memory-mb is {given.GetValue(memory)}, must be at least 1.");
            foreach (var problem in problems)
                await Console.Error.WriteLineAsync(problem);
            if (problems.Count > 0)
                return 2;
            using var logging = LoggerFactory.Create(b => b.AddSimpleConsole(o => o.SingleLine = true).AddFilter("Microsoft", LogLevel.Warning));
            return await GatewayNode.RunAsync(new GatewayNodeSettings(
                address, given.GetValue(key)!, models, given.GetValue(memory), given.GetValue(misbehave),
                given.GetValue(country)!, given.GetValue(input), given.GetValue(output), given.GetValue(slots), given.GetValue(threads), given.GetValue(mode),
                given.GetValue(context)),
                TimeProvider.System, logging.CreateLogger("Atoma.Node"), cancellationToken);
        });
        return command;
    }
}
