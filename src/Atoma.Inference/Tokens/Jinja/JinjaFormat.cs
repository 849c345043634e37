using System.Globalization;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>The two ways in which Python fills places in a text, as far as templates use them: <c>%s %d %%</c> and <c>{} {0} {name}</c>.</summary>
internal static class JinjaFormat
{
    public static TextValue Percent(MarkedText format, IReadOnlyList<JinjaValue> values, JinjaBudget budget)
    {
        var builder = new MarkedText.Builder();
        var (used, at) = (0, 0);
        while (format.Text.IndexOf('%', at) is var mark && mark >= 0)
        {
            builder.Append(format.Slice(at, mark - at));
            var code = mark + 1 < format.Length ? format.Text[mark + 1] : ' ';
            if (code is 's' or 'd' && used >= values.Count)
                throw JinjaOperators.Fault(budget, "A format has more places than values");
            builder.Append(code switch
            {
                '%' => MarkedText.Of("%", format.HasInput),
                's' => PythonText.Of(values[used++], budget),
                'd' when values[used] is IntegerValue => PythonText.Of(values[used++], budget),
                _ => throw new JinjaException(JinjaError.Unknown, budget.Line, $"The format '%{code}' is not offered"),
            });
            budget.Characters(builder.Length);
            at = mark + 2;
        }

        builder.Append(format.Slice(at, format.Length - at));
        return used == values.Count ? budget.Text(builder.ToText()) : throw JinjaOperators.Fault(budget, "A format has fewer places than values");
    }

    public static TextValue Braces(MarkedText format, JinjaCall call)
    {
        var values = call.Rest();
        var builder = new MarkedText.Builder();
        var (next, at) = (0, 0);
        while (format.Text.AsSpan(at).IndexOfAny('{', '}') is var offset && offset >= 0)
        {
            var mark = at + offset;
            builder.Append(format.Slice(at, offset));
            if (mark + 1 < format.Length && format.Text[mark + 1] == format.Text[mark])
            {
                builder.Append(format.Slice(mark, 1));
                at = mark + 2;
                continue;
            }

            var end = format.Text.IndexOf('}', mark);
            if (format.Text[mark] == '}' || end < 0)
                throw call.Fault("has a single brace");
            builder.Append(PythonText.Of(Value(format.Text[(mark + 1)..end], values, call, ref next), call.Budget));
            call.Budget.Characters(builder.Length);
            at = end + 1;
        }

        builder.Append(format.Slice(at, format.Length - at));
        return call.Budget.Text(builder.ToText());
    }

    private static JinjaValue Value(string place, IReadOnlyList<JinjaValue> values, JinjaCall call, ref int next)
    {
        if (place.Length == 0)
            return next < values.Count ? values[next++] : throw call.Fault("has more places than values");
        if (int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return index < values.Count ? values[index] : throw call.Fault("has more places than values");
        return call.Next(place) ?? throw new JinjaException(JinjaError.Unknown, call.Budget.Line, $"The format place '{{{place}}}' is not offered");
    }
}
