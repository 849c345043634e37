using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Atoma.Network.Tests;
using Atoma.Protocol.Integrity;

namespace Atoma.Benchmarks;

/// <summary>
/// What each level of P4 delivers on the real network: every kind of cheat at every level, three colluders of five against the
/// formula, and how long after its last token an answer is verified.
/// </summary>
internal static class LevelsBenchmark
{
    private static readonly string[] Kinds = ["wrong-tokens", "other-model", "truncate", "silent", "copy", "lazy"];
    private static readonly string[] Levels = ["none", "sampled", "checked", "checked:3", "replicated:3"];

    /// <summary>Requests until a cheater among eight was drawn to generate: it is not in 60 with probability (7/8)^60 = 3e-4.</summary>
    private const int AttemptsMax = 60;

    private const int LatencyAnswers = 50;
    private const int LatencyTokens = 128;

    public static Command Create()
    {
        var requests = new Option<int>("--requests") { Description = "Requests for each level of the colluders' test.", DefaultValueFactory = _ => 150 };
        var part = new Option<string>("--part") { Description = "kinds, colluders, latency or all.", DefaultValueFactory = _ => "all" };
        part.AcceptOnlyFromAmong("kinds", "colluders", "latency", "all");
        var command = new Command("levels", "Every level against every cheat, colluders against the formula, time to the verdict.") { requests, part };
        command.SetAction(async (given, _) =>
        {
            var which = given.GetValue(part)!;
            var failed = which is "kinds" or "all" && !await KindsAsync();
            if (which is "colluders" or "all")
                failed |= !await ColludersAsync(given.GetValue(requests));
            if (which is "latency" or "all")
                await LatencyAsync();
            return failed ? 1 : 0;
        });
        return command;
    }

    private static async Task<bool> KindsAsync()
    {
        var (asExpected, all) = (0, 0);
        foreach (var kind in Kinds)
        {
            foreach (var level in Levels)
            {
                // All sampled answers are audited here: what an audit finds is the question, not how often there is one.
                await using var network = await LiveNetwork.StartAsync(
                    "--nodes", "8", "--cheater", kind, "--commit-timeout", "2", "--slots", "1", "--audit-probability", "1", "--epoch", "600");
                var seen = await FirstCheatAsync(network, kind, level);
                var expected = Expected(kind, level);
                Console.WriteLine($"{kind,-13} {level,-13} {seen,-28} {(seen == expected ? "as expected" : $"EXPECTED {expected}")}");
                all++;
                asExpected += seen == expected ? 1 : 0;
            }
        }

        Console.WriteLine($"levels-kinds as_expected={asExpected} of={all}");
        return asExpected == all;
    }

    private static string Expected(string kind, string level) => (kind, level) switch
    {
        ("silent", _) => "replaced and fined",
        ("lazy", _) => "delivered",
        // It repeats the prompt with its end tokens, after which an answer cannot go on: replay alone proves that.
        ("copy", "none") => "convicted",
        (_, "none") => "delivered",
        _ => "convicted",
    };

    /// <summary>Asks until the cheater generated an answer, and says what became of it.</summary>
    private static async Task<string> FirstCheatAsync(LiveNetwork network, string kind, string level)
    {
        var cheats = Cheats(network);
        for (var i = 0; i < AttemptsMax; i++)
        {
            var answer = await network.AskAsync("What is Atoma?", level, 48, temperature: 1, seed: i);
            var request = await ClosedAsync(network, LiveNetwork.RequestId(answer));
            var generator = request["participants"]!.AsArray().FirstOrDefault(p => p!["role"]!.GetValue<string>() is "primary" or "replica" && cheats.Contains(p["node"]!.GetValue<string>()));
            if (generator is null)
                continue;
            if (request["convictions"]!.AsArray().Any(c => cheats.Contains(c!["node"]!.GetValue<string>())))
                return "convicted";
            if (generator["failure"]?.GetValue<string>() == "silent")
                return "replaced and fined";
            // Truncation by replay may leave nothing to find where the answer is one token long.
            return request["status"]!.GetValue<string>() == "settled" ? "delivered" : request["refund_reason"]!.GetValue<string>();
        }

        return $"{kind} never drawn";
    }

    private static async Task<bool> ColludersAsync(int requests)
    {
        var ok = true;
        foreach (var name in new[] { "checked:3", "replicated:3" })
        {
            await using var network = await LiveNetwork.StartAsync("--nodes", "5", "--cheater", "collude", "--cheaters", "3", "--epoch", "600");
            var cheats = Cheats(network);
            int full = 0, wrong = 0;
            var innocent = 0;
            for (var i = 0; i < requests; i++)
            {
                var request = await ClosedAsync(network, LiveNetwork.RequestId(await network.AskAsync("What is Atoma?", name, 24, temperature: 1, seed: i)));
                if (request["participants"]!.AsArray() is not { Count: > 0 } participants || participants[0]!["draw"]!["eligible_count"]!.GetValue<int>() < 5)
                    continue;
                full++;
                var authors = participants.Where(p => p!["role"]!.GetValue<string>() is "primary" or "replica" && p["status"]!.GetValue<string>() == "revealed");
                wrong += request["status"]!.GetValue<string>() == "settled" && authors.All(p => cheats.Contains(p!["node"]!.GetValue<string>())) ? 1 : 0;
            }

            foreach (var slash in (await network.GetAsync("/v1/slashes?limit=500"))["data"]!.AsArray())
                innocent += !cheats.Contains(slash!["node"]!.GetValue<string>()) && slash["status"]!.GetValue<string>() is "executed" ? 1 : 0;
            Assert(IntegrityLevel.TryParse(name, out var level));
            var formula = Assurance.UndetectedFraud(level, 5, 0.6, default);
            var (low, high) = Wilson(wrong, full);
            ok &= low <= formula && formula <= high;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"colluders 3 of 5 at {name}: wrong delivered {wrong} of {full} = {(double)wrong / full:F3}, 95 % interval {low:F3}-{high:F3}, formula {formula:F3}; honest nodes slashed {innocent}"));
        }

        Console.WriteLine($"levels-colluders within={ok}");
        return ok;
    }

    /// <summary>From the last token shown to the end of the stream, as a part of the time to the last token.</summary>
    private static async Task LatencyAsync()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "5", "--slots", "2");
        var ends = network.Manifest().EndOfGeneration.ToDictionary(t => t.ToString(CultureInfo.InvariantCulture), _ => (JsonNode)(-100));
        var (parts, milliseconds) = (new List<double>(), new List<double>());
        for (var i = 0; i < LatencyAnswers + 2; i++)
        {
            var body = new JsonObject
            {
                ["model"] = LiveNetwork.Model,
                ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = $"Tell me about Atoma, part {i}." }),
                ["max_tokens"] = LatencyTokens,
                ["temperature"] = 1,
                ["seed"] = i,
                ["stream"] = true,
                ["logit_bias"] = new JsonObject([.. ends.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value.DeepClone()))]),
                ["integrity"] = "checked",
            };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(body) };
            var started = Stopwatch.GetTimestamp();
            using var answer = await network.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
            var (last, end) = (0.0, 0.0);
            while (await reader.ReadLineAsync() is { } line)
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal))
                    continue;
                var now = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (line == "data: [DONE]")
                    end = now;
                else if (JsonNode.Parse(line[6..])?["choices"] is JsonArray { Count: > 0 } choices && choices[0]!["delta"]?["content"]?.GetValue<string>() is { Length: > 0 })
                    last = now;
            }

            // The first answers warm up caches and the runtime.
            if (i < 2 || end == 0)
                continue;
            parts.Add((end - last) / last);
            milliseconds.Add(end - last);
        }

        parts.Sort();
        milliseconds.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"levels-latency answers={parts.Count} tokens={LatencyTokens} verdict_after_last_token_median={parts[parts.Count / 2]:F3} p90={parts[parts.Count * 9 / 10]:F3} of the answer's time, median_ms={milliseconds[parts.Count / 2]:F0}"));
    }

    /// <summary>The request once its audit is over too.</summary>
    private static async Task<JsonObject> ClosedAsync(LiveNetwork network, string id)
    {
        for (var i = 0; i < 600; i++)
        {
            var request = await network.GetAsync($"/v1/requests/{id}");
            if (request["status"]!.GetValue<string>() is "settled" or "refunded" or "expired")
                return request;
            await Task.Delay(50);
        }

        throw new TimeoutException($"Request {id} did not end.");
    }

    /// <summary>The network says at start which of its nodes misbehave.</summary>
    private static HashSet<string> Cheats(LiveNetwork network) =>
        [.. network.Output.Split('\n').Where(l => l.Contains(", misbehaves: ", StringComparison.Ordinal))
            .Select(l => l[l.IndexOf("0x", StringComparison.Ordinal)..].Split(',')[0])];

    private static void Assert(bool holds)
    {
        if (!holds)
            throw new InvalidOperationException("A level's name is wrong.");
    }

    /// <summary>95 % interval of a share (Wilson 1927).</summary>
    private static (double Low, double High) Wilson(int hits, int of)
    {
        const double z = 1.96;
        var p = (double)hits / of;
        var centre = (p + z * z / (2 * of)) / (1 + z * z / of);
        var half = z * Math.Sqrt(p * (1 - p) / of + z * z / (4.0 * of * of)) / (1 + z * z / of);
        return (centre - half, centre + half);
    }
}
