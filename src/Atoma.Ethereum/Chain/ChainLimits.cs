namespace Atoma.Ethereum.Chain;

/// <summary>Bounds of what is asked of a chain's endpoint.</summary>
public static class ChainLimits
{
    /// <summary>Blocks of one log query: public endpoints refuse a few thousand.</summary>
    public const int LogBlocksMax = 1_000;
}
