using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Settlement;
using Atoma.Ethereum.Watching;
using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Settlement;

namespace Atoma.Silo.Chain;

/// <summary>Where the settlement chain's port meets its adapter.</summary>
internal static class ChainServices
{
    private const int VerdictSignersMax = 15;

    /// <summary>Adds the chain, or none; checks at start that the books are of the same.</summary>
    public static void AddSettlementChain(this IServiceCollection services, ChainSettings? settings, string data)
    {
        services.AddHostedService<BooksGuard>();
        if (settings is null)
        {
            services.AddSingleton(ChainPort.None);
            return;
        }

        services.AddSingleton(p => Open(settings, data, p));
        services.AddSingleton(p => new ChainPort(p.GetRequiredService<EvmSettlementChain>()));
    }

    /// <summary>One endpoint, or several that have to agree.</summary>
    public static IChainClient Connect(ChainSettings settings, TimeProvider time)
    {
        ChainEndpoint[] endpoints = [.. settings.Endpoints.Select(e => new JsonRpcEndpoint(new JsonRpcOptions { Endpoint = new Uri(e) }, time))
            .Select(e => new ChainEndpoint(e.Name, new JsonRpcChainClient(e, ContractErrors.Table)))];
        return endpoints is [var only] ? only.Client : new AgreeingChainClient(endpoints, time);
    }

    /// <exception cref="WrongChainException">Chain, contracts, keys and books do not belong together.</exception>
    private static EvmSettlementChain Open(ChainSettings settings, string data, IServiceProvider services)
    {
        var (time, cursors) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ICursorStore>());
        var options = new EvmSettlementOptions(NodeId.Parse(settings.Settlement), NodeId.Parse(settings.Gateway), settings.StartBlock, settings.Finality);
        var settler = KeyFile.Load(settings.SettlerKey ?? Path.Combine(data, "keys", "settler.key"));
        return EvmSettlementChain.OpenAsync(
            Connect(settings, time), services.GetRequiredService<IOutboxStore>(), cursors, settler, [.. VerdictKeys(settings, data).Select(path => KeyFile.Load(path))], options, time,
            CancellationToken.None).GetAwaiter().GetResult();
    }

    private static IEnumerable<string> VerdictKeys(ChainSettings settings, string data) => settings.VerdictKeys.Count > 0
        ? settings.VerdictKeys
        : Enumerable.Range(1, VerdictSignersMax).Select(i => Path.Combine(data, "keys", $"verdict-{i}.key")).Where(File.Exists);
}

/// <summary>Books with play money cannot settle on a chain, and books of a chain cannot go on without it: their money would be nowhere.</summary>
internal sealed class BooksGuard(ChainPort port, ICursorStore cursors, ILedgerStore ledger) : IHostedService
{
    /// <exception cref="WrongChainException">The books are of another kind.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var isBound = await cursors.FindCursorAsync(EvmSettlementChain.CursorName, cancellationToken) is not null;
        if (port.Chain is null && isBound)
            throw new WrongChainException("The books in this data folder belong to a chain. Start with --chain, or use another folder.");
        if (port.Chain is not null && !isBound && (await ledger.AuditAsync(cancellationToken)).Deposits.IsPositive)
            throw new WrongChainException("The books in this data folder have money that no chain has. Start without --chain, or use an empty folder (--data).");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
