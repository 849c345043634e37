using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>Meter <c>Atoma.Engine</c>: what the engines of this process do, by model; models are those that the process was started with.</summary>
internal static class EngineMetrics
{
    public const string Name = "Atoma.Engine";

    private const string ModelTag = "gen_ai.request.model";
    private const string PhaseTag = "atoma.phase";

    private static readonly Meter Meter = new(Name);
    private static readonly ConcurrentDictionary<LlamaEngine, string> Engines = new();

    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>(
        "atoma.engine.tokens", "{token}", "Tokens computed, by phase: prefill, decode, or check (checks, embeddings and scored prompts).");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "atoma.engine.decode.duration", "s", "Time of one call of the library, by phase.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30] });

    static EngineMetrics()
    {
        Meter.CreateObservableGauge("atoma.engine.queue.depth", () => Each(static c => c.Queued), "{task}", "Tasks waiting for a slot.");
        Meter.CreateObservableGauge("atoma.engine.slots.busy", () => Each(static c => c.Busy), "{slot}", "Sequences being generated.");
        Meter.CreateObservableGauge("atoma.engine.slots", () => Each(static c => c.Slots), "{slot}", "Sequences that can be generated at once.");
    }

    public static void Add(LlamaEngine engine) => Engines[engine] = engine.Model.Id;

    public static void Remove(LlamaEngine engine) => Engines.TryRemove(engine, out _);

    /// <summary>One call of the library computed so many tokens.</summary>
    public static void Computed(string model, string phase, int tokens, TimeSpan took)
    {
        Tokens.Add(tokens, Tag(ModelTag, model), Tag(PhaseTag, phase));
        Duration.Record(took.TotalSeconds, Tag(ModelTag, model), Tag(PhaseTag, phase));
    }

    /// <summary>Nodes of one process that serve the same model count together.</summary>
    private static IEnumerable<Measurement<int>> Each(Func<EngineCapacity, int> read) =>
        Engines.GroupBy(e => e.Value, e => read(e.Key.Capacity), StringComparer.Ordinal).Select(g => new Measurement<int>(g.Sum(), Tag(ModelTag, g.Key)));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
