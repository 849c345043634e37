using Atoma.Cli.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary>What a node's owner does about it: registration, collateral, the key that signs receipts.</summary>
internal sealed class CollateralDesk(ChainSession session)
{
    /// <summary>Unbondings that the contract keeps apart (CollateralVault.sol).</summary>
    private const int TranchesMax = 8;

    /// <summary>Makes the session's key the owner of a node.</summary>
    /// <param name="nodeKey">The node's key file: it signs that this is its owner.</param>
    /// <param name="collateral">At least the contract's minimum.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">Registered already, too little, or not enough tokens. Nothing was sent.</exception>
    public async Task RegisterAsync(string nodeKey, Micros collateral, CancellationToken cancellationToken)
    {
        var node = session.LoadKey(nodeKey);
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var there = await wallet.Contract.NodeAsync(node.Id, null, cancellationToken);
        if (!there.Owner.IsZero)
            throw new DeskRefusedException($"Node {node.Id} is registered already; {there.Owner} owns it. More collateral: chain bond {node.Id} MICROS");
        if (await wallet.Contract.NodeOfKeyAsync(node.Id, null, cancellationToken) is { IsZero: false } other)
            throw new DeskRefusedException($"{node.Id} is or was the receipt key of node {other}, and stays bound to it. Make another key for this node.");
        var minimum = await wallet.Contract.Parameters.ParameterAsync("collateralMin", cancellationToken);
        if (collateral.Value < minimum)
            throw new DeskRefusedException($"The contract takes nodes from {Shown.Micros((long)minimum)} of collateral on, not {Shown.Micros(collateral)}. Nothing was sent.");
        var signature = node.Sign(wallet.Typed.NodeBinding(node.Id, wallet.Address));
        var receipt = await wallet.PayInAsync(
            $"Registered node {node.Id} of owner {wallet.Address}", collateral, SettlementCalls.RegisterNode(node.Id, collateral, signature), cancellationToken);
        await SayAsync(wallet, node.Id, cancellationToken);
        await session.Output.WriteLineAsync($"""
            Next         The network counts the collateral once block {receipt.BlockNumber} is final (chain position {node.Id}). Start the node with its own key; keep the owner's key away from it:
                         collateral and earnings are paid to {wallet.Address}.{(node.Id == wallet.Address ? " Here both are one key: who steals it from the node has the collateral too." : "")}
            """);
    }

    /// <summary>Adds collateral, to anybody's node.</summary>
    /// <exception cref="DeskRefusedException">No such node, or not enough tokens. Nothing was sent.</exception>
    public async Task BondAsync(NodeId node, Micros amount, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var position = await wallet.KnownNodeAsync(node, cancellationToken);
        var receipt = await wallet.PayInAsync($"Bonded {Shown.Micros(amount)} for node {node}", amount, SettlementCalls.Bond(node, amount), cancellationToken);
        await SayAsync(wallet, node, cancellationToken);
        await session.Output.WriteLineAsync(
            $"Next         It counts once block {receipt.BlockNumber} is final.{(position.Owner == wallet.Address ? "" : $" It is {position.Owner}'s now: only the node's owner can take it out.")}");
    }

    /// <summary>Gives notice of taking collateral out.</summary>
    /// <exception cref="DeskRefusedException">Not the owner's key, or more than there is.</exception>
    public async Task UnbondAsync(NodeId node, Micros amount, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var position = await wallet.OwnNodeAsync(node, cancellationToken);
        if (amount > position.Bonded)
            throw new DeskRefusedException($"Node {node} has {Shown.Micros(position.Bonded)} bonded, and {Shown.Micros(position.Unbonding)} are on their way out. Ask for less.");
        if ((await wallet.Contract.TranchesAsync(node, null, cancellationToken)).Count >= TranchesMax)
            throw new DeskRefusedException($"{TranchesMax} unbondings of node {node} are open, the most there may be. Take out what is due: chain withdraw {node}");
        await wallet.SettleAsync($"Unbonding {Shown.Micros(amount)} of node {node}", SettlementCalls.RequestUnbond(node, amount), cancellationToken);
        await SayAsync(wallet, node, cancellationToken);
        var last = (await wallet.Contract.TranchesAsync(node, null, cancellationToken))[^1];
        await session.Output.WriteLineAsync($"Next         From {Shown.Time(last.AvailableAt)} on: chain withdraw {node}. Until it is taken out it can still be slashed.");
    }

    /// <summary>Pays what is due to the node's owner; anybody's key may send it.</summary>
    public async Task WithdrawAsync(NodeId node, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var position = await wallet.KnownNodeAsync(node, cancellationToken);
        var tranches = await wallet.Contract.TranchesAsync(node, null, cancellationToken);
        if (tranches.Count == 0)
            throw new DeskRefusedException($"No collateral of node {node} is on its way out. First: chain unbond {node} MICROS");
        var due = (await session.Chain.HeadAsync(cancellationToken)).Timestamp;
        if (tranches.All(t => t.AvailableAt.ToUnixTimeSeconds() > Math.Max(due, session.Time.GetUtcNow().ToUnixTimeSeconds())))
            throw new DeskRefusedException($"Nothing is due yet. {Shown.Micros(tranches[0].Amount)} can be taken from {Shown.Time(tranches[0].AvailableAt)} on.");
        var before = await wallet.Token.BalanceAsync(position.Owner, null, cancellationToken);
        await wallet.SettleAsync($"Withdrew collateral of node {node}", SettlementCalls.WithdrawCollateral(node), cancellationToken);
        var now = await wallet.Token.BalanceAsync(position.Owner, null, cancellationToken);
        await session.Output.WriteLineAsync($"Paid         {Shown.Micros(now - before)} to its owner {position.Owner}");
        await SayAsync(wallet, node, cancellationToken);
    }

    /// <summary>Has another key sign for a node.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="newKey">Its key file: it signs that it is for this node.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeskRefusedException">Not the owner's key, or the new key is another node's.</exception>
    public async Task RotateAsync(NodeId node, string newKey, CancellationToken cancellationToken)
    {
        var key = session.LoadKey(newKey);
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var position = await wallet.OwnNodeAsync(node, cancellationToken);
        if (position.ReceiptKey == key.Id)
            throw new DeskRefusedException($"{key.Id} is node {node}'s receipt key already.");
        if (await wallet.Contract.NodeOfKeyAsync(key.Id, null, cancellationToken) is { IsZero: false } other && other != node)
            throw new DeskRefusedException($"{key.Id} is or was a key of node {other}, and stays bound to it. Make a new key.");
        var signature = key.Sign(wallet.Typed.ReceiptKey(node, key.Id));
        var receipt = await wallet.SettleAsync($"Receipt key of node {node} is {key.Id}", SettlementCalls.RotateReceiptKey(node, key.Id, signature), cancellationToken);
        await session.Output.WriteLineAsync($"Next         From block {receipt.BlockNumber} on contracts take answers signed by it alone. What the node's earlier keys signed still counts against it: destroy those keys.");
    }

    private async Task SayAsync(Wallet wallet, NodeId node, CancellationToken cancellationToken)
    {
        var position = await wallet.Contract.NodeAsync(node, null, cancellationToken);
        await session.Output.WriteLineAsync($"Collateral   {Shown.Micros(position.Bonded)} bonded, {Shown.Micros(position.Unbonding)} on their way out, {Shown.Micros(position.Frozen)} frozen by open slashes");
    }
}
