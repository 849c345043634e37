using Atoma.Ethereum.Keys;
using Atoma.Inference;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;

namespace Atoma.Silo.Nodes;

/// <summary>How an independent node runs.</summary>
internal sealed record GatewayNodeSettings(
    Uri Gateway, string KeyFile, string ModelPath, string? ModelId, string? Misbehave, string Country, long InputPriceMicros, long OutputPriceMicros, int Slots, int Threads, EngineMode Mode, int ContextTokens);

/// <summary>An independent node: loads the model, joins through the gateway, and joins again whenever the connection is lost.</summary>
internal static class GatewayNode
{
    private static readonly TimeSpan DelayMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(30);

    /// <returns>0 when stopped, 1 when refused for good or the model cannot be served.</returns>
    public static async Task<int> RunAsync(GatewayNodeSettings settings, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        List<IInferenceEngine> engines = [];
        try
        {
            using var key = KeyFile.LoadOrCreate(settings.KeyFile);
            Console.WriteLine($"Node {key.Id}, key in {settings.KeyFile}");
            Console.WriteLine($"Loading {settings.ModelPath} …");
            var engine = await LoadAsync(settings, settings.ModelPath, log, cancellationToken);
            engines.Add(engine);
            Console.WriteLine($"Model {engine.Model.Id}, SHA-256 {engine.Model.Digest}; answering the echelon's known prompts …");
            var answers = await KnownAnswers.AnswerAsync(engine, cancellationToken);
            var cheat = settings.Misbehave is { } name ? await CheatAsync(name, settings, engine, engines, log, cancellationToken) : null;
            if (cheat is not null)
                log.Misbehaving(key.Id.ToString(), settings.Misbehave!);
            var profile = new NodeProfile(
                "gateway", settings.Country, new Micros(settings.InputPriceMicros), new Micros(settings.OutputPriceMicros), settings.Slots, engine.ContextTokens);
            return await ServeAsync(settings, new NodeAgent(key, engine, profile, answers, cheat, time, log), key, time, log, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (e is KeyFileException or InferenceException or Inference.Gguf.GgufException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            foreach (var engine in engines)
                await engine.DisposeAsync();
        }
    }

    private static async Task<int> ServeAsync(
        GatewayNodeSettings settings, NodeAgent agent, NodeKey key, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        var delay = DelayMin;
        while (true)
        {
            SessionEnd end;
            await using (var connection = GatewayConnection.Open(settings.Gateway, cancellationToken))
            {
                end = await agent.RunAsync(connection, welcome =>
                {
                    delay = DelayMin;
                    Console.WriteLine($"Joined {settings.Gateway}: {welcome.State}, collateral {welcome.Collateral} micros. Ctrl-C leaves.");
                }, cancellationToken);
            }

            if (cancellationToken.IsCancellationRequested)
                return 0;
            if (end.IsFinal)
            {
                await Console.Error.WriteLineAsync($"Refused ({end.Code}): {end.Reason}");
                return 1;
            }

            log.Reconnecting(key.Id.ToString(), end.Reason, delay.TotalSeconds);
            await Task.Delay(delay, time, cancellationToken);
            delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, DelayMax.Ticks));
        }
    }

    private static Task<LlamaEngine> LoadAsync(GatewayNodeSettings settings, string path, ILogger log, CancellationToken cancellationToken) =>
        LlamaEngine.LoadAsync(new EngineOptions
        {
            ModelPath = path,
            ModelId = settings.ModelId ?? Path.GetFileNameWithoutExtension(settings.ModelPath).ToLowerInvariant(),
            Slots = settings.Slots,
            Threads = settings.Threads,
            Mode = settings.Mode,
            ContextTokens = settings.ContextTokens,
            Libraries = LlamaLibraryOptions.For(settings.Mode),
        }, log, cancellationToken);

    private static async Task<Misbehaviour> CheatAsync(
        string name, GatewayNodeSettings settings, LlamaEngine engine, List<IInferenceEngine> engines, ILogger log, CancellationToken cancellationToken)
    {
        var kind = Misbehaviour.Names[name];
        if (kind != MisbehaviourKind.OtherModel)
            return new Misbehaviour(kind, engine.Model.Digest, otherModel: null);
        var lower = settings.KeyFile + ".q4_0.gguf";
        if (!File.Exists(lower))
            ModelQuantizer.Quantize(settings.ModelPath, lower, "Q4_0", threads: 1, LlamaLibraryOptions.For(settings.Mode), log);
        var other = await LoadAsync(settings, lower, log, cancellationToken);
        engines.Add(other);
        return new Misbehaviour(kind, engine.Model.Digest, other);
    }
}
