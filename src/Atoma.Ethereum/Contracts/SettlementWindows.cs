namespace Atoma.Ethereum.Contracts;

/// <summary>A settlement contract's delays in proportion to its network's epoch, within what the contract allows (contracts/src/settlement/Parameters.sol).</summary>
/// <param name="Exit">From a requester's notice to its money.</param>
/// <param name="Appeal">From a slash to its execution.</param>
/// <param name="Ruling">From an appeal to the end of a slash without a ruling.</param>
public sealed record SettlementWindows(TimeSpan Exit, TimeSpan Appeal, TimeSpan Ruling)
{
    /// <summary>Shortest delay that the contract takes.</summary>
    public const int DelayMinSeconds = 60;

    /// <summary>Longest.</summary>
    public const int DelayMaxSeconds = 30 * 24 * 3_600;

    /// <summary>Five of the longest windows, appeal and ruling together, are just within the longest delay.</summary>
    private const int EpochMaxSeconds = 500_000;

    /// <summary>From an owner's notice to its collateral: what is left can be slashed until every window is over.</summary>
    public TimeSpan Unbond => Appeal + Ruling;

    /// <summary>From a scheduled change to its effect: everybody can leave before.</summary>
    public TimeSpan Parameter => Unbond > Exit ? Unbond : Exit;

    /// <param name="seconds">Of the network's epoch, above 0.</param>
    public static SettlementWindows OfEpoch(int seconds)
    {
        return new SettlementWindows(Exit: Epochs(2), Appeal: Epochs(1), Ruling: Epochs(4));

        TimeSpan Epochs(int count) => TimeSpan.FromSeconds(Math.Clamp((long)count * seconds, DelayMinSeconds, (long)count * EpochMaxSeconds));
    }
}
