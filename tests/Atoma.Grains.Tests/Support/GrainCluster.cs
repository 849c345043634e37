using Atoma.Ethereum;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Settlement;
using Atoma.Storage.Orleans;
using Atoma.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Atoma.Grains.Tests.Support;

/// <summary>A silo with all grains, real books in SQLite and real signatures; nodes and models are the tests'.</summary>
internal sealed class GrainCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly SqliteLedgerStore _store;
    private readonly SqliteGrainDataSource? _grainData;
    private readonly NodeKey _coordinator;

    private GrainCluster(InProcessTestCluster cluster, SqliteLedgerStore store, SqliteGrainDataSource? grainData, NodeKey coordinator, NetworkOptions options, TestClock clock)
    {
        (_cluster, _store, _grainData, _coordinator) = (cluster, store, grainData, coordinator);
        (Options, Clock) = (options, clock);
        Services = cluster.Silos[0].ServiceProvider;
    }

    public NetworkOptions Options { get; }

    public TestClock Clock { get; }

    public IServiceProvider Services { get; }

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public required FakeWeights Weights { get; init; }

    public required CallFaults Faults { get; init; }

    public ILedgerStore Ledger => _store;

    public IAccountStore Accounts => _store;

    /// <summary>Limits that only the clock can reach; a node's lease outlives the time to commit.</summary>
    public static NetworkOptions ShortLimits() => new()
    {
        EpochSeconds = 3600,
        LeaseMs = 1000,
        CollateralMinMicros = 10_000_000,
        Request = new RequestOptions { CommitTimeoutMs = 600, RevealTimeoutMs = 600, CheckTimeoutMs = 600, DeadlineMs = 300_000 },
    };

    /// <param name="folder">Where the books lie.</param>
    /// <param name="durableGrains">Grain state in SQLite, so that a second cluster over the folder finds it; else in memory.</param>
    /// <param name="chain">To settle on; null for none. Nothing moves on it but what a test moves.</param>
    /// <param name="options">Null for <see cref="ShortLimits"/>.</param>
    public static async Task<GrainCluster> StartAsync(TempFolder folder, bool durableGrains, NetworkOptions? options = null, ISettlementChain? chain = null)
    {
        options ??= ShortLimits();
        var clock = new TestClock();
        var weights = new FakeWeights();
        var faults = new CallFaults();
        var store = SqliteLedgerStore.Open(folder.File("ledger.db"), clock);
        var coordinator = KeyFile.LoadOrCreate(folder.File("coordinator.key"));
        var grainData = durableGrains ? new SqliteGrainDataSource(folder.File("grains.db")) : null;
        if (grainData is not null)
            await OrleansSchema.EnsureAsync(grainData, CancellationToken.None);

        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ClusterId = builder.Options.ServiceId = "atoma-grains";
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
        builder.ConfigureSilo((_, silo) =>
        {
            if (grainData is null)
            {
                silo.AddMemoryGrainStorageAsDefault();
            }
            else
            {
                silo.AddAdoNetGrainStorageAsDefault(o =>
                {
                    o.Invariant = OrleansSchema.SqliteInvariant;
                    o.DataSource = grainData;
                });
            }

            silo.Services.AddSingleton<TimeProvider>(clock);
            silo.Services.AddSingleton<ILedgerStore>(store);
            silo.Services.AddSingleton<IAccountStore>(store);
            silo.Services.AddSingleton<IWebhookStore>(store);
            silo.Services.AddSingleton<IVoucherStore>(store);
            silo.Services.AddSingleton(new ChainPort(chain));
            silo.Services.AddSingleton<ISigner>(coordinator);
            silo.Services.AddSingleton<ISignatureScheme, EthereumSignatures>();
            silo.Services.AddSingleton<ITokenizers, ByteTokenizers>();
            silo.Services.AddSingleton<IModelWeights>(weights);
            silo.AddIncomingGrainCallFilter(faults.InvokeAsync);
            silo.Services.AddAtomaGrains(options);
        });
        var cluster = builder.Build();
        await Eventually.InTimeAsync("the silo starts", cluster.DeployAsync());
        return new GrainCluster(cluster, store, grainData, coordinator, options, clock) { Weights = weights, Faults = faults };
    }

    /// <summary>Takes the grain out of memory, as idleness does.</summary>
    public Task DeactivateAsync(IAddressable grain) => Eventually.InTimeAsync("the grain deactivates", _cluster.DeactivateAsync(grain));

    /// <summary>Stops without letting grains end what they do.</summary>
    public Task KillAsync() => _cluster.KillSiloAsync(_cluster.Silos[0]);

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        _store.Dispose();
        if (_grainData is not null)
            await _grainData.DisposeAsync();
        _coordinator.Dispose();
    }
}
