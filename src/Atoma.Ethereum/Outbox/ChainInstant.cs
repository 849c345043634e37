using System.Numerics;
using Atoma.Ethereum.Chain;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum.Outbox;

/// <summary>What one step of the outbox starts from. Read in the order of the fields: what is read later may only be newer.</summary>
internal sealed record ChainInstant(ChainBlock Head, ChainBlock? Final, ulong NonceAtFinal, ulong NonceAtHead, BigInteger BalanceWei)
{
    /// <summary>Height of the newest final block; -1 while there is none.</summary>
    public long FinalHeight => Final?.Number ?? -1;

    public static async Task<ChainInstant> ReadAsync(
        IChainClient chain, NodeId sender, FinalityRule finality, CancellationToken cancellationToken)
    {
        var head = await chain.HeadAsync(cancellationToken);
        var final = await finality.NewestAsync(chain, head, cancellationToken);
        var nonceAtFinal = final is null ? 0 : await chain.NonceAsync(sender, final.Number, cancellationToken);

        // An endpoint may answer of an earlier head than a moment ago; what is used up to the final block stays used.
        var nonceAtHead = Math.Max(nonceAtFinal, await chain.NonceAsync(sender, null, cancellationToken));
        return new ChainInstant(head, final, nonceAtFinal, nonceAtHead, await chain.BalanceAsync(sender, cancellationToken));
    }
}
