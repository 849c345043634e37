using Atoma.Ethereum.Keys;
using Atoma.Grains;
using Atoma.Grains.Abstractions;
using Atoma.Inference;
using Atoma.Inference.Engine;
using Atoma.Inference.Native;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Settlement;
using Atoma.Silo.Nodes;

namespace Atoma.Silo.Hosting;

/// <summary>
/// Runs this process's own nodes: each with its key, its models and its agent, through the in-process door. They share nothing
/// but the model files.
/// </summary>
internal sealed class LocalNodes(
    SiloSettings settings, IGrainFactory grains, ISignatureScheme signatures, NetworkStatus status, TimeProvider time,
    StartupProgress progress, ILogger<LocalNodes> log) : BackgroundService
{
    private static readonly TimeSpan BondPoll = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var owned = new List<IAsyncDisposable>();
        try
        {
            if (settings.Nodes == 0)
            {
                progress.Complete();
                return;
            }

            // All addresses at once: where bonds come over a chain, their owner needs to know them.
            for (var i = 1; i <= settings.Nodes && settings.Chain is not null; i++)
                KeyFile.LoadOrCreate(KeyPath(i)).Dispose();
            var running = new List<Task>();
            // Loading takes turns with joining: the next node loads while the last one answers its known prompts.
            var next = Open(owned);
            for (var i = 0; i < settings.Nodes; i++)
            {
                var models = next;
                if (i + 1 < settings.Nodes)
                    next = Open(owned);
                await models.AdmitAsync(selfTest: i == 0, stoppingToken);
                if (i == 0)
                    SayModels(models);
                // Tokens were generated: whoever asks whether the network is ready is told so.
                status.MarkServed();
                var cheat = settings.Cheater is { } name && i >= settings.Nodes - settings.Cheaters ? await CheatAsync(name, models, owned, stoppingToken) : null;
                var key = KeyFile.LoadOrCreate(KeyPath(i + 1));
                var profile = new NodeProfile("silo", "", new Micros(settings.InputPriceMicros), new Micros(settings.OutputPriceMicros), settings.Slots);
                var agent = new NodeAgent(key, models, profile, cheat, time, log);
                var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (settings.Chain is not null)
                    await BondedAsync(key.Id, stoppingToken);
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
            foreach (var one in owned)
                await one.DisposeAsync();
        }
    }

    /// <summary>Waits until the node's bond is in the books: its block has to be final first.</summary>
    private async Task BondedAsync(NodeId node, CancellationToken stoppingToken)
    {
        var said = false;
        while (!await IsBondedAsync(node))
        {
            if (!said)
                progress.Say($"Node {node} waits until a bond of {settings.Network.CollateralMinMicros} micros is final on the chain");
            said = true;
            await Task.Delay(BondPoll, time, stoppingToken);
        }
    }

    private async Task<bool> IsBondedAsync(NodeId node)
    {
        try
        {
            return await grains.GetGrain<IChainGrain>(Keys.Chain).Node(node.ToString()) is { } found && found.CollateralMicros >= settings.Network.CollateralMinMicros;
        }
        catch (SettlementUnavailableException)
        {
            // After a start the chain may not know the state of the last block in the books any more; the next one's it does.
            return false;
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

    private string KeyPath(int node) => Path.Combine(settings.DataDirectory, "keys", $"node-{node}.key");

    private NodeModels Open(List<IAsyncDisposable> owned)
    {
        var models = NodeModels.Open(settings.Models.Select(Options), settings.MemoryMegabytes, time, log);
        owned.Add(models);
        return models;
    }

    private void SayModels(NodeModels models)
    {
        foreach (var model in models.Served)
            progress.Say($"Model {model.Manifest.Id} ({model.Manifest.Quantisation}), SHA-256 {model.Manifest.Digest.ToString()[..16]}…");
    }

    private EngineOptions Options(ModelFile model) => new()
    {
        ModelPath = model.Path,
        ModelId = model.Id,
        Mode = settings.Mode,
        Threads = settings.Threads,
        Slots = settings.Slots,
        ContextTokens = settings.ContextTokens,
        Libraries = settings.Libraries,
    };

    private async Task<Misbehaviour> CheatAsync(string name, NodeModels models, List<IAsyncDisposable> owned, CancellationToken cancellationToken)
    {
        var (kind, imitated) = (Misbehaviour.Names[name], models.Served[0].Manifest.Digest);
        if (kind != MisbehaviourKind.OtherModel)
            return new Misbehaviour(kind, imitated, otherModel: null);
        var folder = Path.Combine(settings.DataDirectory, "cache");
        Directory.CreateDirectory(folder);
        var lower = Path.Combine(folder, $"{imitated.ToString()[..16]}-q4_0.gguf");
        if (!File.Exists(lower))
            ModelQuantizer.Quantize(settings.Models[0].Path, lower, "Q4_0", threads: 1, settings.Libraries, log);
        var other = await LlamaEngine.LoadAsync(Options(settings.Models[0] with { Path = lower }), log, cancellationToken);
        owned.Add(other);
        return new Misbehaviour(kind, imitated, other);
    }
}
