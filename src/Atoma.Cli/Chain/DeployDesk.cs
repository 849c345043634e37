using Atoma.Cli.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Local;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Cli.Chain;

/// <summary>What contracts are deployed with; null takes what the command's help says.</summary>
internal sealed record DeployRequest(
    NodeId Settler, IReadOnlyList<NodeId> VerdictSigners, int? VerdictThreshold, NodeId? Token, int EpochSeconds, int? ClaimDelaySeconds, NodeId? Admin,
    NodeId? Guardian, Micros CollateralMin, bool Yes)
{
    private const int VerdictSignersMax = 15;
    private const int EpochMaxSeconds = 604_800;

    /// <summary>Payouts.sol keeps so many, and each until it can be claimed from.</summary>
    private const int RootsPerClaimDelay = 8;

    public int Threshold => VerdictThreshold ?? VerdictSigners.Count / 2 + 1;

    /// <exception cref="FormatException">Names everything that is wrong.</exception>
    public void Check()
    {
        List<string> problems = [];
        if (VerdictSigners.Count is 0 or > VerdictSignersMax || VerdictSigners.Distinct().Count() < VerdictSigners.Count || VerdictSigners.Any(s => s.IsZero))
            problems.Add($"--verdict-signer is given 1 to {VerdictSignersMax} times, each another address.");
        if (Threshold > VerdictSigners.Count || 2 * Threshold <= VerdictSigners.Count)
            problems.Add($"--verdict-threshold is {Threshold}, must be more than half of the {VerdictSigners.Count} signers.");
        if (EpochSeconds is < 1 or > EpochMaxSeconds)
            problems.Add($"--epoch is {EpochSeconds}, must be 1 to {EpochMaxSeconds} seconds.");
        if (ClaimDelaySeconds is < SettlementWindows.DelayMinSeconds or > SettlementWindows.DelayMaxSeconds)
            problems.Add($"--claim-delay is {ClaimDelaySeconds}, must be {SettlementWindows.DelayMinSeconds} to {SettlementWindows.DelayMaxSeconds} seconds.");
        if (ClaimDelaySeconds > (long)RootsPerClaimDelay * EpochSeconds)
            problems.Add($"--claim-delay is {ClaimDelaySeconds} s, must be at most {RootsPerClaimDelay} epochs: the contract takes no more roots in one.");
        if (!CollateralMin.IsPositive)
            problems.Add("--collateral-min must be above 0.");
        if (Settler.IsZero || Admin is { IsZero: true } || Guardian is { IsZero: true })
            problems.Add("--settler, --admin and --guardian must not be the zero address.");
        if (problems.Count > 0)
            throw new FormatException(string.Join(Environment.NewLine, problems));
    }
}

/// <summary>Puts the contracts on a chain.</summary>
internal sealed class DeployDesk(ChainSession session, string rpc)
{
    private const int TokenDecimals = 6;

    /// <summary>A local chain never reorganises by itself.</summary>
    private const int LocalConfirmations = 2;

    /// <summary>From a contract's request to the return of its fee; the longest prompts are answered in minutes.</summary>
    private static readonly TimeSpan AnswerWindow = TimeSpan.FromHours(1);

    /// <exception cref="FormatException">The request is out of its bounds.</exception>
    /// <exception cref="DeskRefusedException">A chain that is not local without --yes, or a token of other units. Nothing was sent.</exception>
    public async Task DeployAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        request.Check();
        var chainId = await session.Chain.ChainIdAsync(cancellationToken);
        var isLocal = chainId == LocalFunds.ChainId;
        if (!isLocal && !request.Yes)
            throw new DeskRefusedException($"--rpc is chain {chainId}, which is not a local one ({LocalFunds.ChainId}): contracts there hold real money, and no outside auditor has looked at these. Repeat it with --yes if that is meant. Nothing was sent.");
        if (!isLocal && request.Token is null)
            throw new DeskRefusedException("The development token is for local chains: its owner makes as much of it as it likes. Name the token to settle in by --token. Nothing was sent.");
        if (request.Token is { } token && await new TokenContract(session.Chain, token).DecimalsAsync(cancellationToken) is var decimals and not TokenDecimals)
            throw new DeskRefusedException($"The token {token} has {decimals} decimals, and must have {TokenDecimals}: its smallest unit is one micro. Nothing was sent.");
        using var first = DevelopmentKeys.Get(0);
        var key = session.HasKey || !isLocal ? session.Key : first;
        await Wallet.RequireGasAsync(session, key.Id, chainId, cancellationToken);
        var deployment = await new ContractDeployer(session.Chain, new TransactionSender(session.Chain, key, session.Time))
            .DeployAsync(Config(request, key.Id, isLocal), new GatewayConfig(AnswerWindow), request.Token, cancellationToken);
        await SayAsync(request, key.Id, deployment);
    }

    private static SettlementConfig Config(DeployRequest request, NodeId deployer, bool isLocal)
    {
        // Time for the guardian to look at a root, and for payees to claim from it before the next; who tries things out does not wait for either.
        var claimDelay = request.ClaimDelaySeconds ?? (isLocal ? SettlementWindows.DelayMinSeconds : Math.Max(SettlementWindows.DelayMinSeconds, request.EpochSeconds / 2));
        var windows = SettlementWindows.OfEpoch(request.EpochSeconds);
        return new SettlementConfig(
            request.Settler, request.Admin ?? deployer, request.Guardian ?? deployer, Eip712.DomainSeparator(SigningDomain.NoChain), windows.Exit, windows.Unbond,
            windows.Appeal, windows.Ruling, TimeSpan.FromSeconds(claimDelay), windows.Parameter, request.CollateralMin, [.. request.VerdictSigners.Order()], request.Threshold);
    }

    private async Task SayAsync(DeployRequest request, NodeId deployer, Deployment deployment)
    {
        var isLocal = deployment.ChainId == LocalFunds.ChainId;
        await session.Output.WriteLineAsync($"""
            Chain        {deployment.ChainId}, genesis 0x{deployment.Genesis}
            Token        {deployment.Token.Address}{(request.Token is null ? $", a development token that {deployer} makes" : "")}
            Settlement   {deployment.Settlement.Address}, code 0x{deployment.Settlement.CodeHash}, since block {deployment.Block}
            Gateway      {deployment.Gateway.Address}, code 0x{deployment.Gateway.CodeHash}
            Roles        settler {request.Settler}, admin {request.Admin ?? deployer}, guardian {request.Guardian ?? deployer}, {request.Threshold} of {request.VerdictSigners.Count} verdict signers
            Next         Give the settler ether{(isLocal ? $" (chain fund {request.Settler} 0)" : "")}, name the silo its key file (--settler-key) and the verdict signers' (--verdict-key), and start it with
                         --chain {(new Uri(rpc).IsLoopback ? rpc : "RPC-ENDPOINT")} --chain-settlement {deployment.Settlement.Address} --chain-gateway {deployment.Gateway.Address} --chain-start {deployment.Block} --epoch {request.EpochSeconds}{(isLocal ? $" --chain-confirmations {LocalConfirmations}" : "")}
            """);
        if (isLocal)
            await session.Output.WriteLineAsync("             Nothing becomes final without new blocks, and anvil makes none by itself: start it with --block-time 1");
    }
}
