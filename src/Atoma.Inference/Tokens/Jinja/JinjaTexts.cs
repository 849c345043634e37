namespace Atoma.Inference.Tokens.Jinja;

/// <summary>What Python's text methods do, keeping the origin of each character.</summary>
internal static class JinjaTexts
{
    /// <param name="count">Replacements at most; below 0 all.</param>
    public static MarkedText Replace(MarkedText text, string old, MarkedText by, long count, JinjaBudget budget)
    {
        var builder = new MarkedText.Builder();
        var at = 0;
        if (old.Length == 0)
            throw new JinjaException(JinjaError.Unknown, budget.Line, "Replacing the empty text is not offered");
        for (; count != 0; count--)
        {
            var found = text.Text.IndexOf(old, at, StringComparison.Ordinal);
            if (found < 0)
                break;
            builder.Append(text.Slice(at, found - at));
            builder.Append(by);
            budget.Characters(builder.Length);
            at = found + old.Length;
        }

        builder.Append(text.Slice(at, text.Length - at));
        budget.Characters(builder.Length);
        return builder.ToText();
    }

    /// <summary>str.split and str.rsplit.</summary>
    public static ListValue Split(MarkedText text, string? separator, long most, bool fromRight, JinjaBudget budget)
    {
        var pieces = new List<JinjaValue>();
        var (low, high) = (0, text.Length);
        if (separator is null)
            (low, high) = (SkipBlank(text.Text, low, 1), SkipBlank(text.Text, high, -1));
        while (most-- != 0 && (separator is not null || low < high))
        {
            var (start, end) = Find(text.Text, separator, low, high, fromRight);
            if (start < 0)
                break;
            pieces.Add(budget.Text(fromRight ? text.Slice(end, high - end) : text.Slice(low, start - low)));
            if (fromRight)
                high = start;
            else
                low = end;
        }

        if (separator is not null || low < high)
            pieces.Add(budget.Text(text.Slice(low, high - low)));
        if (fromRight)
            pieces.Reverse();
        return budget.List(pieces);
    }

    public static ListValue Lines(MarkedText text, bool keepEnds, JinjaBudget budget)
    {
        var lines = new List<JinjaValue>();
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && !IsLineEnd(text.Text[end]))
                end++;
            var next = end >= text.Length ? end : end + (text.Text[end] == '\r' && end + 1 < text.Length && text.Text[end + 1] == '\n' ? 2 : 1);
            lines.Add(budget.Text(text.Slice(at, (keepEnds ? next : end) - at)));
            at = next;
        }

        return budget.List(lines);
    }

    public static MarkedText Join(MarkedText separator, IEnumerable<MarkedText> parts, JinjaBudget budget)
    {
        var builder = new MarkedText.Builder();
        var first = true;
        foreach (var part in parts)
        {
            if (!first)
                builder.Append(separator);
            builder.Append(part);
            budget.Characters(builder.Length);
            first = false;
        }

        return builder.ToText();
    }

    public static MarkedText Strip(MarkedText text, string? characters, bool start, bool end) =>
        text.Trim(c => characters?.Contains(c, StringComparison.Ordinal) ?? PythonText.IsSpace(c), start, end);

    /// <summary>str.capitalize, and str.title when each word starts anew.</summary>
    public static MarkedText Capitalise(MarkedText text, bool eachWord)
    {
        var characters = text.Text.ToCharArray();
        var starts = true;
        for (var i = 0; i < characters.Length; i++)
        {
            characters[i] = starts ? char.ToUpperInvariant(characters[i]) : char.ToLowerInvariant(characters[i]);
            starts = eachWord && !char.IsLetter(characters[i]);
        }

        return text.With(new string(characters));
    }

    /// <summary>str.upper: the one letter in common use that becomes two is the German sharp s.</summary>
    public static MarkedText Upper(MarkedText text, JinjaBudget budget)
    {
        var upper = text.With(text.Text.ToUpperInvariant());
        return upper.Text.Contains('ß', StringComparison.Ordinal) ? Replace(upper, "ß", MarkedText.Of("SS", text.HasInput), -1, budget) : upper;
    }

    private static (int Start, int End) Find(string text, string? separator, int low, int high, bool fromRight)
    {
        if (separator is not null)
        {
            var part = text.AsSpan(low, high - low);
            var found = fromRight ? part.LastIndexOf(separator, StringComparison.Ordinal) : part.IndexOf(separator, StringComparison.Ordinal);
            return found < 0 ? (-1, -1) : (low + found, low + found + separator.Length);
        }

        var blank = fromRight ? high - 1 : low;
        while (blank >= low && blank < high && !PythonText.IsSpace(text[blank]))
            blank += fromRight ? -1 : 1;
        if (blank < low || blank >= high)
            return (-1, -1);
        return fromRight ? (SkipBlank(text, blank + 1, -1), blank + 1) : (blank, SkipBlank(text, blank, 1));
    }

    private static int SkipBlank(string text, int at, int direction)
    {
        while (direction > 0 ? at < text.Length && PythonText.IsSpace(text[at]) : at > 0 && PythonText.IsSpace(text[at - 1]))
            at += direction;
        return at;
    }

    private static bool IsLineEnd(char c) => c is '\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029';
}
