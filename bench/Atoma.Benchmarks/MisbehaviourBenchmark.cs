using System.CommandLine;
using System.Text.Json.Nodes;
using Atoma.Network.Tests;

namespace Atoma.Benchmarks;

/// <summary>
/// Every kind of cheat at L2 and L4: a network in which <c>--runs</c> nodes cheat and four do not, asked until each cheat was
/// drawn to answer. Caught means convicted (silent: replaced and fined); nobody honest may be.
/// </summary>
internal static class MisbehaviourBenchmark
{
    private static readonly string[] Kinds = ["wrong-tokens", "other-model", "truncate", "silent", "copy"];
    private const int HonestNodes = 6;

    public static Command Create()
    {
        var runs = new Option<int>("--runs") { Description = "Cheating nodes of each kind and level.", DefaultValueFactory = _ => 20 };
        var command = new Command("misbehaviour", "Cheats caught at L2 and L4.") { runs };
        command.SetAction(async (given, _) =>
        {
            int caught = 0, expected = 0, honest = 0;
            foreach (var level in new[] { "checked", "replicated:3" })
            {
                foreach (var kind in Kinds)
                {
                    var (found, innocent, requests) = await RunAsync(kind, level, given.GetValue(runs));
                    Console.WriteLine($"{kind,-13} at {level,-13} caught {found} of {given.GetValue(runs)}, honest nodes at fault {innocent}, {requests} requests");
                    caught += found;
                    expected += given.GetValue(runs);
                    honest += innocent;
                }
            }

            Console.WriteLine($"misbehaviour caught={caught} of={expected} honest_at_fault={honest}");
            return caught == expected && honest == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task<(int Caught, int Innocent, int Requests)> RunAsync(string kind, string level, int runs)
    {
        await using var network = await LiveNetwork.StartAsync(
            "--nodes", (runs + HonestNodes).ToString(), "--cheater", kind, "--cheaters", runs.ToString(), "--commit-timeout", "2", "--slots", "1");
        var cheats = Cheats(network);
        var caught = new HashSet<string>();
        var innocent = new HashSet<string>();
        var requests = 0;
        // A silent node is not jailed and is drawn again, so the last ones take a while to come up.
        for (; requests < 40 * runs && caught.Count < runs; requests++)
        {
            var answer = await network.AskAsync("What is Atoma?", level, 48, temperature: 1, seed: requests);
            var request = await network.RequestAsync(answer);
            foreach (var node in Faults(request, kind))
                (cheats.Contains(node) ? caught : innocent).Add(node);
        }

        return (caught.Count, innocent.Count, requests);
    }

    private static IEnumerable<string> Faults(JsonObject request, string kind) =>
        kind == "silent"
            ? request["participants"]!.AsArray().Where(p => p!["failure"]?.GetValue<string>() == "silent").Select(p => p!["node"]!.GetValue<string>())
            : request["convictions"]!.AsArray().Select(c => c!["node"]!.GetValue<string>());

    /// <summary>The network says at start which of its nodes misbehave.</summary>
    private static HashSet<string> Cheats(LiveNetwork network) =>
        [.. network.Output.Split('\n').Where(l => l.Contains(", misbehaves: ", StringComparison.Ordinal))
            .Select(l => l[l.IndexOf("0x", StringComparison.Ordinal)..].Split(',')[0])];
}
