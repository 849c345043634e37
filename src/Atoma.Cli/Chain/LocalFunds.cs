using System.Numerics;
using Atoma.Cli.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.JsonRpc;
using Atoma.Ethereum.Local;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary>Money for an address on a chain of one's own.</summary>
internal sealed class LocalFunds(ChainSession session)
{
    /// <summary>The number that local chains agree on; nothing on such a chain is worth anything.</summary>
    public const ulong ChainId = 31_337;

    private static readonly BigInteger WeiPerEther = BigInteger.Pow(10, 18);

    /// <summary>100 ether in wei: gas for longer than anybody tries things out.</summary>
    private const string Ether = "0x56bc75e2d63100000";

    /// <summary>Gives ether, and development tokens made by their owner: --key, or anvil's first public key.</summary>
    /// <param name="address">Whom.</param>
    /// <param name="micros">0 for ether alone.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">Not a local chain.</exception>
    public async Task FundAsync(NodeId address, long micros, CancellationToken cancellationToken)
    {
        if (micros < 0)
            throw new FormatException($"The amount is {micros} micros, must be 0 or above.");
        var chainId = await session.Chain.ChainIdAsync(cancellationToken);
        if (chainId != ChainId)
            throw new DeskRefusedException($"--rpc is chain {chainId}. Only a local chain ({ChainId}) gives money away; its keys are public.");
        await GiveEtherAsync(address, cancellationToken);
        if (micros == 0)
            return;
        using var first = DevelopmentKeys.Get(0);
        var wallet = await Wallet.OpenAsync(session, session.HasKey ? session.Key : first, cancellationToken);
        await wallet.SendAsync($"Made {Shown.Micros(micros)} for {address}", wallet.Token.Address, TokenCalls.Mint(address, new Micros(micros)), cancellationToken);
        await session.Output.WriteLineAsync($"""
            Tokens       {Shown.Micros(await wallet.Token.BalanceAsync(address, null, cancellationToken))} of {wallet.Token.Address}
            Next         chain deposit MICROS, for a requester; chain register, for a node's owner
            """);
    }

    private async Task GiveEtherAsync(NodeId address, CancellationToken cancellationToken)
    {
        if (await session.Chain.BalanceAsync(address, cancellationToken) < WeiPerEther)
        {
            var reply = await session.Endpoint.CallAsync(new JsonRpcCall("anvil_setBalance", address.ToString(), Ether), cancellationToken);
            if (reply.Error is { } error)
                throw new DeskRefusedException($"The chain at --rpc is not anvil, and gives no ether: {error.Message}");
        }

        await session.Output.WriteLineAsync($"Ether        {await session.Chain.BalanceAsync(address, cancellationToken) / WeiPerEther} for gas");
    }
}
