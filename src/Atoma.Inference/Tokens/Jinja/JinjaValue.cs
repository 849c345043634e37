using System.Diagnostics.CodeAnalysis;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>
/// A value as Python has it. Lists and dictionaries never change: transformers renders in an immutable sandbox. Only a
/// namespace does.
/// </summary>
internal abstract class JinjaValue
{
    /// <summary>Python's bool(x).</summary>
    public abstract bool IsTrue { get; }

    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Levels of lists and dictionaries inside.</summary>
    public virtual int Depth => 0;
}

/// <summary>What a name without a value gives: writes nothing, is false and empty, and nothing can be taken from it.</summary>
internal sealed class UndefinedValue(string name) : JinjaValue
{
    public string Name => name;

    public override bool IsTrue => false;

    public override string TypeName => "undefined";
}

internal sealed class NoneValue : JinjaValue
{
    public static readonly NoneValue Instance = new();

    public override bool IsTrue => false;

    public override string TypeName => "NoneType";
}

internal sealed class BooleanValue(bool value) : JinjaValue
{
    public static readonly BooleanValue True = new(true);
    public static readonly BooleanValue False = new(false);

    public override bool IsTrue => value;

    public override string TypeName => "bool";

    public static BooleanValue Of(bool value) => value ? True : False;
}

internal sealed class IntegerValue(long value) : JinjaValue
{
    public long Value => value;

    public override bool IsTrue => value != 0;

    public override string TypeName => "int";
}

internal sealed class FloatValue(double value) : JinjaValue
{
    public double Value => value;

    public override bool IsTrue => value != 0;

    public override string TypeName => "float";
}

/// <param name="text">With the origin of each character.</param>
/// <param name="isMarkup">Went through the filter safe or escape: adding plain text to it escapes that text.</param>
internal sealed class TextValue(MarkedText text, bool isMarkup = false) : JinjaValue
{
    public static readonly TextValue Empty = new(MarkedText.Empty);

    public MarkedText Text => text;

    public bool IsMarkup => isMarkup;

    public override bool IsTrue => text.Length > 0;

    public override string TypeName => "str";

    public static TextValue Template(string text) => new(MarkedText.Template(text));
}

/// <summary>What Python calls a value with items in order; they differ in what can be done with them.</summary>
internal enum ListKind
{
    List,
    Tuple,

    /// <summary>What dict.items() and range() give: has a length and can be walked through, and no more.</summary>
    View,

    /// <summary>What map and select give: always true, without a length, and empty once it was walked through.</summary>
    Generator,
}

internal sealed class ListValue : JinjaValue
{
    private bool _walked;

    public ListValue(IReadOnlyList<JinjaValue> items, ListKind kind = ListKind.List)
    {
        (Items, Kind) = (items, kind);
        Depth = 1 + items.Select(i => i.Depth).DefaultIfEmpty().Max();
    }

    public IReadOnlyList<JinjaValue> Items { get; }

    public ListKind Kind { get; }

    /// <summary>Whether it has items by number, can be written out, added and compared.</summary>
    public bool IsPlain => Kind is ListKind.List or ListKind.Tuple;

    public override int Depth { get; }

    public override bool IsTrue => Items.Count > 0 || Kind == ListKind.Generator;

    public override string TypeName => Kind switch { ListKind.List => "list", ListKind.Tuple => "tuple", ListKind.View => "view", _ => "generator" };

    /// <summary>The items, once only of a generator.</summary>
    public IReadOnlyList<JinjaValue> Walk()
    {
        var walked = _walked;
        _walked = Kind == ListKind.Generator;
        return walked ? [] : Items;
    }
}

/// <summary>Entries in the order in which they were put in. Keys are texts but for dictionaries that a template writes itself.</summary>
internal sealed class DictionaryValue : JinjaValue
{
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private readonly List<(JinjaValue Key, JinjaValue Item)> _entries = [];
    private int _depth = 1;

    public DictionaryValue(IEnumerable<(JinjaValue Key, JinjaValue Item)> entries)
    {
        foreach (var (key, item) in entries)
            Put(key, item);
    }

    public IReadOnlyList<(JinjaValue Key, JinjaValue Item)> Entries => _entries;

    public override int Depth => _depth;

    public override bool IsTrue => _entries.Count > 0;

    public override string TypeName => "dict";

    public bool TryGet(string key, [NotNullWhen(true)] out JinjaValue? item)
    {
        item = _texts.TryGetValue(key, out var index) ? _entries[index].Item : null;
        return item is not null;
    }

    public bool TryGet(JinjaValue key, [NotNullWhen(true)] out JinjaValue? item)
    {
        if (key is TextValue text)
            return TryGet(text.Text.Text, out item);
        var index = _entries.FindIndex(e => PythonOrder.AreEqual(e.Key, key));
        item = index < 0 ? null : _entries[index].Item;
        return index >= 0;
    }

    private void Put(JinjaValue key, JinjaValue item)
    {
        _depth = Math.Max(_depth, 1 + Math.Max(item.Depth, key.Depth));
        var text = (key as TextValue)?.Text.Text;
        var index = text is null ? _entries.FindIndex(e => PythonOrder.AreEqual(e.Key, key)) : _texts.GetValueOrDefault(text, -1);
        if (index >= 0)
        {
            _entries[index] = (_entries[index].Key, item);
            return;
        }

        if (text is not null)
            _texts[text] = _entries.Count;
        _entries.Add((key, item));
    }
}

/// <summary>What namespace() makes: the one thing that a loop can write to and that is there after it.</summary>
internal sealed class NamespaceValue : JinjaValue
{
    public Dictionary<string, JinjaValue> Fields { get; } = new(StringComparer.Ordinal);

    public override bool IsTrue => true;

    public override string TypeName => "Namespace";
}

/// <summary>A macro, a method bound to its value, or a global function.</summary>
internal sealed class FunctionValue(string name, JinjaFunction function) : JinjaValue
{
    public string Name => name;

    public JinjaFunction Function => function;

    public override bool IsTrue => true;

    public override string TypeName => "function";
}

/// <summary>A built-in or macro. The first positional argument of a filter or test is its input, of a method its owner.</summary>
internal delegate JinjaValue JinjaFunction(JinjaCall call);
