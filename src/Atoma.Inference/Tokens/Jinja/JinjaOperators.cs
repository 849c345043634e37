namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Operators on two values, indexing and slices, with Python's rules.</summary>
internal static class JinjaOperators
{
    public static JinjaValue Apply(string symbol, JinjaValue left, JinjaValue right, JinjaBudget budget)
    {
        if (PythonOrder.TryNumber(left, out var a) && PythonOrder.TryNumber(right, out var b))
            return left is FloatValue || right is FloatValue || symbol == "/" ? Real(symbol, a, b, budget) : Whole(symbol, PythonOrder.Whole(left), PythonOrder.Whole(right), budget);
        return (symbol, left, right) switch
        {
            ("+", TextValue x, TextValue y) => Add(x, y, budget),
            ("+", ListValue x, ListValue y) when x.Kind == y.Kind && x.IsPlain => budget.List([.. x.Items, .. y.Items], x.Kind),
            ("*", TextValue x, IntegerValue y) => Repeat(x.Text, y.Value, budget),
            ("*", IntegerValue x, TextValue y) => Repeat(y.Text, x.Value, budget),
            ("%", TextValue x, _) => JinjaFormat.Percent(x.Text, right is ListValue { Kind: ListKind.Tuple } many ? many.Items : [right], budget),
            _ => throw Fault(budget, $"'{symbol}' does not take {left.TypeName} and {right.TypeName}"),
        };
    }

    /// <summary>Text that was marked as markup escapes what is added to it, as Markup in Python does.</summary>
    public static TextValue Add(TextValue left, TextValue right, JinjaBudget budget)
    {
        budget.Characters(left.Text.Length + right.Text.Length);
        if (!left.IsMarkup && !right.IsMarkup)
            return new TextValue(left.Text + right.Text);
        return new TextValue(Escaped(left, budget) + Escaped(right, budget), isMarkup: true);
    }

    public static MarkedText Escaped(TextValue text, JinjaBudget budget)
    {
        if (text.IsMarkup)
            return text.Text;
        var escaped = text.Text;
        foreach (var (character, entity) in new[] { ("&", "&amp;"), (">", "&gt;"), ("<", "&lt;"), ("'", "&#39;"), ("\"", "&#34;") })
            escaped = JinjaTexts.Replace(escaped, character, MarkedText.Template(entity), -1, budget);
        return escaped;
    }

    /// <summary>owner[index]: the item, else the attribute of that name, else undefined.</summary>
    public static JinjaValue Item(JinjaValue owner, JinjaValue index, JinjaBudget budget)
    {
        switch (owner)
        {
            case UndefinedValue undefined:
                throw Fault(budget, $"'{undefined.Name}' is undefined");
            case DictionaryValue dictionary when dictionary.TryGet(index, out var item):
                return item;
            case ListValue { IsPlain: true } list when index is IntegerValue or BooleanValue:
                return At(list.Items.Count, index) is { } position ? list.Items[position] : new UndefinedValue("item");
            case TextValue text when index is IntegerValue or BooleanValue:
                return At(PythonText.Count(text.Text.Text), index) is { } place ? CodePoint(text, place) : new UndefinedValue("character");
        }

        return index is TextValue name ? Attribute(owner, name.Text.Text, budget, itemFirst: true) : new UndefinedValue("item");
    }

    /// <summary>owner.name: a method of the type, else the item of that name, else undefined.</summary>
    public static JinjaValue Attribute(JinjaValue owner, string name, JinjaBudget budget, bool itemFirst = false)
    {
        switch (owner)
        {
            case UndefinedValue undefined:
                throw Fault(budget, $"'{undefined.Name}' is undefined");
            case NamespaceValue space:
                return space.Fields.TryGetValue(name, out var field) ? field : new UndefinedValue(name);
            case DictionaryValue dictionary when itemFirst && dictionary.TryGet(name, out var first):
                return first;
        }

        if (JinjaMethods.Find(owner, name) is { } method)
            return method;
        return owner is DictionaryValue entries && entries.TryGet(name, out var item) ? item : new UndefinedValue(name);
    }

    public static JinjaValue Slice(JinjaValue owner, JinjaValue? from, JinjaValue? to, JinjaValue? step, JinjaBudget budget)
    {
        if (owner is UndefinedValue undefined)
            throw Fault(budget, $"'{undefined.Name}' is undefined");
        var stride = Bound(step, budget) ?? 1;
        if (stride == 0)
            throw Fault(budget, "A slice has the step 0");
        if (owner is TextValue text)
        {
            var count = PythonText.Count(text.Text.Text);
            budget.Characters(count);
            var (start, end) = Range(Bound(from, budget), Bound(to, budget), stride, count);
            return stride == 1
                ? new TextValue(Part(text.Text, start, Math.Max(start, end)), text.IsMarkup)
                : budget.Text(Indices(start, end, stride).Aggregate(MarkedText.Empty, (sum, i) => sum + CodePoint(text, i).Text));
        }

        if (owner is not ListValue { IsPlain: true } list)
            throw Fault(budget, $"A value of type {owner.TypeName} has no slices");
        var (first, last) = Range(Bound(from, budget), Bound(to, budget), stride, list.Items.Count);
        return budget.List([.. Indices(first, last, stride).Select(i => list.Items[i])], list.Kind);
    }

    public static JinjaException Fault(JinjaBudget budget, string reason) => new(JinjaError.Type, budget.Line, reason);

    private static int? At(int count, JinjaValue index)
    {
        var at = PythonOrder.Whole(index);
        if (at < 0)
            at += count;
        return at >= 0 && at < count ? (int)at : null;
    }

    private static TextValue CodePoint(TextValue text, int at) => new(Part(text.Text, at, at + 1), text.IsMarkup);

    private static MarkedText Part(MarkedText text, int from, int to)
    {
        var start = PythonText.PositionOf(text.Text, from);
        return text.Slice(start, PythonText.PositionOf(text.Text, to) - start);
    }

    private static long? Bound(JinjaValue? value, JinjaBudget budget) => value switch
    {
        null or NoneValue => null,
        IntegerValue number => number.Value,
        BooleanValue truth => truth.IsTrue ? 1 : 0,
        _ => throw Fault(budget, $"A slice is bounded by whole numbers, not by {value.TypeName}"),
    };

    private static (int Start, int End) Range(long? from, long? to, long step, int count)
    {
        var (low, high) = step > 0 ? (0, count) : (-1, count - 1);
        return (Clip(from, step > 0 ? low : high), Clip(to, step > 0 ? high : low));

        int Clip(long? bound, int otherwise) => bound is null ? otherwise : (int)Math.Clamp(bound.Value < 0 ? Math.Max(bound.Value + count, low) : bound.Value, low, high);
    }

    private static IEnumerable<int> Indices(int start, int end, long step)
    {
        for (long i = start; step > 0 ? i < end : i > end; i += step)
            yield return (int)i;
    }

    private static TextValue Repeat(MarkedText text, long times, JinjaBudget budget)
    {
        times = Math.Clamp(times, 0, JinjaLimits.TextCharacters + 1L);
        budget.Characters(text.Length * times);
        var builder = new MarkedText.Builder();
        for (var i = 0L; i < times; i++)
            builder.Append(text);
        return budget.Text(builder.ToText());
    }

    private static FloatValue Real(string symbol, double a, double b, JinjaBudget budget)
    {
        if (b == 0 && symbol is "/" or "//" or "%")
            throw Fault(budget, "A division by zero");
        return new FloatValue(symbol switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            _ => a - b * Math.Floor(a / b),
        });
    }

    private static IntegerValue Whole(string symbol, long a, long b, JinjaBudget budget)
    {
        try
        {
            return new IntegerValue(symbol switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "//" => a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
                _ => a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0),
            });
        }
        catch (DivideByZeroException)
        {
            throw Fault(budget, "A division by zero");
        }
        catch (OverflowException)
        {
            throw new JinjaException(JinjaError.Limit, budget.Line, "A number needs more than 64 bits");
        }
    }
}
