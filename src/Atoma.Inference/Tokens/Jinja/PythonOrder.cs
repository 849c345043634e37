namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Python's ==, &lt; and in.</summary>
internal static class PythonOrder
{
    /// <param name="budget">Pays for comparing what has many parts; null where a value is only built.</param>
    public static bool AreEqual(JinjaValue left, JinjaValue right, JinjaBudget? budget = null)
    {
        if (ReferenceEquals(left, right))
            return true;
        if (TryNumber(left, out var a) && TryNumber(right, out var b))
            return left is FloatValue || right is FloatValue ? a == b : Whole(left) == Whole(right);
        return (left, right) switch
        {
            (UndefinedValue, UndefinedValue) => true,
            (TextValue x, TextValue y) => x.Text.Text == y.Text.Text,
            (ListValue x, ListValue y) => AreEqual(x, y, budget),
            (DictionaryValue x, DictionaryValue y) => AreEqual(x, y, budget),
            _ => false,
        };
    }

    /// <summary>Below, at or above zero, for values that have an order.</summary>
    public static int Compare(JinjaValue left, JinjaValue right, JinjaBudget budget)
    {
        if (TryNumber(left, out var a) && TryNumber(right, out var b))
            return left is FloatValue || right is FloatValue ? a.CompareTo(b) : Whole(left).CompareTo(Whole(right));
        return (left, right) switch
        {
            (TextValue x, TextValue y) => CompareCodePoints(x.Text.Text, y.Text.Text),
            (ListValue x, ListValue y) when x.Kind == y.Kind && x.IsPlain => CompareLists(x, y, budget),
            _ => throw new JinjaException(JinjaError.Type, budget.Line, $"Values of types {left.TypeName} and {right.TypeName} have no order"),
        };
    }

    public static bool Contains(JinjaValue item, JinjaValue container, JinjaBudget budget)
    {
        switch (container)
        {
            case TextValue text when item is TextValue part:
                budget.Characters(text.Text.Length);
                return text.Text.Text.Contains(part.Text.Text, StringComparison.Ordinal);
            case ListValue list:
                return JinjaSequences.Of(list, budget).Any(i => AreEqual(i, item, budget));
            case DictionaryValue dictionary:
                return dictionary.TryGet(item, out _);
            case UndefinedValue:
                return false;
            default:
                throw new JinjaException(JinjaError.Type, budget.Line, $"'in' does not look for {item.TypeName} in {container.TypeName}");
        }
    }

    /// <summary>A number, or a truth value, which in Python is one too.</summary>
    public static bool TryNumber(JinjaValue value, out double number)
    {
        number = value switch { IntegerValue i => i.Value, FloatValue f => f.Value, BooleanValue b => b.IsTrue ? 1 : 0, _ => 0 };
        return value is IntegerValue or FloatValue or BooleanValue;
    }

    private static bool AreEqual(ListValue left, ListValue right, JinjaBudget? budget)
    {
        if (left.Kind != right.Kind || !left.IsPlain || left.Items.Count != right.Items.Count)
            return false;
        budget?.Items(left.Items.Count);
        return left.Items.Zip(right.Items).All(p => AreEqual(p.First, p.Second, budget));
    }

    private static bool AreEqual(DictionaryValue left, DictionaryValue right, JinjaBudget? budget)
    {
        if (left.Entries.Count != right.Entries.Count)
            return false;
        budget?.Items(left.Entries.Count);
        return left.Entries.All(e => right.TryGet(e.Key, out var item) && AreEqual(e.Item, item, budget));
    }

    /// <summary>Of a whole number or a truth value.</summary>
    public static long Whole(JinjaValue value) => value is IntegerValue number ? number.Value : value.IsTrue ? 1 : 0;

    private static int CompareLists(ListValue left, ListValue right, JinjaBudget budget)
    {
        foreach (var (a, b) in left.Items.Zip(right.Items))
        {
            if (!AreEqual(a, b, budget))
                return Compare(a, b, budget);
        }

        return left.Items.Count.CompareTo(right.Items.Count);
    }

    /// <summary>By code point. UTF-16 units would put U+E000–U+FFFF after the pairs that stand for higher ones.</summary>
    private static int CompareCodePoints(string left, string right)
    {
        var (a, b) = (left.EnumerateRunes(), right.EnumerateRunes());
        while (true)
        {
            var (more, more2) = (a.MoveNext(), b.MoveNext());
            if (!more || !more2)
                return more.CompareTo(more2);
            if (a.Current != b.Current)
                return a.Current.CompareTo(b.Current);
        }
    }
}
