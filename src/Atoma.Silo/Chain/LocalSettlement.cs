using System.Text.Json;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Keys;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Silo.Hosting;
using AnvilKeys = Atoma.Ethereum.Local.DevelopmentKeys;

namespace Atoma.Silo.Chain;

/// <summary>
/// A chain of one's own for development (<c>--chain local</c>): starts anvil, deploys the contracts once, funds the development
/// account and registers this process's nodes. The chain is kept in the data folder from one run to the next.
/// </summary>
public sealed class LocalSettlement : IAsyncDisposable
{
    /// <summary>anvil never reorganises by itself; two blocks show what waiting for finality is like.</summary>
    private const int Confirmations = 2;

    private const int BlockTimeSeconds = 1;

    private const int VerdictSigners = 3;

    /// <summary>For gas: nobody pays for it here.</summary>
    private const string Ether = "0x56bc75e2d63100000";

    private readonly LocalChain _chain;

    private readonly NodeKey _requester;

    private LocalSettlement(LocalChain chain, ChainSettings settings, NodeKey requester)
    {
        _chain = chain;
        Settings = settings;
        _requester = requester;
    }

    public ChainSettings Settings { get; }

    /// <summary>The development account's wallet.</summary>
    public ISigner Requester => _requester;

    public Uri Endpoint => _chain.Endpoint;

    /// <summary>Starts and prepares it; null, when it cannot, with a message that says what to do.</summary>
    /// <param name="settings">Of the network that settles on it.</param>
    /// <param name="say">What a person is told.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<LocalSettlement?> TryStartAsync(SiloSettings settings, Action<string> say, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await StartAsync(settings, say, time, cancellationToken);
        }
        catch (LocalChainException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return null;
        }
    }

    private static async Task<LocalSettlement> StartAsync(SiloSettings settings, Action<string> say, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(settings.DataDirectory, "chain");
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(Path.Combine(settings.DataDirectory, "keys"));
        // Blocks at once while it is prepared, then one a second.
        var chain = await LocalChain.StartAsync(
            new LocalChainOptions { BinaryPath = LocalChainBinary.Find(), StatePath = Path.Combine(folder, "state.json") }, time, cancellationToken);
        try
        {
            var requester = Key(settings, "requester");
            var client = chain.CreateClient(ContractErrors.Table);
            var deployment = await DeployedAsync(settings, Path.Combine(folder, "deployment.json"), chain, client, time, cancellationToken);
            say($"Chain {deployment.ChainId} at {chain.Endpoint.ToString().TrimEnd('/')}, settlement {deployment.Settlement}, gateway {deployment.Gateway}");
            await PrepareAsync(settings, deployment, chain, client, requester, say, time, cancellationToken);
            await chain.DoAsync(new JsonRpcCall("evm_setIntervalMining", BlockTimeSeconds), cancellationToken);
            return new LocalSettlement(chain, Of(deployment, chain, settings), requester);
        }
        catch
        {
            await chain.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _requester.Dispose();
        await _chain.DisposeAsync();
    }

    private static ChainSettings Of(LocalDeployment deployment, LocalChain chain, SiloSettings settings) => new()
    {
        Endpoints = [chain.Endpoint.ToString()],
        Settlement = deployment.Settlement,
        Gateway = deployment.Gateway,
        StartBlock = deployment.Block,
        Confirmations = Confirmations,
        SettlerKey = Path.Combine(settings.DataDirectory, "keys", "settler.key"),
        VerdictKeys = [.. Enumerable.Range(1, VerdictSigners).Select(i => Path.Combine(settings.DataDirectory, "keys", $"verdict-{i}.key"))],
    };

    private static async Task<LocalDeployment> DeployedAsync(
        SiloSettings settings, string file, LocalChain chain, IChainClient client, TimeProvider time, CancellationToken cancellationToken)
    {
        if (File.Exists(file) && JsonSerializer.Deserialize<LocalDeployment>(await File.ReadAllTextAsync(file, cancellationToken)) is { } known)
        {
            return (await client.CodeAsync(NodeId.Parse(known.Settlement), cancellationToken)).Length > 0
                ? known
                : throw new LocalChainException($"The local chain's state is gone, and the books in '{settings.DataDirectory}' belong to it. Use an empty folder (--data), or delete this one.");
        }

        using var deployer = AnvilKeys.Get(0);
        using var settler = Key(settings, "settler");
        NodeKey[] signers = [.. Enumerable.Range(1, VerdictSigners).Select(i => Key(settings, $"verdict-{i}"))];
        await chain.DoAsync(new JsonRpcCall("anvil_setBalance", settler.Id.ToString(), Ether), cancellationToken);
        var config = Config(settings, settler.Id, deployer.Id, [.. signers.Select(s => s.Id).Order()]);
        var deployed = await new ContractDeployer(client, new TransactionSender(client, deployer, time))
            .DeployAsync(config, new GatewayConfig(TimeSpan.FromHours(1)), token: null, cancellationToken);
        foreach (var signer in signers)
            signer.Dispose();
        var deployment = new LocalDeployment(
            deployed.ChainId, deployed.Token.Address.ToString(), deployed.Settlement.Address.ToString(), deployed.Gateway.Address.ToString(), deployed.Block);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(deployment), cancellationToken);
        return deployment;
    }

    /// <summary>Windows in proportion to the network's epoch, within what the contract allows.</summary>
    private static SettlementConfig Config(SiloSettings settings, NodeId settler, NodeId admin, IReadOnlyList<NodeId> signers)
    {
        var windows = SettlementWindows.OfEpoch(settings.Network.EpochSeconds);
        return new SettlementConfig(
            settler, admin, Guardian: admin, Eip712.DomainSeparator(SigningDomain.NoChain), windows.Exit, windows.Unbond, windows.Appeal, windows.Ruling,
            TimeSpan.FromSeconds(SettlementWindows.DelayMinSeconds), windows.Parameter, new Micros(settings.Network.CollateralMinMicros), signers, VerdictThreshold: signers.Count / 2 + 1);
    }

    /// <summary>Money for the development account, collateral for the nodes; what is there from an earlier run is left alone.</summary>
    private static async Task PrepareAsync(
        SiloSettings settings, LocalDeployment deployment, LocalChain chain, IChainClient client, NodeKey requester, Action<string> say, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (settlement, token) = (NodeId.Parse(deployment.Settlement), NodeId.Parse(deployment.Token));
        using var deployer = AnvilKeys.Get(0);
        using var owner = Key(settings, "operator");
        var contract = new SettlementContract(client, settlement);
        var position = await contract.RequesterAsync(requester.Id, atBlock: null, cancellationToken);
        if (position.Balance + position.Redeemed == Micros.Zero && settings.DevelopmentBalanceMicros > 0)
        {
            var sender = await FundedAsync(requester, new Micros(settings.DevelopmentBalanceMicros));
            await sender.SendAsync(settlement, SettlementCalls.Deposit(requester.Id, new Micros(settings.DevelopmentBalanceMicros)), cancellationToken);
            say($"Deposited {settings.DevelopmentBalanceMicros} micros for {requester.Id}");
        }

        var bond = new Micros(Math.Max(settings.Network.CollateralMinMicros, LocalBondMicros));
        var typed = new SettlementTypedData(deployment.ChainId, settlement);
        for (var i = 1; i <= settings.Nodes; i++)
        {
            using var node = Key(settings, $"node-{i}");
            if (!(await contract.NodeAsync(node.Id, atBlock: null, cancellationToken)).Owner.IsZero)
                continue;
            var sender = await FundedAsync(owner, bond);
            await sender.SendAsync(settlement, SettlementCalls.RegisterNode(node.Id, bond, node.Sign(typed.NodeBinding(node.Id, owner.Id))), cancellationToken);
            say($"Bonded {bond} micros for node {i}, {node.Id}");
        }

        async Task<TransactionSender> FundedAsync(NodeKey account, Micros amount)
        {
            await chain.DoAsync(new JsonRpcCall("anvil_setBalance", account.Id.ToString(), Ether), cancellationToken);
            await new TransactionSender(client, deployer, time).SendAsync(token, TokenCalls.Mint(account.Id, amount), cancellationToken);
            var sender = new TransactionSender(client, account, time);
            await sender.SendAsync(token, TokenCalls.Approve(settlement, amount), cancellationToken);
            return sender;
        }
    }

    /// <summary>As the development network's faucet bonds without a chain.</summary>
    private const long LocalBondMicros = 100_000_000;

    private static NodeKey Key(SiloSettings settings, string name) => KeyFile.LoadOrCreate(Path.Combine(settings.DataDirectory, "keys", $"{name}.key"));

    /// <summary>Where the contracts are on the kept chain.</summary>
    private sealed record LocalDeployment(ulong ChainId, string Token, string Settlement, string Gateway, long Block);
}
