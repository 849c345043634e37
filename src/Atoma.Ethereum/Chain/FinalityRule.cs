namespace Atoma.Ethereum.Chain;

/// <summary>From when on a block counts as there for good (P10.3).</summary>
/// <param name="Confirmations">
/// Blocks that must be on top of it, 0 to <see cref="ConfirmationsMax"/>; deeper than any reorganisation of the chain. 0 only for
/// a development chain that never has one.
/// </param>
/// <param name="ByTag">Believe the chain's own tag <c>finalized</c> instead of counting; where it knows none, nothing is final.</param>
public sealed record FinalityRule(int Confirmations, bool ByTag = false)
{
    /// <summary>Two of Ethereum's epochs are 64; the rest is room for chains with fast blocks.</summary>
    public const int ConfirmationsMax = 10_000;

    /// <summary>The newest final block; null while there is none.</summary>
    public async Task<ChainBlock?> NewestAsync(IChainClient chain, ChainBlock head, CancellationToken cancellationToken)
    {
        if (ByTag)
            return await chain.FinalizedAsync(cancellationToken);
        if (Confirmations == 0)
            return head;
        return head.Number < Confirmations ? null : await chain.BlockAsync(head.Number - Confirmations, cancellationToken);
    }
}
