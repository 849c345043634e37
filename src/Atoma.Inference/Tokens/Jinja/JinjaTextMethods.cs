namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Methods of texts, as Python's str has them.</summary>
internal static class JinjaTextMethods
{
    public static readonly IReadOnlyDictionary<string, Func<MarkedText, JinjaCall, JinjaValue>> All = new Dictionary<string, Func<MarkedText, JinjaCall, JinjaValue>>(StringComparer.Ordinal)
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
        ["isdigit"] = (t, c) => Every(t, c, char.IsDigit),
        ["isalpha"] = (t, c) => Every(t, c, char.IsLetter),
        ["isalnum"] = (t, c) => Every(t, c, char.IsLetterOrDigit),
        ["isspace"] = (t, c) => Every(t, c, PythonText.IsSpace),
        ["isupper"] = (t, c) => BooleanValue.Of(t.Text.Any(char.IsUpper) && !t.Text.Any(char.IsLower)),
        ["islower"] = (t, c) => BooleanValue.Of(t.Text.Any(char.IsLower) && !t.Text.Any(char.IsUpper)),
    };

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

    private static BooleanValue Every(MarkedText text, JinjaCall call, Func<char, bool> holds)
    {
        call.Budget.Characters(text.Length);
        return BooleanValue.Of(text.Length > 0 && text.Text.All(holds));
    }
}
