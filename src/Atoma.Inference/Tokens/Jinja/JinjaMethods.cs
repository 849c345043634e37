namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Methods of texts, lists and dictionaries. Those that change their owner are known and refused, as in transformers' sandbox.</summary>
internal static class JinjaMethods
{
    private static readonly Dictionary<string, Func<DictionaryValue, JinjaCall, JinjaValue>> Dictionaries = new(StringComparer.Ordinal)
    {
        ["get"] = Get,
        ["items"] = (d, c) => JinjaSequences.Entries(d, ListKind.View, c.Budget),
        ["keys"] = (d, c) => c.Budget.List([.. d.Entries.Select(e => e.Key)], ListKind.View),
        ["values"] = (d, c) => c.Budget.List([.. d.Entries.Select(e => e.Item)], ListKind.View),
        ["copy"] = (d, c) => d,
    };

    private static readonly Dictionary<string, Func<ListValue, JinjaCall, JinjaValue>> Lists = new(StringComparer.Ordinal)
    {
        ["index"] = Index,
        ["count"] = Count,
        ["copy"] = (l, c) => l,
    };

    private static readonly string[] Changing = ["append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear", "update", "setdefault", "popitem"];

    /// <summary>Of a loop: see <see cref="JinjaLoop"/>.</summary>
    private static readonly string[] OfLoops = ["cycle", "changed"];

    public static bool Exists(string name) =>
        JinjaTextMethods.All.ContainsKey(name) || Dictionaries.ContainsKey(name) || Lists.ContainsKey(name) || Changing.Contains(name) || OfLoops.Contains(name);

    /// <summary>The method bound to its owner; null when its type has none of this name.</summary>
    public static FunctionValue? Find(JinjaValue owner, string name) => owner switch
    {
        TextValue text when JinjaTextMethods.All.TryGetValue(name, out var method) => Bind(name, call => method(text.Text, call)),
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

    private static JinjaValue Get(DictionaryValue dictionary, JinjaCall call)
    {
        var (key, otherwise) = (call.Require("key"), call.Next("default"));
        return dictionary.TryGet(key, out var item) ? item : otherwise ?? NoneValue.Instance;
    }

    private static IntegerValue Count(ListValue list, JinjaCall call)
    {
        var wanted = call.Require("value");
        return new IntegerValue(list.Items.Count(i => PythonOrder.AreEqual(i, wanted, call.Budget)));
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
}
