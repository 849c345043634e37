using System.Net;
using Atoma.Api.Security;
using Atoma.Silo.Hosting;

namespace Atoma.Api.Hosting;

/// <summary>The API as a process of its own: an Orleans client of a running core silo (split mode).</summary>
public static class ClusterClient
{
    public static async Task<int> RunAsync(IPEndPoint silo, string urls, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Atoma API: connecting to the core silo at {silo}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddAtomaDefaults();
        builder.AddAtomaTelemetry("atoma-api");
        builder.AddAtomaApi();
        builder.Listen(urls);
        builder.Host.UseOrleansClient((_, client) => client.UseStaticClustering(o => o.Gateways.Add(silo.ToGatewayUri()))
            .AddActivityPropagation()
            .Configure<Orleans.Configuration.ClusterOptions>(o => o.ClusterId = o.ServiceId = "atoma"));
        await using var app = builder.Build();
        app.UseAtomaApi();
        app.MapAtomaMetrics(AtomaPolicies.Admin);
        if (!await app.TryStartAsync(cancellationToken))
            return 1;
        var address = ListenAddresses.First(urls);
        Console.WriteLine($"""

            The API is up: {address}/v1, documentation {address}/docs. Ctrl-C stops it.
            The core silo printed the API key.
            """);
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }

    private static Uri ToGatewayUri(this IPEndPoint endpoint) => new($"gwy.tcp://{endpoint.Address}:{endpoint.Port}/0");
}
