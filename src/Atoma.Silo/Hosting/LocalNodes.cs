using Atoma.Ethereum.Keys;
using Atoma.Grains;
using Atoma.Inference;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Silo.Nodes;

namespace Atoma.Silo.Hosting;

/// <summary>
/// Runs this process's own nodes: each with its key, its engine and its agent, through the in-process door. They share nothing
/// but the model file.
/// </summary>
internal sealed class LocalNodes(
    SiloSettings settings, ModelShelf shelf, IGrainFactory grains, ISignatureScheme signatures, NetworkStatus status, TimeProvider time,
    StartupProgress progress, ILogger<LocalNodes> log) : BackgroundService
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var engines = new List<IInferenceEngine>();
        try
        {
            if (settings.Nodes == 0)
            {
                progress.Complete();
                return;
            }

            progress.Say($"Model {shelf.Manifest.Id} ({shelf.Manifest.Quantisation}), SHA-256 {shelf.Manifest.Digest.ToString()[..16]}…");
            var running = new List<Task>();
            // Loading takes turns with joining: the next engine loads while the last node answers its known prompts.
            var next = LoadAsync(settings.ModelPath, stoppingToken);
            for (var i = 0; i < settings.Nodes; i++)
            {
                var engine = await next;
                engines.Add(engine);
                if (i + 1 < settings.Nodes)
                    next = LoadAsync(settings.ModelPath, stoppingToken);
                var answers = await KnownAnswers.AnswerAsync(engine, stoppingToken);
                // Tokens were generated: whoever asks whether the network is ready is told so.
                status.MarkServed();
                var cheat = settings.Cheater is { } name && i >= settings.Nodes - settings.Cheaters ? await CheatAsync(name, engines, stoppingToken) : null;
                var key = KeyFile.LoadOrCreate(Path.Combine(settings.DataDirectory, "keys", $"node-{i + 1}.key"));
                var profile = new NodeProfile("silo", "", new Micros(settings.InputPriceMicros), new Micros(settings.OutputPriceMicros), settings.Slots, engine.ContextTokens);
                var agent = new NodeAgent(key, engine, profile, answers, cheat, time, log);
                var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                running.Add(ServeAsync(agent, key, joined, stoppingToken));
                await joined.Task.WaitAsync(stoppingToken);
                progress.Say($"Node {i + 1} of {settings.Nodes}: {key.Id}{(cheat is null ? "" : $", misbehaves: {settings.Cheater}")}");
            }

            progress.Complete();
            await Task.WhenAll(running);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        catch (Exception e)
        {
            progress.Fail(e);
            throw;
        }
        finally
        {
            foreach (var engine in engines)
                await engine.DisposeAsync();
        }
    }

    private async Task ServeAsync(NodeAgent agent, NodeKey key, TaskCompletionSource joined, CancellationToken stoppingToken)
    {
        using (key)
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                SessionEnd end;
                await using (var connection = await InProcessConnection.OpenAsync(grains, signatures, time, log))
                    end = await agent.RunAsync(connection, _ => joined.TrySetResult(), stoppingToken);
                if (stoppingToken.IsCancellationRequested)
                    return;
                if (end.IsFinal)
                {
                    log.Refused(key.Id.ToString(), end.Code.ToString(), end.Reason);
                    joined.TrySetException(new InvalidOperationException($"Node {key.Id} was refused: {end.Reason}"));
                    return;
                }

                log.Reconnecting(key.Id.ToString(), end.Reason, ReconnectDelay.TotalSeconds);
                await Task.Delay(ReconnectDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Task<LlamaEngine> LoadAsync(string path, CancellationToken cancellationToken) =>
        LlamaEngine.LoadAsync(
            new EngineOptions
            {
                ModelPath = path,
                ModelId = shelf.Manifest.Id,
                Mode = settings.Mode,
                Threads = settings.Threads,
                Slots = settings.Slots,
                ContextTokens = settings.ContextTokens,
                Libraries = settings.Libraries,
            }, log, cancellationToken);

    private async Task<Misbehaviour> CheatAsync(string name, List<IInferenceEngine> engines, CancellationToken cancellationToken)
    {
        var kind = Misbehaviour.Names[name];
        if (kind != MisbehaviourKind.OtherModel)
            return new Misbehaviour(kind, shelf.Manifest.Digest, otherModel: null);
        var folder = Path.Combine(settings.DataDirectory, "cache");
        Directory.CreateDirectory(folder);
        var lower = Path.Combine(folder, $"{shelf.Manifest.Digest.ToString()[..16]}-q4_0.gguf");
        if (!File.Exists(lower))
            ModelQuantizer.Quantize(settings.ModelPath, lower, "Q4_0", threads: 1, settings.Libraries, log);
        var other = await LoadAsync(lower, cancellationToken);
        engines.Add(other);
        return new Misbehaviour(kind, shelf.Manifest.Digest, other);
    }
}
