using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Atoma.Protocol.Common;

namespace Atoma.Benchmarks.Engine;

/// <param name="TokensPerSecond">Of all streams together, from the first request to the last token.</param>
/// <param name="FirstTokenMs">Of each stream: from its request to the first piece of text.</param>
internal sealed record ThroughputResult(double TokensPerSecond, double[] FirstTokenMs);

/// <summary>The same requests for every server: streamed completions of prompts that differ from the first word (or after what they share).</summary>
internal sealed class ThroughputLoad(int words, int sharedWords, int tokens)
{
    private static readonly string[] Vocabulary =
        ["time", "house", "water", "little", "people", "green", "river", "stone", "bright", "under", "story", "night", "winter", "garden", "paper", "bread"];

    public async Task<ThroughputResult> RunAsync(ThroughputServer server, int streams, int round, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => AskAsync(server, Prompt(streams, round, i), (round * streams) + i, cancellationToken)));
        return new ThroughputResult(answers.Sum(a => a.Tokens) / watch.Elapsed.TotalSeconds, [.. answers.Select(a => a.FirstMs)]);
    }

    private string Prompt(int streams, int round, int stream)
    {
        var text = new StringBuilder();
        for (var i = 0; i < sharedWords; i++)
            text.Append(Word(0, i)).Append(' ');
        for (var i = 0; i < words; i++)
            text.Append(Word(1UL + (ulong)((streams * 1000) + (round * 100) + stream), i)).Append(' ');
        return text.ToString();
    }

    private static string Word(ulong key, int index) => Vocabulary[(int)(Prf.Philox(key, (uint)index, 77) % (ulong)Vocabulary.Length)];

    private async Task<(int Tokens, double FirstMs)> AskAsync(ThroughputServer server, string prompt, int seed, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new
            {
                model = server.Model, prompt, max_tokens = tokens, temperature = 0.8, top_p = 0.95, top_k = 40, seed, stream = true,
                stream_options = new { include_usage = true },
            }),
        };
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{server.Name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        var (first, count) = (0.0, 0);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.Data == "[DONE]")
                break;
            using var chunk = JsonDocument.Parse(item.Data);
            if (chunk.RootElement.TryGetProperty("error", out var error))
                throw new InvalidOperationException($"{server.Name}: {error}");
            if (first == 0 && chunk.RootElement.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
                && choices[0].TryGetProperty("text", out var text) && text.GetString() is { Length: > 0 })
                first = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (chunk.RootElement.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
                count = usage.GetProperty("completion_tokens").GetInt32();
        }

        return (count, first);
    }
}
