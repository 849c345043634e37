namespace Atoma.Protocol.Verification.Grammar;

/// <summary>One side of a rule as parsed.</summary>
internal abstract record GrammarExpression
{
    /// <summary>Code points one after another; may be empty.</summary>
    internal sealed record Literal(IReadOnlyList<int> CodePoints) : GrammarExpression;

    /// <summary>One code point of these ranges: ascending, apart from each other, without surrogates.</summary>
    internal sealed record Class(IReadOnlyList<CodePointRange> Ranges) : GrammarExpression;

    internal sealed record Reference(string Rule, int Line) : GrammarExpression;

    internal sealed record Sequence(IReadOnlyList<GrammarExpression> Parts) : GrammarExpression;

    internal sealed record Choice(IReadOnlyList<GrammarExpression> Alternatives) : GrammarExpression;

    /// <param name="Part">What is repeated.</param>
    /// <param name="Least">≥ 0.</param>
    /// <param name="Most">≥ Least; null without bound.</param>
    internal sealed record Repeat(GrammarExpression Part, int Least, int? Most) : GrammarExpression;
}

/// <param name="First">First code point.</param>
/// <param name="Last">Last code point, included.</param>
internal readonly record struct CodePointRange(int First, int Last)
{
    public const int Max = 0x10FFFF;

    private const int SurrogateFirst = 0xD800;
    private const int SurrogateLast = 0xDFFF;

    public static bool IsSurrogate(int codePoint) => codePoint is >= SurrogateFirst and <= SurrogateLast;

    /// <summary>Sorted, merged, without surrogates (which UTF-8 cannot write).</summary>
    public static IReadOnlyList<CodePointRange> Normalised(IEnumerable<CodePointRange> ranges)
    {
        var merged = new List<CodePointRange>();
        foreach (var range in ranges.SelectMany(WithoutSurrogates).OrderBy(r => r.First))
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
                merged[^1] = merged[^1] with { Last = Math.Max(merged[^1].Last, range.Last) };
            else
                merged.Add(range);
        }

        return merged;
    }

    /// <summary>Everything that the ranges leave out; they are normalised.</summary>
    public static IReadOnlyList<CodePointRange> Others(IReadOnlyList<CodePointRange> ranges)
    {
        var others = new List<CodePointRange>();
        var next = 0;
        foreach (var range in ranges)
        {
            if (range.First > next)
                others.Add(new CodePointRange(next, range.First - 1));
            next = range.Last + 1;
        }

        if (next <= Max)
            others.Add(new CodePointRange(next, Max));
        return Normalised(others);
    }

    private static IEnumerable<CodePointRange> WithoutSurrogates(CodePointRange range)
    {
        if (range.First < SurrogateFirst)
            yield return range with { Last = Math.Min(range.Last, SurrogateFirst - 1) };
        if (range.Last > SurrogateLast)
            yield return range with { First = Math.Max(range.First, SurrogateLast + 1) };
    }
}
