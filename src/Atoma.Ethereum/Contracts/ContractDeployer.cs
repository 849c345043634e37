using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Contracts;

/// <summary>Where our contracts are, as the settlement's start-up check wants to know it.</summary>
/// <param name="ChainId">Of the chain.</param>
/// <param name="Genesis">Hash of its block 0.</param>
/// <param name="Token">Token, settlement and gateway: address and Keccak-256 of the code that runs there.</param>
/// <param name="Settlement">See <paramref name="Token"/>.</param>
/// <param name="Gateway">See <paramref name="Token"/>.</param>
/// <param name="Block">Height of the settlement's deployment: it has no events before.</param>
public sealed record Deployment(
    ulong ChainId, Hash32 Genesis, Protocol.Settlement.ContractIdentity Token, Protocol.Settlement.ContractIdentity Settlement,
    Protocol.Settlement.ContractIdentity Gateway, long Block);

/// <summary>Puts our contracts on a chain: token (a development one, where none is given), settlement, gateway, in this order, so that equal keys and nonces give equal addresses.</summary>
/// <param name="chain">Where.</param>
/// <param name="sender">Pays for it.</param>
public sealed class ContractDeployer(IChainClient chain, TransactionSender sender)
{
    /// <param name="settlement">Checked by the contract.</param>
    /// <param name="gateway">Checked by the contract.</param>
    /// <param name="token">An ERC-20 of 6 decimals; null deploys one of which the sender can make as much as it wants.</param>
    /// <param name="cancellationToken">Stops between the steps.</param>
    /// <exception cref="ChainRevertedException">A contract refused its configuration; the message says what.</exception>
    public async Task<Deployment> DeployAsync(SettlementConfig settlement, GatewayConfig gateway, NodeId? token, CancellationToken cancellationToken)
    {
        var tokenAt = token ?? (await CreateAsync(ContractArtifact.DevelopmentToken.Bytecode.ToArray(), cancellationToken)).Address;
        var (settlementAt, block) = await CreateAsync(settlement.DeploymentCode(tokenAt), cancellationToken);
        var (gatewayAt, _) = await CreateAsync(gateway.DeploymentCode(settlementAt), cancellationToken);
        var genesis = await chain.BlockAsync(0, cancellationToken) ?? throw new ChainUnavailableException("The chain has no block 0.");
        return new Deployment(
            await chain.ChainIdAsync(cancellationToken), genesis.Hash, await IdentityAsync(tokenAt, cancellationToken),
            await IdentityAsync(settlementAt, cancellationToken), await IdentityAsync(gatewayAt, cancellationToken), block);
    }

    private async Task<(NodeId Address, long Block)> CreateAsync(byte[] code, CancellationToken cancellationToken)
    {
        var receipt = await sender.SendAsync(to: null, code, cancellationToken);
        return (receipt.Contract ?? throw new ChainUnavailableException("The chain created no contract for code that ran."), receipt.BlockNumber);
    }

    private async Task<Protocol.Settlement.ContractIdentity> IdentityAsync(NodeId contract, CancellationToken cancellationToken)
    {
        var code = await chain.CodeAsync(contract, cancellationToken);
        return code.Length > 0
            ? new Protocol.Settlement.ContractIdentity(contract, Keccak.Hash(code))
            : throw new ChainRejectedException($"There is no contract at {contract} on this chain.");
    }
}
