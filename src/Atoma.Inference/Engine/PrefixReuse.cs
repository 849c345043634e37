using Atoma.Inference.Native;

namespace Atoma.Inference.Engine;

/// <summary>
/// Finds where a prompt's beginning has been computed already. The sequences are the cache: each keeps its tokens after its task
/// has ended, so memory is bounded by the context, and what was used longest ago in a slot goes when the slot is used again.
/// </summary>
internal static class PrefixReuse
{
    /// <summary>A copy moves a whole sequence's cache; below so many tokens more than the sequence itself holds, computing is as fast.</summary>
    public const int CopyGainMin = 32;

    /// <param name="context">Whose sequences are looked through.</param>
    /// <param name="sequence">The one to be used.</param>
    /// <param name="tokens">What it is to hold.</param>
    /// <returns>The sequence to go on from, itself where a copy gains little, and the number of tokens to keep of it.</returns>
    public static (int Source, int Length) Find(DecodeContext context, int sequence, ReadOnlySpan<int> tokens)
    {
        var own = context.Tokens(sequence).CommonPrefixLength(tokens);
        var best = (Source: sequence, Length: own);
        for (var other = 0; other < context.Sequences; other++)
        {
            if (other == sequence)
                continue;
            var length = context.Tokens(other).CommonPrefixLength(tokens);
            if (length >= own + CopyGainMin && length > best.Length)
                best = (other, length);
        }

        return best;
    }
}
