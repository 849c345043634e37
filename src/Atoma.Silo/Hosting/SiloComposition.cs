using System.Net;
using System.Net.Sockets;
using Atoma.Ethereum;
using Atoma.Ethereum.Keys;
using Atoma.Grains;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Settlement;
using Atoma.Silo.Chain;
using Atoma.Silo.Gateway;
using Atoma.Silo.Webhooks;
using Atoma.Storage.Orleans;
using Atoma.Storage.Postgres;
using Atoma.Storage.Sqlite;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Npgsql;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Atoma.Silo.Hosting;

/// <summary>The composition root of a core silo, alone or embedded in the API: the one place where ports meet adapters.</summary>
public static class SiloComposition
{
    /// <summary>Adds silo, grains, ledger, gateway and local nodes.</summary>
    /// <exception cref="ArgumentException">The settings are not valid; all problems are named.</exception>
    public static void AddAtomaSilo(this WebApplicationBuilder builder, SiloSettings settings)
    {
        if (settings.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(Environment.NewLine, problems), nameof(settings));
        if (settings.Chain is not null)
            settings.UseChainMoney();
        var data = Path.GetFullPath(settings.DataDirectory);
        Directory.CreateDirectory(Path.Combine(data, "keys"));
        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new StartupProgress(Console.Out));
        services.AddSingleton<ISignatureScheme, EthereumSignatures>();
        services.AddSingleton<ISigner>(_ => KeyFile.LoadOrCreate(Path.Combine(data, "keys", "coordinator.key")));
        services.AddBooks(settings, data);
        services.AddSettlementChain(settings.Chain, data);
        services.AddSingleton<DevelopmentKeys>();
        services.AddSingleton<ModelShelf>();
        services.AddSingleton<ITokenizers>(p => p.GetRequiredService<ModelShelf>());
        services.AddSingleton<IModelWeights, ModelWeights>();
        builder.Host.UseOrleans((_, silo) => ConfigureSilo(silo, settings, data));
        services.AddAtomaGrains(settings.Network);
        services.AddHostedService<LocalNodes>();
        services.AddSingleton<IWebhookSecrets>(_ => WebhookSecrets.LoadOrCreate(Path.Combine(data, "keys", "webhook.key")));
        services.AddHostedService<WebhookSender>();
        if (settings.GatewayPort > 0)
            builder.AddGateway(settings.GatewayPort);
    }

    /// <summary>Maps the node gateway to its own port. The dashboard is mapped where its authorization is known.</summary>
    public static void UseAtomaSilo(this WebApplication app, SiloSettings settings)
    {
        if (settings.GatewayPort == 0)
            return;
        var path = "/" + Gateway.Wire.NodeGateway.Descriptor.FullName;
        app.Use((context, next) =>
        {
            var isGatewayCall = context.Request.Path.StartsWithSegments(path, StringComparison.Ordinal);
            if (isGatewayCall == (context.Connection.LocalPort == settings.GatewayPort))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        // A node stays connected as long as it likes.
        app.MapGrpcService<NodeGatewayService>().WithMetadata(new DisableRequestTimeoutAttribute());
    }

    /// <summary>A free port on loopback.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void AddBooks(this IServiceCollection services, SiloSettings settings, string data)
    {
        if (settings.Postgres is { } postgres)
        {
            services.AddSingleton(_ => NpgsqlDataSource.Create(postgres));
            Add(p => PostgresLedgerStore.Open(
                p.GetRequiredService<NpgsqlDataSource>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<PostgresLedgerStore>>()));
        }
        else
        {
            Add(p => SqliteLedgerStore.Open(
                Path.Combine(data, "ledger.db"), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<SqliteLedgerStore>>()));
        }

        void Add<T>(Func<IServiceProvider, T> open)
            where T : class, ILedgerStore, IAccountStore, IWebhookStore, IOutboxStore, ICursorStore, IVoucherStore
        {
            services.AddSingleton(open);
            services.AddSingleton<ILedgerStore>(p => p.GetRequiredService<T>());
            services.AddSingleton<IAccountStore>(p => p.GetRequiredService<T>());
            services.AddSingleton<IWebhookStore>(p => p.GetRequiredService<T>());
            services.AddSingleton<IOutboxStore>(p => p.GetRequiredService<T>());
            services.AddSingleton<ICursorStore>(p => p.GetRequiredService<T>());
            services.AddSingleton<IVoucherStore>(p => p.GetRequiredService<T>());
        }
    }

    private static void AddGateway(this WebApplicationBuilder builder, int port)
    {
        builder.Services.AddGrpc(o =>
        {
            o.MaxReceiveMessageSize = Protocol.Nodes.NodeLimits.MessageBytes * 2;
            o.MaxSendMessageSize = Protocol.Nodes.NodeLimits.MessageBytes * 2;
        });
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.ListenLocalhost(port, l => l.Protocols = HttpProtocols.Http2);
            // Notices a node that vanished without a word well before its lease would matter to a request.
            k.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
            k.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
        });
    }

    private static void ConfigureSilo(ISiloBuilder silo, SiloSettings settings, string data)
    {
        var siloPort = settings.SiloPort > 0 ? settings.SiloPort : FreePort();
        var clientPort = settings.ClientPort > 0 ? settings.ClientPort : FreePort();
        if (settings.Postgres is { } postgres)
        {
            var source = NpgsqlDataSource.Create(postgres);
            OrleansSchema.EnsureAsync(source, CancellationToken.None).GetAwaiter().GetResult();
            silo.Configure<ClusterOptions>(o => o.ClusterId = o.ServiceId = "atoma");
            silo.ConfigureEndpoints(IPAddress.Loopback, siloPort, clientPort);
            silo.UseAdoNetClustering(o =>
            {
                o.Invariant = OrleansSchema.PostgresInvariant;
                o.ConnectionString = postgres;
            });
            silo.AddAdoNetGrainStorageAsDefault(o =>
            {
                o.Invariant = OrleansSchema.PostgresInvariant;
                o.DataSource = source;
            });
        }
        else
        {
            var source = new SqliteGrainDataSource(Path.Combine(data, "grains.db"));
            OrleansSchema.EnsureAsync(source, CancellationToken.None).GetAwaiter().GetResult();
            silo.UseLocalhostClustering(siloPort, clientPort, serviceId: "atoma", clusterId: "atoma");
            silo.AddAdoNetGrainStorageAsDefault(o =>
            {
                o.Invariant = OrleansSchema.SqliteInvariant;
                o.DataSource = source;
            });
        }

        silo.AddDashboard();
        silo.AddActivityPropagation();
        // A killed silo is noticed in about 3 s instead of 31 s (docs/ARCHITECTURE.md).
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = TimeSpan.FromSeconds(1);
            o.NumMissedProbesLimit = 2;
            o.NumVotesForDeathDeclaration = 1;
        });
    }
}
