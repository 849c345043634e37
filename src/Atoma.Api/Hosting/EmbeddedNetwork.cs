using Atoma.Api.Security;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;
using Atoma.Silo.Chain;
using Atoma.Silo.Hosting;
using Orleans.Dashboard;

namespace Atoma.Api.Hosting;

/// <summary>A whole network in one process: core silo, ledger, nodes, gateway, dashboard and REST.</summary>
public static class EmbeddedNetwork
{
    /// <summary>Builds the network without starting it.</summary>
    public static WebApplication Build(SiloSettings settings, string urls)
    {
        if (settings.Chain is null)
            settings.UsePlayMoney();
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddAtomaDefaults();
        builder.AddAtomaTelemetry("atoma");
        builder.AddAtomaApi();
        builder.AddAtomaSilo(settings);
        builder.Listen(urls);
        var app = builder.Build();
        app.UseAtomaApi();
        app.UseAtomaSilo(settings);
        app.MapAtomaMetrics(AtomaPolicies.Admin);
        app.MapOrleansDashboard(AtomaPolicies.DashboardPath).RequireAuthorization(AtomaPolicies.Admin);
        return app;
    }

    /// <summary>The network on a chain of its own, which ends with it.</summary>
    public static async Task<int> RunOnLocalChainAsync(SiloSettings settings, string urls, CancellationToken cancellationToken)
    {
        Console.WriteLine("Atoma: starting a local chain");
        await using var chain = await LocalSettlement.TryStartAsync(settings, static line => Console.WriteLine("  " + line), TimeProvider.System, cancellationToken);
        return chain is null
            ? 1
            : await RunAsync(settings with { Chain = chain.Settings, DevelopmentAccount = chain.Requester.Id.ToAccount() }, urls, cancellationToken, chain);
    }

    public static async Task<int> RunAsync(SiloSettings settings, string urls, CancellationToken cancellationToken, LocalSettlement? chain = null)
    {
        Console.WriteLine($"Atoma: starting the embedded network in {Path.GetFullPath(settings.DataDirectory)}");
        await using var app = Build(settings, urls);
        if (!await app.TryStartAsync(cancellationToken))
            return 1;
        var keys = await app.Services.GetRequiredService<DevelopmentKeys>().IssueAsync(cancellationToken);
        if (chain is not null)
            await OpenDepositAsync(app.Services, settings, chain);
        await app.Services.GetRequiredService<StartupProgress>().Done.WaitAsync(cancellationToken);
        Banner(settings, ListenAddresses.First(urls), keys);
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }

    /// <summary>The development account lets all of its deposit be spent: its key is in the data folder, and its owner wants to ask something.</summary>
    private static async Task OpenDepositAsync(IServiceProvider services, SiloSettings settings, LocalSettlement chain)
    {
        var sum = new Micros(settings.DevelopmentBalanceMicros);
        var digest = services.GetRequiredService<ChainPort>().Chain!.VoucherDigest(chain.Requester.Id, sum);
        if (sum.IsPositive)
            await services.GetRequiredService<IGrainFactory>().GetGrain<IChainGrain>(Keys.Chain).AddVoucher(settings.DevelopmentAccount, sum.Value, chain.Requester.Sign(digest));
    }

    private static void Banner(SiloSettings settings, string address, IssuedKeys keys)
    {
        Console.WriteLine($$"""

            The network is up. Ctrl-C stops it.

              Explorer        {{address}}/
              Verifier        {{address}}/verify/
              API             {{address}}/v1        documentation {{address}}/docs
              Dashboard       {{address}}/dashboard?key={{keys.Admin}}
              Node gateway    {{(settings.GatewayPort > 0 ? $"http://127.0.0.1:{settings.GatewayPort}" : "off")}}
              API key         {{keys.Api}}

            Ask something, with a checked answer:

              curl -s {{address}}/v1/chat/completions -H 'Authorization: Bearer {{keys.Api}}' -H 'Content-Type: application/json' \
                -d '{"model":"{{settings.Models[0].Id}}","integrity":"checked","messages":[{"role":"user","content":"What is Atoma?"}]}'

            Verify it offline (with the request_id of the answer):

              curl -s {{address}}/v1/requests/REQUEST_ID/receipt -H 'Authorization: Bearer {{keys.Api}}' -o receipt.json
              dotnet run --project src/Atoma.Cli -- verify receipt.json

            """);
    }
}
