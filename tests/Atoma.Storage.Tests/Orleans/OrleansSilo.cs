using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace Atoma.Storage.Tests.Orleans;

/// <summary>A real silo whose membership and grain state are in the database, configured as the product's is.</summary>
internal sealed class OrleansSilo : IAsyncDisposable
{
    public const string Storage = "grains";

    private readonly IHost _host;

    private OrleansSilo(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public IGrainStorage GrainStorage => _host.Services.GetRequiredKeyedService<IGrainStorage>(Storage);

    public static async Task<OrleansSilo> StartAsync(string invariant, DbDataSource dataSource, string name)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options =>
            {
                options.ClusterId = "test";
                options.ServiceId = "test";
            });
            silo.Configure<SiloOptions>(options => options.SiloName = name);
            silo.ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort(), listenOnAnyHostAddress: false);
            silo.UseAdoNetClustering(options =>
            {
                options.Invariant = invariant;
                options.DataSource = dataSource;
            });
            silo.AddAdoNetGrainStorage(Storage, options =>
            {
                options.Invariant = invariant;
                options.DataSource = dataSource;
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return new OrleansSilo(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
