namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Methods of texts, lists and dictionaries. Those that change their owner are known and refused, as in transformers' sandbox.</summary>
internal static class JinjaMethods
{
    private static readonly Dictionary<string, Func<MarkedText, JinjaCall, JinjaValue>> Texts = new(StringComparer.Ordinal)
    {
        ["strip"] = (t, c) => Whole(c, JinjaTexts.Strip(t, c.NextText("chars")?.Text, start: true, end: true)),
        ["lstrip"] = (t, c) => Whole(c, JinjaTexts.Strip(t, c.NextText("chars")?.Text, start: true, end: false)),
        ["rstrip"] = (t, c) => Whole(c, JinjaTexts.Strip(t, c.NextText("chars")?.Text, start: false, end: true)),
        ["upper"] = (t, c) => Whole(c, JinjaTexts.Upper(t, c.Budget)),
        ["lower"] = (t, c) => Whole(c, t.With(t.Text.ToLowerInvariant())),
        ["title"] = (t, c) => Whole(c, JinjaTexts.Capitalise(t, eachWord: true)),
        ["capitalize"] = (t, c) => Whole(c, JinjaTexts.Capitalise(t, eachWord: false)),
        ["startswith"] = (t, c) => Affix(t, c, (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
        ["endswith"] = (t, c) => Affix(t, c, (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
        ["removeprefix"] = (t, c) => c.RequireText("prefix") is var p && t.Text.StartsWith(p.Text, StringComparison.Ordinal) ? Whole(c, t.Slice(p.Length, t.Length - p.Length)) : Whole(c, t),
        ["removesuffix"] = (t, c) => c.RequireText("suffix") is var p && t.Text.EndsWith(p.Text, StringComparison.Ordinal) ? Whole(c, t.Slice(0, t.Length - p.Length)) : Whole(c, t),
        ["replace"] = (t, c) => Whole(c, JinjaTexts.Replace(t, c.RequireText("old").Text, c.RequireText("new"), c.NextInteger("count") ?? -1, c.Budget)),
        ["split"] = (t, c) => Split(t, c, fromRight: false),
        ["rsplit"] = (t, c) => Split(t, c, fromRight: true),
        ["splitlines"] = (t, c) => JinjaTexts.Lines(t, c.NextTruth("keepends"), c.Budget),
        ["join"] = (t, c) => Whole(c, JinjaTexts.Join(t, JinjaSequences.Of(c.Require("iterable"), c.Budget).Select(i => i is TextValue x ? x.Text : throw c.Fault($"joins texts, not {i.TypeName}")), c.Budget)),
        ["find"] = (t, c) => Find(t, c.RequireText("sub").Text, c),
        ["count"] = (t, c) => c.RequireText("sub").Text is { Length: > 0 } part ? new IntegerValue(t.Text.Split(part).Length - 1) : throw c.Fault("does not count empty texts"),
        ["format"] = JinjaFormat.Braces,
        ["isdigit"] = (t, c) => All(t, c, char.IsDigit),
        ["isalpha"] = (t, c) => All(t, c, char.IsLetter),
        ["isalnum"] = (t, c) => All(t, c, char.IsLetterOrDigit),
        ["isspace"] = (t, c) => All(t, c, PythonText.IsSpace),
        ["isupper"] = (t, c) => BooleanValue.Of(t.Text.Any(char.IsUpper) && !t.Text.Any(char.IsLower)),
        ["islower"] = (t, c) => BooleanValue.Of(t.Text.Any(char.IsLower) && !t.Text.Any(char.IsUpper)),
    };

    private static readonly Dictionary<string, Func<DictionaryValue, JinjaCall, JinjaValue>> Dictionaries = new(StringComparer.Ordinal)
    {
        ["get"] = (d, c) => d.TryGet(c.Require("key"), out var item) ? (c.Next("default"), item).item : c.Next("default") ?? NoneValue.Instance,
        ["items"] = (d, c) => JinjaSequences.Entries(d, ListKind.View, c.Budget),
        ["keys"] = (d, c) => c.Budget.List([.. d.Entries.Select(e => e.Key)], ListKind.View),
        ["values"] = (d, c) => c.Budget.List([.. d.Entries.Select(e => e.Item)], ListKind.View),
        ["copy"] = (d, c) => d,
    };

    private static readonly Dictionary<string, Func<ListValue, JinjaCall, JinjaValue>> Lists = new(StringComparer.Ordinal)
    {
        ["index"] = Index,
        ["count"] = (l, c) => c.Require("value") is var v ? new IntegerValue(l.Items.Count(i => PythonOrder.AreEqual(i, v, c.Budget))) : null!,
        ["copy"] = (l, c) => l,
    };

    private static readonly string[] Changing = ["append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear", "update", "setdefault", "popitem"];

    /// <summary>Of a loop: see <see cref="JinjaLoop"/>.</summary>
    private static readonly string[] OfLoops = ["cycle", "changed"];

    public static bool Exists(string name) =>
        Texts.ContainsKey(name) || Dictionaries.ContainsKey(name) || Lists.ContainsKey(name) || Changing.Contains(name) || OfLoops.Contains(name);

    /// <summary>The method bound to its owner; null when its type has none of this name.</summary>
    public static FunctionValue? Find(JinjaValue owner, string name) => owner switch
    {
        TextValue text when Texts.TryGetValue(name, out var method) => Bind(name, call => method(text.Text, call)),
        DictionaryValue dictionary when Dictionaries.TryGetValue(name, out var method) => Bind(name, call => method(dictionary, call)),
        ListValue { Kind: ListKind.List } list when Lists.TryGetValue(name, out var method) => Bind(name, call => method(list, call)),
        ListValue { Kind: ListKind.List } or DictionaryValue when Changing.Contains(name) => Bind(name, call => throw call.Fault("would change a value, which the sandbox of chat templates does not allow")),
        _ => null,
    };

    private static FunctionValue Bind(string name, JinjaFunction method) => new(name, call =>
    {
        var result = method(call);
        call.End();
        return result;
    });

    private static TextValue Whole(JinjaCall call, MarkedText text) => call.Budget.Text(text);

    private static BooleanValue Affix(MarkedText text, JinjaCall call, Func<string, string, bool> matches) => BooleanValue.Of(call.Require("prefix") switch
    {
        TextValue part => matches(text.Text, part.Text.Text),
        ListValue { Kind: ListKind.Tuple } parts => parts.Items.Any(p => p is TextValue part && matches(text.Text, part.Text.Text)),
        var other => throw call.Fault($"wants a text or a tuple of texts, not {other.TypeName}"),
    });

    private static ListValue Split(MarkedText text, JinjaCall call, bool fromRight)
    {
        var separator = call.NextText("sep")?.Text;
        return separator is { Length: 0 }
            ? throw call.Fault("has an empty separator")
            : JinjaTexts.Split(text, separator, call.NextInteger("maxsplit") ?? -1, fromRight, call.Budget);
    }

    private static IntegerValue Find(MarkedText text, string part, JinjaCall call)
    {
        call.Budget.Characters(text.Length);
        var found = text.Text.IndexOf(part, StringComparison.Ordinal);
        return new IntegerValue(found < 0 ? -1 : PythonText.Count(text.Text[..found]));
    }

    private static IntegerValue Index(ListValue list, JinjaCall call)
    {
        var wanted = call.Require("value");
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (PythonOrder.AreEqual(list.Items[i], wanted, call.Budget))
                return new IntegerValue(i);
        }

        throw call.Fault("does not find the value");
    }

    private static BooleanValue All(MarkedText text, JinjaCall call, Func<char, bool> holds)
    {
        call.Budget.Characters(text.Length);
        return BooleanValue.Of(text.Length > 0 && text.Text.All(holds));
    }
}
