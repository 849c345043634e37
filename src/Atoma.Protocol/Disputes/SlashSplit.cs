using Atoma.Protocol.Common;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Requests;

namespace Atoma.Protocol.Disputes;

/// <summary>How slashed collateral is shared (P8.4), in permille; the five sum to 1000.</summary>
public readonly record struct SlashShares(int Requester, int Honest, int Resolvers, int Treasury, int Burn)
{
    public static SlashShares Default => new(250, 200, 100, 350, 100);

    public bool IsValid =>
        Requester >= 0 && Honest >= 0 && Resolvers >= 0 && Treasury >= 0 && Burn >= 0
        && Requester + Honest + Resolvers + Treasury + Burn == 1000;
}

/// <summary>One share of a slash.</summary>
public readonly record struct SlashPart(LedgerAccount To, Micros Amount, TransferCode Code);

/// <summary>Divides a slashed amount exactly: every remainder, and the share of a group that is empty, goes to the treasury.</summary>
public static class SlashSplit
{
    /// <param name="amount">What was frozen, ≥ 0.</param>
    /// <param name="shares">Valid shares.</param>
    /// <param name="requesterAccount">Account id of the requester whose request was cheated on.</param>
    /// <param name="honest">Nodes that did the request's work honestly.</param>
    /// <param name="resolvers">Nodes that judged it.</param>
    /// <returns>Parts above zero whose sum is <paramref name="amount"/>.</returns>
    public static IReadOnlyList<SlashPart> Divide(
        Micros amount, SlashShares shares, string requesterAccount, IReadOnlyList<NodeId> honest, IReadOnlyList<NodeId> resolvers)
    {
        Invariant.Assert(shares.IsValid);
        Invariant.Assert(amount >= Micros.Zero);
        // What the network asked for itself has no requester to make whole.
        var isNetwork = requesterAccount == RequestSpec.NetworkAccount;
        var parts = new List<SlashPart>
        {
            new(LedgerAccount.User(requesterAccount), isNetwork ? Micros.Zero : amount.PermilleFloor(shares.Requester), TransferCode.SlashRequester),
            new(LedgerAccount.Burn, amount.PermilleFloor(shares.Burn), TransferCode.SlashBurn),
        };
        Spread(amount.PermilleFloor(shares.Honest), honest, TransferCode.SlashHonest);
        Spread(amount.PermilleFloor(shares.Resolvers), resolvers, TransferCode.SlashResolver);
        var given = parts.Aggregate(Micros.Zero, static (sum, p) => sum + p.Amount);
        parts.Add(new SlashPart(LedgerAccount.Treasury, amount - given, TransferCode.SlashTreasury));
        return [.. parts.Where(p => p.Amount.IsPositive)];

        void Spread(Micros share, IReadOnlyList<NodeId> nodes, TransferCode code)
        {
            foreach (var node in nodes)
                parts.Add(new SlashPart(LedgerAccount.Earnings(node), new Micros(share.Value / nodes.Count), code));
        }
    }
}
