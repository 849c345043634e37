using System.Runtime.CompilerServices;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>What one rendering may still spend, and where it is.</summary>
internal sealed class JinjaBudget
{
    private int _steps = JinjaLimits.Steps;
    private int _depth;

    /// <summary>Line of the template that is being rendered.</summary>
    public int Line { get; set; } = 1;

    public void Step(int line)
    {
        Line = line;
        Spend(1);
    }

    /// <summary>Pays for touching so many items.</summary>
    public void Items(int count)
    {
        if (count > JinjaLimits.Items)
            throw new JinjaException(JinjaError.Limit, Line, $"A list has {count} items, more than {JinjaLimits.Items}");
        Spend(count);
    }

    /// <summary>Pays for making a text of so many characters.</summary>
    public void Characters(long count)
    {
        if (count > JinjaLimits.TextCharacters)
            throw new JinjaException(JinjaError.Limit, Line, $"A text of {count} characters is longer than {JinjaLimits.TextCharacters}");
        Spend(1 + (int)(count / JinjaLimits.CharactersPerStep));
    }

    public TextValue Text(MarkedText text)
    {
        Characters(text.Length);
        return new TextValue(text);
    }

    public ListValue List(IReadOnlyList<JinjaValue> items, ListKind kind = ListKind.List)
    {
        Items(items.Count);
        var list = new ListValue(items, kind);
        RequireDepth(list);
        return list;
    }

    public DictionaryValue Dictionary(IReadOnlyList<(JinjaValue Key, JinjaValue Item)> entries)
    {
        Items(entries.Count);
        var dictionary = new DictionaryValue(entries);
        RequireDepth(dictionary);
        return dictionary;
    }

    /// <summary>One level deeper; <see cref="Leave"/> comes back.</summary>
    public void Enter()
    {
        if (++_depth > JinjaLimits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new JinjaException(JinjaError.Limit, Line, $"The rendering nests more than {JinjaLimits.Depth} deep");
    }

    public void Leave() => _depth--;

    private void RequireDepth(JinjaValue value)
    {
        if (value.Depth > JinjaLimits.Depth)
            throw new JinjaException(JinjaError.Limit, Line, $"A value nests more than {JinjaLimits.Depth} deep");
    }

    private void Spend(int steps)
    {
        _steps -= steps;
        if (_steps < 0)
            throw new JinjaException(JinjaError.Limit, Line, $"The rendering takes more than {JinjaLimits.Steps} steps");
    }
}
