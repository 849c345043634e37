using Atoma.Cli.Nodes;
using Atoma.Ethereum.Chain;
using Atoma.Ethereum.Contracts;
using Atoma.Ethereum.Transactions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;

namespace Atoma.Cli.Chain;

/// <summary>One key on one chain with its settlement contract: sends, waits, and says what became of it.</summary>
internal sealed class Wallet
{
    private readonly TransactionSender _sender;
    private readonly TextWriter _output;

    private Wallet(ChainSession session, ISigner key, ulong chainId, NodeId settlement, NodeId token)
    {
        _sender = new TransactionSender(session.Chain, key, session.Time);
        _output = session.Output;
        Key = key;
        Contract = new SettlementContract(session.Chain, settlement);
        Typed = new SettlementTypedData(chainId, settlement);
        Token = new TokenContract(session.Chain, token);
    }

    public ISigner Key { get; }

    public NodeId Address => Key.Id;

    public SettlementContract Contract { get; }

    public SettlementTypedData Typed { get; }

    public TokenContract Token { get; }

    /// <summary>Of the session's key.</summary>
    /// <exception cref="DeskRefusedException">The contract is not there, or the key has no ether.</exception>
    public static Task<Wallet> OpenAsync(ChainSession session, CancellationToken cancellationToken) => OpenAsync(session, session.Key, cancellationToken);

    /// <exception cref="DeskRefusedException">The contract is not there, or the key has no ether.</exception>
    public static async Task<Wallet> OpenAsync(ChainSession session, ISigner key, CancellationToken cancellationToken)
    {
        var chainId = await session.Chain.ChainIdAsync(cancellationToken);
        var settlement = await session.SettlementAsync(chainId, cancellationToken);
        var parameters = new SettlementContract(session.Chain, settlement).Parameters;
        if (!await IsSettlementAsync(parameters, new SettlementTypedData(chainId, settlement).Domain, cancellationToken))
            throw new DeskRefusedException($"What is at {settlement} on chain {chainId} is not Atoma's settlement contract.");
        await RequireGasAsync(session, key.Id, chainId, cancellationToken);
        return new Wallet(session, key, chainId, settlement, await parameters.TokenAsync(cancellationToken));
    }

    /// <exception cref="DeskRefusedException">The account has no ether.</exception>
    public static async Task RequireGasAsync(ChainSession session, NodeId account, ulong chainId, CancellationToken cancellationToken)
    {
        if ((await session.Chain.BalanceAsync(account, cancellationToken)).IsZero)
            throw new DeskRefusedException($"{account} has no ether on chain {chainId} to pay for gas. {(chainId == LocalFunds.ChainId ? $"Give it some: chain fund {account} 0" : "Send it some.")}");
    }

    /// <summary>Another contract reverts, or answers with a domain of its own.</summary>
    private static async Task<bool> IsSettlementAsync(SettlementParameters parameters, Hash32 domain, CancellationToken cancellationToken)
    {
        try
        {
            return await parameters.DomainAsync(cancellationToken) == domain;
        }
        catch (ChainRevertedException)
        {
            return false;
        }
    }

    /// <summary>Sends to the settlement contract.</summary>
    /// <exception cref="ChainRevertedException">It would revert, and was not sent; or it did.</exception>
    public Task<ChainReceipt> SettleAsync(string what, byte[] data, CancellationToken cancellationToken) => SendAsync(what, Contract.Address, data, cancellationToken);

    /// <exception cref="ChainRevertedException">It would revert, and was not sent; or it did.</exception>
    public async Task<ChainReceipt> SendAsync(string what, NodeId to, byte[] data, CancellationToken cancellationToken)
    {
        var receipt = await _sender.SendAsync(to, data, cancellationToken);
        await _output.WriteLineAsync($"{what}: transaction 0x{receipt.Transaction} in block {receipt.BlockNumber}, {receipt.GasUsed} gas.");
        return receipt;
    }

    /// <summary>Sends what takes tokens from this account, and allows it to where that is missing.</summary>
    /// <exception cref="DeskRefusedException">There are not enough tokens, or the contract is paused. Nothing was sent.</exception>
    public async Task<ChainReceipt> PayInAsync(string what, Micros amount, byte[] data, CancellationToken cancellationToken)
    {
        var tokens = await Token.BalanceAsync(Address, null, cancellationToken);
        if (tokens < amount)
            throw new DeskRefusedException($"{Address} has {Shown.Micros(tokens)} of the token {Token.Address}, and {Shown.Micros(amount)} are needed. Nothing was sent. On a local chain: chain fund {Address} {amount - tokens}");
        if (await Contract.Parameters.PausedAsync(cancellationToken))
            throw new DeskRefusedException("The settlement contract is paused and takes no money in; it gives money out as always. A pause ends by itself after three days at most. Nothing was sent.");
        if (await Token.AllowanceAsync(Address, Contract.Address, cancellationToken) < amount)
            await SendAsync($"Allowed the contract to take {Shown.Micros(amount)}", Token.Address, TokenCalls.Approve(Contract.Address, amount), cancellationToken);
        return await SettleAsync(what, data, cancellationToken);
    }

    /// <exception cref="DeskRefusedException">No such node, or this key does not own it.</exception>
    public async Task<Protocol.Settlement.NodePosition> OwnNodeAsync(NodeId node, CancellationToken cancellationToken)
    {
        var position = await KnownNodeAsync(node, cancellationToken);
        return position.Owner == Address
            ? position
            : throw new DeskRefusedException($"Node {node} belongs to {position.Owner}, and --key is {Address}. Only its owner may do this.");
    }

    /// <exception cref="DeskRefusedException">No such node.</exception>
    public async Task<Protocol.Settlement.NodePosition> KnownNodeAsync(NodeId node, CancellationToken cancellationToken)
    {
        var position = await Contract.NodeAsync(node, null, cancellationToken);
        return position.Owner.IsZero ? throw new DeskRefusedException($"No node {node} is registered with {Contract.Address}. Its owner registers it: chain register") : position;
    }
}
