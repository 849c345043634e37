using Atoma.Inference.Engine;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;

namespace Atoma.Silo.Nodes;

/// <summary>A model that a node has proven it can serve.</summary>
/// <param name="Manifest">As loaded and hashed here.</param>
/// <param name="Echelon">Its replay class.</param>
/// <param name="ContextTokens">Tokens of prompt and output together.</param>
/// <param name="Answers">To the echelon's known prompts.</param>
/// <param name="Path">Its file.</param>
/// <param name="CheckPermille">What a check costs here relative to generating.</param>
internal sealed record ServedModel(ModelManifest Manifest, Echelon Echelon, int ContextTokens, IReadOnlyList<Hash32> Answers, string Path, int CheckPermille);

/// <summary>The models of one node: in memory as far as its budget goes, and of each what the network is told.</summary>
internal sealed class NodeModels : IAsyncDisposable
{
    private readonly IReadOnlyList<EngineSource> _sources;
    private readonly EnginePool _pool;
    private readonly TimeProvider _time;
    private readonly Task<EngineLease> _first;

    private NodeModels(IReadOnlyList<EngineSource> sources, EnginePool pool, TimeProvider time)
    {
        _sources = sources;
        _time = time;
        _pool = pool;
        _first = pool.RentAsync(sources[0].ModelId, CancellationToken.None);
    }

    /// <summary>Those that passed <see cref="AdmitAsync"/>, in the order given.</summary>
    public IReadOnlyList<ServedModel> Served { get; private set; } = [];

    /// <summary>Sequences running.</summary>
    public int Busy => _pool.Busy;

    /// <summary>Reads the headers of all, and begins to load the first.</summary>
    /// <param name="models">Different names.</param>
    /// <param name="memoryMegabytes">Megabytes that they may take together; null for what the machine has available.</param>
    /// <param name="time">For how long a task waits for its model.</param>
    /// <param name="log">What is loaded and unloaded.</param>
    /// <exception cref="Inference.Gguf.GgufException">A file is not a model that can be given to llama.cpp.</exception>
    public static NodeModels Open(IEnumerable<EngineOptions> models, int? memoryMegabytes, TimeProvider time, ILogger log)
    {
        EngineSource[] sources = [.. models.Select(m => EngineSource.Of(m, log))];
        return new NodeModels(sources, new EnginePool(sources, new EnginePoolOptions { BudgetBytes = memoryMegabytes * 1_000_000L }, time, log), time);
    }

    /// <summary>Loads one after another and answers its echelon's known prompts (P2.5).</summary>
    /// <param name="selfTest">Also compute the prompts in other ways: once for each machine is enough.</param>
    /// <param name="cancellationToken">Stops the test.</param>
    /// <exception cref="EngineRefusedException">A model cannot be loaded, or does not fit the budget.</exception>
    /// <exception cref="EchelonMismatchException">This machine does not compute what a model's echelon does.</exception>
    public async Task AdmitAsync(bool selfTest, CancellationToken cancellationToken)
    {
        var known = EchelonAdmission.Read(EchelonAdmission.ShippedFile);
        List<ServedModel> served = [];
        foreach (var source in _sources)
        {
            using var lease = await (served.Count == 0 ? _first : _pool.RentAsync(source.ModelId, cancellationToken));
            var answers = await EchelonAdmission.AnswerAsync(lease.Engine, known, selfTest, cancellationToken);
            var check = await KnownAnswers.MeasureCheckAsync(lease.Engine, _time, cancellationToken);
            served.Add(new ServedModel(lease.Engine.Model, lease.Engine.Echelon, source.ContextTokens, answers, source.Path, check));
        }

        Served = served;
    }

    /// <summary>The engine of a model that the network names by its file's digest.</summary>
    /// <exception cref="EngineRefusedException">Not served here, or it cannot be loaded now.</exception>
    public Task<EngineLease> RentAsync(Hash32 digest, CancellationToken cancellationToken) =>
        Served.FirstOrDefault(m => m.Manifest.Digest == digest) is { } model
            ? _pool.RentAsync(model.Manifest.Id, cancellationToken)
            : throw new EngineRefusedException(EngineRefusal.UnknownModel, "this node does not serve that model");

    public ValueTask DisposeAsync() => _pool.DisposeAsync();
}
