using System.Runtime.ExceptionServices;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Filters on lists, dictionaries and everything else that can be walked through.</summary>
internal static class JinjaSequenceFilters
{
    public static readonly IReadOnlyDictionary<string, Func<JinjaValue, JinjaCall, JinjaValue>> All = new Dictionary<string, Func<JinjaValue, JinjaCall, JinjaValue>>(StringComparer.Ordinal)
    {
        ["length"] = (v, c) => new IntegerValue(JinjaSequences.Count(v, c.Budget)),
        ["count"] = (v, c) => new IntegerValue(JinjaSequences.Count(v, c.Budget)),
        ["list"] = (v, c) => c.Budget.List(JinjaSequences.Of(v, c.Budget)),
        ["items"] = (v, c) => v is UndefinedValue ? c.Budget.List([], ListKind.Generator) : v is DictionaryValue d ? JinjaSequences.Entries(d, ListKind.Generator, c.Budget) : throw c.Fault("can only get items from a mapping"),
        ["first"] = (v, c) => JinjaSequences.Of(v, c.Budget) is [var first, ..] ? first : new UndefinedValue("first"),
        ["last"] = (v, c) => v is not ListValue { Kind: ListKind.Generator } && JinjaSequences.Of(v, c.Budget) is [.., var last] ? last : new UndefinedValue("last"),
        ["join"] = Join,
        ["map"] = Map,
        ["select"] = (v, c) => Select(v, c, byAttribute: false, wanted: true),
        ["reject"] = (v, c) => Select(v, c, byAttribute: false, wanted: false),
        ["selectattr"] = (v, c) => Select(v, c, byAttribute: true, wanted: true),
        ["rejectattr"] = (v, c) => Select(v, c, byAttribute: true, wanted: false),
        ["reverse"] = Reverse,
        ["sort"] = Sort,
        ["dictsort"] = DictionarySort,
        ["unique"] = Unique,
        ["min"] = (v, c) => Extreme(v, c, -1),
        ["max"] = (v, c) => Extreme(v, c, 1),
        ["sum"] = (v, c) => JinjaSequences.Of(v, c.Budget).Aggregate((JinjaValue)new IntegerValue(0), (sum, i) => JinjaOperators.Apply("+", sum, i, c.Budget)),
    };

    private static TextValue Join(JinjaValue value, JinjaCall call)
    {
        var separator = call.Next("d") is { } d ? PythonText.Of(d, call.Budget) : MarkedText.Empty;
        var attribute = call.Next("attribute");
        var parts = JinjaSequences.Of(value, call.Budget).Select(i => PythonText.Of(attribute is null ? i : Attribute(i, attribute, call), call.Budget));
        return call.Budget.Text(JinjaTexts.Join(separator, parts, call.Budget));
    }

    private static ListValue Map(JinjaValue value, JinjaCall call)
    {
        var items = IfAny(value, call);
        if (call.Next("attribute") is not { } first)
            throw call.Fault("needs a filter or an attribute");
        if (call.Positional.Count < 2)
        {
            var otherwise = call.Next("default");
            return call.Budget.List([.. items.Select(i => Attribute(i, first, call) is var found && found is UndefinedValue ? otherwise ?? found : found)], ListKind.Generator);
        }

        var name = PythonText.Of(first, call.Budget).Text;
        var filter = JinjaFilters.Find(name) ?? throw new JinjaException(JinjaError.Unknown, call.Budget.Line, $"There is no filter '{name}'");
        var rest = call.Rest();
        return call.Budget.List([.. items.Select(i => filter(new JinjaCall(name, [i, .. rest], [], call.Budget)))], ListKind.Generator);
    }

    private static ListValue Select(JinjaValue value, JinjaCall call, bool byAttribute, bool wanted)
    {
        var items = IfAny(value, call);
        var attribute = byAttribute ? call.Require("attribute") : null;
        JinjaFunction? test = null;
        var name = "truth";
        if (call.Next("test") is { } given)
        {
            name = PythonText.Of(given, call.Budget).Text;
            test = JinjaTests.Find(name) ?? throw new JinjaException(JinjaError.Unknown, call.Budget.Line, $"There is no test '{name}'");
        }

        var rest = call.Rest();
        return call.Budget.List([.. items.Where(i =>
        {
            var subject = attribute is null ? i : Attribute(i, attribute, call);
            return wanted == (test is null ? subject.IsTrue : test(new JinjaCall(name, [subject, .. rest], [], call.Budget)).IsTrue);
        })], ListKind.Generator);
    }

    /// <summary>What map and select look at: nothing where there is nothing, even of what cannot be walked through.</summary>
    private static IReadOnlyList<JinjaValue> IfAny(JinjaValue value, JinjaCall call) => value.IsTrue ? JinjaSequences.Of(value, call.Budget) : [];

    /// <summary>An attribute by name, by dotted path or by index.</summary>
    private static JinjaValue Attribute(JinjaValue item, JinjaValue attribute, JinjaCall call)
    {
        if (attribute is not TextValue path)
            return JinjaOperators.Item(item, attribute, call.Budget);
        foreach (var step in path.Text.Text.Split('.'))
        {
            JinjaValue index = int.TryParse(step, out var number) && number >= 0 ? new IntegerValue(number) : TextValue.Template(step);
            item = JinjaOperators.Item(item, index, call.Budget);
        }

        return item;
    }

    private static JinjaValue Reverse(JinjaValue value, JinjaCall call)
    {
        var items = JinjaSequences.Of(value, call.Budget).Reverse().ToArray();
        return value is TextValue ? call.Budget.Text(JinjaTexts.Join(MarkedText.Empty, items.Select(i => ((TextValue)i).Text), call.Budget)) : call.Budget.List(items, ListKind.Generator);
    }

    private static ListValue Sort(JinjaValue value, JinjaCall call)
    {
        var (reverse, exact, attribute) = (call.NextTruth("reverse"), call.NextTruth("case_sensitive"), call.Next("attribute"));
        return call.Budget.List(Sorted(JinjaSequences.Of(value, call.Budget), i => attribute is null ? i : Attribute(i, attribute, call), exact, reverse, call));
    }

    private static ListValue DictionarySort(JinjaValue value, JinjaCall call)
    {
        if (value is not DictionaryValue dictionary)
            throw call.Fault("wants a mapping");
        var (exact, by, reverse) = (call.NextTruth("case_sensitive"), call.NextText("by")?.Text ?? "key", call.NextTruth("reverse"));
        if (by is not ("key" or "value"))
            throw call.Fault("sorts by 'key' or by 'value'");
        return call.Budget.List(Sorted(JinjaSequences.Entries(dictionary, ListKind.List, call.Budget).Items, e => ((ListValue)e).Items[by == "key" ? 0 : 1], exact, reverse, call));
    }

    /// <summary>Keeps the order of equals, reversed or not, as Python does.</summary>
    private static JinjaValue[] Sorted(IReadOnlyList<JinjaValue> items, Func<JinjaValue, JinjaValue> key, bool exact, bool reverse, JinjaCall call)
    {
        var order = Comparer<JinjaValue>.Create((a, b) =>
        {
            call.Budget.Items(1);
            return PythonOrder.Compare(a, b, call.Budget);
        });
        JinjaValue Fold(JinjaValue item) => exact ? key(item) : Folded(key(item));
        try
        {
            return reverse ? [.. items.OrderByDescending(Fold, order)] : [.. items.OrderBy(Fold, order)];
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaException inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }

    private static ListValue Unique(JinjaValue value, JinjaCall call)
    {
        var (exact, attribute) = (call.NextTruth("case_sensitive"), call.Next("attribute"));
        var seen = new List<JinjaValue>();
        return call.Budget.List([.. JinjaSequences.Of(value, call.Budget).Where(item =>
        {
            var key = attribute is null ? item : Attribute(item, attribute, call);
            key = exact ? key : Folded(key);
            call.Budget.Items(seen.Count);
            if (seen.Exists(s => PythonOrder.AreEqual(s, key, call.Budget)))
                return false;
            seen.Add(key);
            return true;
        })], ListKind.Generator);
    }

    private static JinjaValue Extreme(JinjaValue value, JinjaCall call, int sign)
    {
        var (exact, attribute) = (call.NextTruth("case_sensitive"), call.Next("attribute"));
        JinjaValue Key(JinjaValue item) => (attribute is null ? item : Attribute(item, attribute, call)) is var key && exact ? key : Folded(key);
        var items = JinjaSequences.Of(value, call.Budget);
        return items.Count == 0 ? new UndefinedValue("item") : items.Aggregate((best, item) => PythonOrder.Compare(Key(item), Key(best), call.Budget) * sign > 0 ? item : best);
    }

    private static JinjaValue Folded(JinjaValue key) => key is TextValue text ? new TextValue(text.Text.With(text.Text.Text.ToLowerInvariant())) : key;
}
