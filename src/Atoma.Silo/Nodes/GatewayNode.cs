using Atoma.Ethereum.Keys;
using Atoma.Inference;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Silo.Hosting;

namespace Atoma.Silo.Nodes;

/// <summary>How an independent node runs.</summary>
internal sealed record GatewayNodeSettings(
    Uri Gateway, string KeyFile, IReadOnlyList<ModelFile> Models, int? MemoryMegabytes, string? Misbehave, string Country, long InputPriceMicros, long OutputPriceMicros, int Slots, int Threads, EngineMode Mode, int ContextTokens);

/// <summary>An independent node: loads its models, joins through the gateway, and joins again whenever the connection is lost.</summary>
internal static class GatewayNode
{
    private static readonly TimeSpan DelayMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(30);

    /// <returns>0 when stopped, 1 when refused for good or a model cannot be served.</returns>
    public static async Task<int> RunAsync(GatewayNodeSettings settings, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        NodeModels? models = null;
        LlamaEngine? other = null;
        try
        {
            using var key = KeyFile.LoadOrCreate(settings.KeyFile);
            Console.WriteLine($"Node {key.Id}, key in {settings.KeyFile}");
            Console.WriteLine($"Loading {string.Join(", ", settings.Models.Select(m => m.Path))}, and answering their echelons' known prompts …");
            models = NodeModels.Open(settings.Models.Select(m => Options(settings, m)), settings.MemoryMegabytes, time, log);
            await models.AdmitAsync(selfTest: true, cancellationToken);
            foreach (var served in models.Served)
                Console.WriteLine($"Model {served.Manifest.Id}, SHA-256 {served.Manifest.Digest}");
            var kind = settings.Misbehave is { } name ? Misbehaviour.Names[name] : (MisbehaviourKind?)null;
            if (kind is not null)
                log.Misbehaving(key.Id.ToString(), settings.Misbehave!);
            if (kind == MisbehaviourKind.OtherModel)
                other = await LoadLowerAsync(settings, log, cancellationToken);
            var cheat = kind is { } how ? new Misbehaviour(how, models.Served[0].Manifest.Digest, other) : null;
            var profile = new NodeProfile(
                "gateway", settings.Country, new Micros(settings.InputPriceMicros), new Micros(settings.OutputPriceMicros), settings.Slots);
            return await ServeAsync(settings, new NodeAgent(key, models, profile, cheat, time, log), key, time, log, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (e is KeyFileException or EchelonMismatchException or EngineRefusedException or InferenceException or Inference.Gguf.GgufException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            if (models is not null)
                await models.DisposeAsync();
            if (other is not null)
                await other.DisposeAsync();
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

    private static EngineOptions Options(GatewayNodeSettings settings, ModelFile model) => new()
    {
        ModelPath = model.Path,
        ModelId = model.Id,
        Slots = settings.Slots,
        Threads = settings.Threads,
        Mode = settings.Mode,
        ContextTokens = settings.ContextTokens,
        Libraries = LlamaLibraryOptions.For(settings.Mode),
    };

    /// <summary>The first model in a lower quantisation, made when missing.</summary>
    private static Task<LlamaEngine> LoadLowerAsync(GatewayNodeSettings settings, ILogger log, CancellationToken cancellationToken)
    {
        var model = settings.Models[0];
        var lower = settings.KeyFile + ".q4_0.gguf";
        if (!File.Exists(lower))
            ModelQuantizer.Quantize(model.Path, lower, "Q4_0", threads: 1, LlamaLibraryOptions.For(settings.Mode), log);
        return LlamaEngine.LoadAsync(Options(settings, model with { Path = lower }), log, cancellationToken);
    }
}
