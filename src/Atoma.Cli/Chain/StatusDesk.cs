using Atoma.Cli.Nodes;
using Atoma.Protocol.Common;

namespace Atoma.Cli.Chain;

/// <summary>The chain beside the books, as the API tells it; no key is needed.</summary>
internal sealed class StatusDesk(ChainSession session)
{
    /// <summary>Where the network and its chain stand, and what is wrong.</summary>
    public async Task StatusAsync(CancellationToken cancellationToken)
    {
        var chain = await session.Api.ChainAsync(cancellationToken);
        await session.Output.WriteLineAsync($"""
            Chain        {chain.ChainId}, block {chain.HeadBlock}; {chain.FinalBlock} is final, up to {chain.AppliedBlock} are in the books
            Settlement   {chain.Settlement}
            Gateway      {chain.Gateway}
            Token        {chain.Token}
            Settler      {chain.Settler}
            Holdings     {Shown.Micros(chain.HoldingsMicros)} in the contracts
            Books        {Shown.Micros(chain.LedgerMicros)} in the ledger's accounts
            Difference   {Shown.Micros(chain.DifferenceMicros)}{Explained(chain)}
            Payouts      epoch {chain.Epoch}: {Shown.Micros(chain.PostedMicros)} posted of {Shown.Micros(chain.BackingMicros)} backing, {Shown.Micros(chain.ClaimedMicros)} claimed
            Outbox       {chain.Outbox.Open} transactions on their way{(chain.Outbox.OldestAt is { } at ? $", the oldest since {at}" : "")}; {chain.Outbox.Failed} refused for good
            Problem      {(chain.Problem.Length > 0 ? chain.Problem : "none")}
            """);
    }

    /// <summary>An address's money on the chain and in the books.</summary>
    /// <param name="address">Null for the session's key.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task PositionAsync(NodeId? address, CancellationToken cancellationToken)
    {
        var who = address ?? (session.HasKey ? session.Key.Id : throw new FormatException("Name an address, or a key file by --key."));
        var (account, node) = (await session.Api.AccountAsync(who, cancellationToken), await session.Api.NodeAsync(who, cancellationToken));
        if (!account.IsEmpty)
            await SayRequesterAsync(who, account);
        if (!node.IsEmpty)
            await SayNodeAsync(who, node);
        if (account.IsEmpty && node.IsEmpty)
            await session.Output.WriteLineAsync($"{who} has nothing on the chain that is final, and nothing in the books. What was just sent counts once its block is final: chain status");
    }

    private static string Explained(ChainView chain) => (chain.DifferenceMicros, chain.InFlight) switch
    {
        (0, 0) => ", nothing is in flight",
        (0, var flight) => $", {flight} slashes or contracts' requests are over on one side only",
        (_, 0) => ": it should be 0 when nothing is in flight. Look again in a minute; if it stays, tell the network's operator",
        (_, var flight) => $", while {flight} slashes or contracts' requests are over on one side only",
    };

    private async Task SayRequesterAsync(NodeId who, AccountView account)
    {
        var unopened = account.DepositMicros + account.RedeemedMicros - account.VoucherMicros;
        await session.Output.WriteLineAsync($"""
            Requester    {who}
            On the chain {Shown.Micros(account.DepositMicros)} deposited, {Shown.Micros(account.RedeemedMicros)} taken for spending so far
            In the books {Shown.Micros(account.BalanceMicros)} can be spent, {Shown.Micros(account.HeldMicros)} held by open requests, {Shown.Micros(account.ReserveMicros)} wait for a voucher, {Shown.Micros(account.SetAsideMicros)} set aside for the exit
            Spent        {Shown.Micros(account.SpentMicros)} over the account's life, of {Shown.Micros(account.VoucherMicros)} that its voucher allows
            """);
        if (account.ExitAt is { } at)
            await session.Output.WriteLineAsync($"Leaving      {Shown.Micros(account.ExitingMicros)}, from {at} on: chain exit --finish");
        if (unopened > 0 && account.ReserveMicros > 0)
            await session.Output.WriteLineAsync($"Next         {Shown.Micros(unopened)} are not opened for spending: chain voucher {Parsed.All}");
    }

    private async Task SayNodeAsync(NodeId who, NodeView node)
    {
        await session.Output.WriteLineAsync($"""
            Node         {who}{(node.Owner.Length == 0 ? ", not registered on the chain" : $", owner {node.Owner}, receipt key {node.ReceiptKey}")}
            On the chain {Shown.Micros(node.BondedMicros)} bonded, {Shown.Micros(node.UnbondingMicros)} on their way out, {Shown.Micros(node.FrozenMicros)} frozen, {Shown.Micros(node.ClaimedMicros)} earnings claimed
            In the books {Shown.Micros(node.CollateralMicros)} collateral, {Shown.Micros(node.LedgerFrozenMicros)} frozen, {Shown.Micros(node.EarningsMicros)} earned in this epoch, {Shown.Micros(node.PayableMicros)} claimable by the newest root or the next
            """);
        if (node.Claim is { } claim)
            await session.Output.WriteLineAsync($"Next         {Shown.Micros(claim.CumulativeMicros - node.ClaimedMicros)} are under the root of epoch {claim.Epoch}: chain claim {who}");
    }
}
