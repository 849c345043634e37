namespace Atoma.Inference.Tokens.Jinja;

/// <summary>What can be walked through.</summary>
internal static class JinjaSequences
{
    /// <summary>Items of a list, keys of a dictionary, characters of a text, nothing of what is undefined.</summary>
    public static IReadOnlyList<JinjaValue> Of(JinjaValue value, JinjaBudget budget)
    {
        IReadOnlyList<JinjaValue> items = value switch
        {
            ListValue list => list.Walk(),
            DictionaryValue dictionary => [.. dictionary.Entries.Select(e => e.Key)],
            TextValue text => Characters(text.Text, budget),
            UndefinedValue => [],
            _ => throw JinjaOperators.Fault(budget, $"A value of type {value.TypeName} cannot be walked through"),
        };
        budget.Items(items.Count);
        return items;
    }

    public static bool CanWalk(JinjaValue value) => value is ListValue or DictionaryValue or TextValue or UndefinedValue;

    public static ListValue Entries(DictionaryValue dictionary, ListKind kind, JinjaBudget budget) =>
        budget.List([.. dictionary.Entries.Select(e => new ListValue([e.Key, e.Item], ListKind.Tuple))], kind);

    public static int Count(JinjaValue value, JinjaBudget budget) => value switch
    {
        TextValue text => PythonText.Count(text.Text.Text),
        ListValue { Kind: not ListKind.Generator } list => list.Items.Count,
        DictionaryValue dictionary => dictionary.Entries.Count,
        UndefinedValue => 0,
        _ => throw JinjaOperators.Fault(budget, $"A value of type {value.TypeName} has no length"),
    };

    private static List<JinjaValue> Characters(MarkedText text, JinjaBudget budget)
    {
        budget.Items(PythonText.Count(text.Text));
        var characters = new List<JinjaValue>();
        for (var at = 0; at < text.Length;)
        {
            var width = at + 1 < text.Length && char.IsSurrogatePair(text.Text[at], text.Text[at + 1]) ? 2 : 1;
            characters.Add(new TextValue(text.Slice(at, width)));
            at += width;
        }

        return characters;
    }
}
