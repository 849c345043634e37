using Atoma.Cli.Nodes;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Cli.Chain;

/// <summary>What a node earned is taken by proof; what it loses can be appealed.</summary>
internal sealed class PayoutDesk(ChainSession session)
{
    /// <summary>The contract's bound (Payouts.sol).</summary>
    private const int ProofMax = 32;

    /// <summary>Kind of a slash that the contract proved itself (SlashTypes.sol).</summary>
    private const int Equivocation = 2;

    /// <summary>Claims a node's earnings for its owner; anybody's key may send it.</summary>
    /// <exception cref="DeskRefusedException">There is nothing to claim, or the API's proof does not hold. Nothing was sent.</exception>
    public async Task ClaimAsync(NodeId node, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var told = await session.Api.NodeAsync(node, cancellationToken);
        if (told.Claim is not { } claim)
            throw new DeskRefusedException($"Node {node} has nothing to claim now. Claimed so far: {Shown.Micros(told.ClaimedMicros)}; earned since: {Shown.Micros(told.EarningsMicros)}, claimable once an epoch's end puts it under a root: {Shown.Micros(told.PayableMicros)}.");
        var (leaf, proof) = (new PayoutLeaf(node, new Micros(claim.CumulativeMicros)), ProofOf(claim));
        var (root, claimableAt) = await wallet.Contract.RootAsync(claim.Epoch, null, cancellationToken);
        if (root.IsZero)
            throw new DeskRefusedException($"The contract has no root of epoch {claim.Epoch} (any more). Repeat this when the network has posted its next: chain status");
        if (!PayoutTree.Verify(root, leaf, proof))
            throw new DeskRefusedException($"The API's proof does not lead from {Shown.Micros(leaf.Cumulative)} of node {node} to the root of epoch {claim.Epoch} that is on the chain, 0x{root}. Nothing was sent. Ask another API of the network (--api).");
        var claimed = await wallet.Contract.ClaimedAsync(node, null, cancellationToken);
        if (claimed >= leaf.Cumulative)
            throw new DeskRefusedException($"All of it, {Shown.Micros(claimed)}, is claimed already; the network sees that once it is final.");
        await session.Output.WriteLineAsync($"Proof        {proof.Count} hashes lead to the root of epoch {claim.Epoch}, claimable from {Shown.Time(claimableAt ?? default)} on");
        await wallet.SettleAsync($"Claimed {Shown.Micros(leaf.Cumulative - claimed)} for node {node}", SettlementCalls.Claim(claim.Epoch, leaf, proof), cancellationToken);
        var owner = (await wallet.Contract.NodeAsync(node, null, cancellationToken)).Owner;
        var payee = owner.IsZero ? node : owner;
        await session.Output.WriteLineAsync($"""
            Paid         to {payee}{(owner.IsZero ? "" : ", the node's owner")}, which has {Shown.Micros(await wallet.Token.BalanceAsync(payee, null, cancellationToken))} of the token now
            Claimed      {Shown.Micros(leaf.Cumulative)} over the node's life
            """);
    }

    /// <summary>Appeals a slash before the contract executes it.</summary>
    /// <exception cref="DeskRefusedException">No such slash, not appealable, or not the owner's key.</exception>
    public async Task AppealAsync(Hash32 id, CancellationToken cancellationToken)
    {
        var wallet = await Wallet.OpenAsync(session, cancellationToken);
        var slash = await wallet.Contract.SlashAsync(id, null, cancellationToken);
        if (slash.State == ChainSlashState.None)
            throw new DeskRefusedException($"The contract has no slash {id}. If the network lists it (node slashes), it comes to the chain in the next minutes.");
        if (slash.Kind == Equivocation)
            throw new DeskRefusedException("The node signed two values for one request; the contract has checked both signatures. There is no appeal against that.");
        if (slash.State != ChainSlashState.Open)
            throw new DeskRefusedException($"Slash {id} is {slash.State.ToString().ToLowerInvariant()} and cannot be appealed any more.");
        await wallet.OwnNodeAsync(slash.Node, cancellationToken);
        await wallet.SettleAsync($"Appealed slash {id}", SlashingCalls.Appeal(id), cancellationToken);
        var now = await wallet.Contract.SlashAsync(id, null, cancellationToken);
        await session.Output.WriteLineAsync($"""
            Frozen       {Shown.Micros(slash.Amount)} of node {slash.Node}
            Next         The verdict signers rule on it. Without a ruling until {Shown.Time(now.RulingAt ?? default)} anybody can have it returned. Appeal in the network too, with the node's key: node appeal {id}
            """);
    }

    private static List<Hash32> ProofOf(ClaimView claim)
    {
        if (claim.Proof.Count > ProofMax || claim.CumulativeMicros <= 0 || claim.Epoch <= 0)
            throw new DeskRefusedException("The API's claim is malformed. Nothing was sent. Ask another API of the network (--api).");
        try
        {
            return [.. claim.Proof.Select(Hash32.Parse)];
        }
        catch (FormatException)
        {
            throw new DeskRefusedException("The API's proof is malformed. Nothing was sent. Ask another API of the network (--api).");
        }
    }
}
