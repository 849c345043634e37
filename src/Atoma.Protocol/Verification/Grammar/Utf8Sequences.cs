namespace Atoma.Protocol.Verification.Grammar;

/// <summary>Any byte from Low to High.</summary>
internal readonly record struct Utf8Step(byte Low, byte High);

/// <summary>Ranges of code points as UTF-8: each range becomes a few sequences of byte ranges that together write exactly its members.</summary>
internal static class Utf8Sequences
{
    private const int OneByteMax = 0x7F;
    private const int TwoByteMax = 0x7FF;
    private const int ThreeByteMax = 0xFFFF;

    /// <param name="range">Without surrogates.</param>
    public static IEnumerable<Utf8Step[]> Of(CodePointRange range)
    {
        var first = range.First;
        foreach (var most in (int[])[OneByteMax, TwoByteMax, ThreeByteMax, CodePointRange.Max])
        {
            if (first > range.Last)
                yield break;
            if (first > most)
                continue;
            foreach (var sequence in OfOneLength(first, Math.Min(range.Last, most)))
                yield return sequence;
            first = most + 1;
        }
    }

    /// <summary>Both ends have UTF-8 of the same length. Split until every continuation byte runs over one whole range.</summary>
    private static IEnumerable<Utf8Step[]> OfOneLength(int first, int last)
    {
        for (var bits = 6; bits <= 18; bits += 6)
        {
            var mask = (1 << bits) - 1;
            if ((first & ~mask) == (last & ~mask))
                break;
            if ((first & mask) != 0 && first > OneByteMax)
                return OfOneLength(first, first | mask).Concat(OfOneLength((first | mask) + 1, last));
            if ((last & mask) != mask && first > OneByteMax)
                return OfOneLength(first, (last & ~mask) - 1).Concat(OfOneLength(last & ~mask, last));
        }

        var (low, high) = (Encode(first), Encode(last));
        return [[.. low.Zip(high, static (l, h) => new Utf8Step(l, h))]];
    }

    private static byte[] Encode(int codePoint)
    {
        Span<byte> bytes = stackalloc byte[4];
        var length = new System.Text.Rune(codePoint).EncodeToUtf8(bytes);
        return bytes[..length].ToArray();
    }
}
