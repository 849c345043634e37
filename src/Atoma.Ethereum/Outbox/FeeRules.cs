using System.Numerics;

namespace Atoma.Ethereum.Outbox;

/// <summary>What is offered per gas, in wei.</summary>
/// <param name="MaxWei">In all.</param>
/// <param name="PriorityWei">The block maker's share of it.</param>
internal readonly record struct Fees(long MaxWei, long PriorityWei);

/// <summary>Fees of a first form and of one that replaces it.</summary>
internal static class FeeRules
{
    /// <summary>Twice the base fee outlasts six full blocks in a row (EIP-1559: an eighth more each).</summary>
    public static Fees First(BigInteger baseFee, BigInteger suggestedPriority, OutboxOptions options)
    {
        var priority = Clamp(suggestedPriority, options.PriorityFeeMinWei, options.MaxFeeCapWei);
        var max = Clamp(2 * baseFee + priority, priority, options.MaxFeeCapWei);
        return new Fees(max, priority);
    }

    /// <summary>
    /// At least an eighth more of both, which every pool takes as a replacement (they ask for a tenth), and no less than a first form
    /// would offer now. Null when the cap forbids it.
    /// </summary>
    public static Fees? Raised(Fees before, BigInteger baseFee, BigInteger suggestedPriority, OutboxOptions options)
    {
        var leastMax = EighthMoreCeiling(before.MaxWei);
        if (leastMax > options.MaxFeeCapWei)
            return null;
        var now = First(baseFee, suggestedPriority, options);
        var max = Math.Max(leastMax, now.MaxWei);
        var priority = Math.Max(EighthMoreCeiling(before.PriorityWei), now.PriorityWei);
        return new Fees(max, Math.Min(priority, max));
    }

    private static long EighthMoreCeiling(long fee) => checked((fee * 9 + 7) / 8);

    private static long Clamp(BigInteger value, long min, long max) => (long)BigInteger.Clamp(value, min, max);
}
