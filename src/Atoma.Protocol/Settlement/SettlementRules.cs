using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;

namespace Atoma.Protocol.Settlement;

/// <summary>
/// How the ledger follows the chain (P10). What a requester has spent is nowhere counted: it is what the chain has of it less
/// what the ledger has of it, so that the two cannot drift apart.
/// </summary>
public static class SettlementRules
{
    /// <summary>Account id of a requester on the chain: its address in lowercase. Null for any other account.</summary>
    public static NodeId? AddressOf(string account) =>
        NodeId.TryParse(account, out var address) && address.ToAccount() == account && !address.IsZero ? address : null;

    /// <summary>Money came in.</summary>
    public static LedgerCommand Received(Hash32 id, LedgerAccount to, Micros amount, TransferCode code) =>
        new([new LedgerOperation.Transfer(id, LedgerAccount.External, to, amount, code)]);

    /// <summary>
    /// Money is gone from the chain: it leaves the given accounts in order, and what they no longer have is the treasury's loss.
    /// </summary>
    /// <param name="id">Of the event.</param>
    /// <param name="amount">Above zero.</param>
    /// <param name="sources">Whose it should be, with what they have now.</param>
    /// <param name="treasury">What the treasury has now.</param>
    /// <returns>Null when not even the treasury can bear it.</returns>
    public static LedgerCommand? Left(Hash32 id, Micros amount, IReadOnlyList<(LedgerAccount Account, Micros Balance)> sources, Micros treasury)
    {
        List<LedgerOperation> operations = [];
        var missing = amount;
        foreach (var (account, balance) in sources)
            Take(account, balance, TransferCode.Withdrawal);
        Take(LedgerAccount.Treasury, treasury, TransferCode.Shortfall);
        return missing == Micros.Zero ? new LedgerCommand(operations) : null;

        void Take(LedgerAccount account, Micros balance, TransferCode code)
        {
            var part = Micros.Min(balance, missing);
            if (!part.IsPositive)
                return;
            operations.Add(new LedgerOperation.Transfer(PartId(id, operations.Count), account, LedgerAccount.External, part, code));
            missing -= part;
        }
    }

    /// <summary>
    /// Collateral was taken on the chain by what proves itself there: the books follow. What the node no longer has here was taken
    /// here before for something else, and the treasury bears it.
    /// </summary>
    /// <param name="slashed">The event.</param>
    /// <param name="collateral">What the node has here.</param>
    /// <param name="treasury">What the treasury has.</param>
    /// <returns>Null when not even the treasury can bear it.</returns>
    public static LedgerCommand? Followed(ChainEvent.Slashed slashed, Micros collateral, Micros treasury)
    {
        List<LedgerOperation> operations = [];
        var (node, left) = (LedgerAccount.Collateral(slashed.Node), collateral);
        Give(LedgerAccount.User(slashed.Victim.ToAccount()), slashed.ToVictim, TransferCode.SlashRequester);
        Give(LedgerAccount.Burn, slashed.Burned, TransferCode.SlashBurn);
        // What goes to the treasury is the rest, and needs no more than what is left.
        var rest = Micros.Min(left, slashed.Amount - slashed.ToVictim - slashed.Burned);
        if (rest.IsPositive)
            operations.Add(new LedgerOperation.Transfer(PartId(slashed.Id, operations.Count), node, LedgerAccount.Treasury, rest, TransferCode.SlashTreasury));
        return treasury >= Micros.Zero ? new LedgerCommand(operations) : null;

        void Give(LedgerAccount to, Micros amount, TransferCode code)
        {
            var part = Micros.Min(left, amount);
            left -= part;
            treasury -= amount - part;
            if (part.IsPositive)
                operations.Add(new LedgerOperation.Transfer(PartId(slashed.Id, operations.Count), node, to, part, code));
            if (amount > part)
                operations.Add(new LedgerOperation.Transfer(PartId(slashed.Id, operations.Count), LedgerAccount.Treasury, to, amount - part, TransferCode.Shortfall));
        }
    }

    /// <summary>Id of the first operation of <see cref="Left"/> and <see cref="Followed"/>: with it the event has been booked.</summary>
    public static Hash32 LeftId(Hash32 id) => PartId(id, 0);

    /// <summary>
    /// Brings a requester's accounts in line with its position: what it asks the chain for waits in exiting, and of the rest as
    /// much as its voucher allows can be spent. Null when they are.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="chain">Its deposit.</param>
    /// <param name="books">Its accounts.</param>
    /// <param name="voucher">Sum of its newest voucher, zero without one.</param>
    public static LedgerCommand? Align(NodeId user, RequesterPosition chain, RequesterBooks books, Micros voucher)
    {
        var (reserve, exiting) = (LedgerAccount.Reserve(user), LedgerAccount.Exiting(user));
        if (books.Exiting > chain.Exiting)
            return Move(exiting, reserve, books.Exiting - chain.Exiting, TransferCode.ExitReturned);
        var wanted = chain.Exiting - books.Exiting;
        if (wanted.IsPositive && books.Reserve.IsPositive)
            return Move(reserve, exiting, Micros.Min(wanted, books.Reserve), TransferCode.ExitAsked);
        if (wanted.IsPositive && books.Free.IsPositive)
            return Move(LedgerAccount.User(user.ToAccount()), exiting, Micros.Min(wanted, books.Free), TransferCode.ExitAsked);
        // What was opened before: all that ever came in, less what is not open.
        var opened = chain.Balance + chain.Redeemed - books.Reserve - books.Exiting;
        var more = Micros.Min(books.Reserve, voucher - opened);
        return more.IsPositive && !wanted.IsPositive ? Move(reserve, LedgerAccount.User(user.ToAccount()), more, TransferCode.Authorised) : null;

        LedgerCommand Move(LedgerAccount from, LedgerAccount to, Micros amount, TransferCode code)
        {
            // The accounts' versions name the step: the same one twice is one, the next one has another.
            var id = new CanonicalWriter().Text("atoma/chain-align/1").Node(user).Byte((byte)code).Int64(books.Version).Text(from.ToString()).Sha256();
            return new LedgerCommand([new LedgerOperation.Transfer(id, from, to, amount, code)]);
        }
    }

    /// <summary>What a requester has spent over its life, as far as its voucher lets it be taken.</summary>
    public static Micros Spent(RequesterPosition chain, RequesterBooks books, Micros voucher) =>
        Micros.Min(chain.Balance + chain.Redeemed - books.Total, voucher);

    /// <summary>Id of a node's transfer in <see cref="Claimable"/>: where one of them is booked, the closing's step was taken.</summary>
    public static Hash32 ClaimableId(long epoch, NodeId node) => new CanonicalWriter().Text("atoma/claimable/1").Int64(epoch).Node(node).Sha256();

    /// <summary>An epoch closes: earnings become claimable (P10.1), never above what backs them.</summary>
    /// <param name="epoch">Number of the closing.</param>
    /// <param name="earnings">Of all nodes.</param>
    /// <param name="free">Backing that no claimable earnings count on.</param>
    public static LedgerCommand? Claimable(long epoch, IEnumerable<KeyValuePair<NodeId, Micros>> earnings, Micros free)
    {
        List<LedgerOperation> operations = [];
        foreach (var (node, earned) in earnings.OrderBy(static e => e.Key).Take(LedgerCommand.OperationsMax))
        {
            var amount = Micros.Min(earned, free);
            if (!amount.IsPositive)
                continue;
            free -= amount;
            operations.Add(new LedgerOperation.Transfer(ClaimableId(epoch, node), LedgerAccount.Earnings(node), LedgerAccount.Payable(node), amount, TransferCode.Claimable));
        }

        return operations.Count == 0 ? null : new LedgerCommand(operations);
    }

    private static Hash32 PartId(Hash32 id, int part) => new CanonicalWriter().Text("atoma/chain-left/1").Hash(id).Int32(part).Sha256();
}

/// <summary>What the ledger has of a requester of the chain, at one moment.</summary>
/// <param name="Reserve">Not opened by a voucher.</param>
/// <param name="Free">Can be spent.</param>
/// <param name="Held">By open requests.</param>
/// <param name="Exiting">On its way out.</param>
/// <param name="Version">Newest entry of these accounts: another one when one of them has changed.</param>
public sealed record RequesterBooks(Micros Reserve, Micros Free, Micros Held, Micros Exiting, long Version)
{
    public Micros Total => Reserve + Free + Held + Exiting;
}
