using Atoma.Grains.Requests;
using Atoma.Grains.Chain;
using Atoma.Protocol.Settlement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Atoma.Grains;

/// <summary>What the grains need beyond their ports, which the composition root brings.</summary>
public static class GrainsServices
{
    /// <exception cref="ArgumentException">The options are not valid; all problems are named.</exception>
    public static IServiceCollection AddAtomaGrains(this IServiceCollection services, NetworkOptions options)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(Environment.NewLine, problems), nameof(options));
        services.AddSingleton(options);
        services.AddSingleton<NetworkStatus>();
        services.AddHostedService<Sweeper>();
        services.AddHostedService<NetworkGauges>();
        services.TryAddSingleton(ChainPort.None);
        services.AddHostedService<SettlementDriver>();
        return services;
    }
}
