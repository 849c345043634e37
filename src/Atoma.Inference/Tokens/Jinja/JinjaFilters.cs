using System.Globalization;

namespace Atoma.Inference.Tokens.Jinja;

/// <summary>Filters on single values; those on sequences are in <see cref="JinjaSequenceFilters"/>.</summary>
internal static class JinjaFilters
{
    private static readonly Dictionary<string, Func<JinjaValue, JinjaCall, JinjaValue>> Filters = new(StringComparer.Ordinal)
    {
        ["trim"] = (v, c) => c.Budget.Text(JinjaTexts.Strip(Text(v, c), c.NextText("chars")?.Text, start: true, end: true)),
        ["upper"] = (v, c) => c.Budget.Text(JinjaTexts.Upper(Text(v, c), c.Budget)),
        ["lower"] = Lower,
        ["title"] = (v, c) => c.Budget.Text(Title(Text(v, c))),
        ["capitalize"] = (v, c) => c.Budget.Text(JinjaTexts.Capitalise(Text(v, c), eachWord: false)),
        ["string"] = (v, c) => v as TextValue ?? c.Budget.Text(Text(v, c)),
        ["safe"] = (v, c) => new TextValue(Text(v, c), isMarkup: true),
        ["escape"] = Escape,
        ["e"] = Escape,
        ["replace"] = (v, c) => c.Budget.Text(JinjaTexts.Replace(Text(v, c), Text(c.Require("old"), c).Text, Text(c.Require("new"), c), c.NextInteger("count") ?? -1, c.Budget)),
        ["indent"] = Indent,
        ["format"] = (v, c) => JinjaFormat.Percent(Text(v, c), c.Rest(), c.Budget),
        ["default"] = Default,
        ["d"] = Default,
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["abs"] = (v, c) => v is FloatValue f ? new FloatValue(Math.Abs(f.Value)) : v is IntegerValue i && i.Value != long.MinValue ? new IntegerValue(Math.Abs(i.Value)) : throw c.Fault("wants a number"),
        ["tojson"] = ToJson,
    };

    /// <summary>Null when there is none of this name.</summary>
    public static JinjaFunction? Find(string name) =>
        Filters.TryGetValue(name, out var filter) || JinjaSequenceFilters.All.TryGetValue(name, out filter) ? call => Run(filter, call) : null;

    private static JinjaValue Run(Func<JinjaValue, JinjaCall, JinjaValue> filter, JinjaCall call)
    {
        var result = filter(call.Require("value"), call);
        call.End();
        return result;
    }

    /// <summary>Filters on texts take str(value) of anything.</summary>
    private static MarkedText Text(JinjaValue value, JinjaCall call) => PythonText.Of(value, call.Budget);

    private static TextValue Lower(JinjaValue value, JinjaCall call)
    {
        var text = Text(value, call);
        return call.Budget.Text(text.With(text.Text.ToLowerInvariant()));
    }

    private static TextValue Escape(JinjaValue value, JinjaCall call) =>
        new(JinjaOperators.Escaped(value as TextValue ?? new TextValue(Text(value, call)), call.Budget), isMarkup: true);

    /// <summary>The filter, unlike the method, starts words after blanks, hyphens and brackets only.</summary>
    private static MarkedText Title(MarkedText text)
    {
        var characters = text.Text.ToCharArray();
        for (var i = 0; i < characters.Length; i++)
        {
            var starts = i == 0 || PythonText.IsSpace(characters[i - 1]) || characters[i - 1] is '-' or '(' or '{' or '[' or '<';
            characters[i] = starts ? char.ToUpperInvariant(characters[i]) : char.ToLowerInvariant(characters[i]);
        }

        return text.With(new string(characters));
    }

    private static TextValue Indent(JinjaValue value, JinjaCall call)
    {
        var margin = call.Next("width") switch
        {
            null => MarkedText.Template("    "),
            TextValue text => text.Text,
            IntegerValue { Value: >= 0 and <= JinjaLimits.TextCharacters } width => MarkedText.Template(new string(' ', (int)width.Value)),
            _ => throw call.Fault("wants a width or a text"),
        };
        var (first, blank) = (call.NextTruth("first"), call.NextTruth("blank"));
        var lines = JinjaTexts.Lines(Text(value, call) + MarkedText.Template("\n"), keepEnds: false, call.Budget).Items.Select(l => ((TextValue)l).Text).ToArray();
        var indented = lines.Select((line, i) => (i == 0 ? first : blank || line.Length > 0) ? margin + line : line);
        return call.Budget.Text(JinjaTexts.Join(MarkedText.Template("\n"), indented, call.Budget));
    }

    private static JinjaValue Default(JinjaValue value, JinjaCall call)
    {
        var otherwise = call.Next("default_value") ?? TextValue.Empty;
        var alsoForFalse = call.NextTruth("boolean");
        return value is UndefinedValue || (alsoForFalse && !value.IsTrue) ? otherwise : value;
    }

    private static JinjaValue ToInteger(JinjaValue value, JinjaCall call)
    {
        var otherwise = call.Next("default") ?? new IntegerValue(0);
        if (call.NextInteger("base") is { } radix and not 10)
            throw new JinjaException(JinjaError.Unknown, call.Budget.Line, $"Numbers to the base {radix} are not offered");
        return value switch
        {
            IntegerValue => value,
            BooleanValue => new IntegerValue(value.IsTrue ? 1 : 0),
            FloatValue { Value: > long.MinValue and < long.MaxValue } number => new IntegerValue((long)number.Value),
            TextValue text when long.TryParse(text.Text.Text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => new IntegerValue(whole),
            TextValue text when double.TryParse(text.Text.Text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) < long.MaxValue => new IntegerValue((long)real),
            _ => otherwise,
        };
    }

    private static JinjaValue ToFloat(JinjaValue value, JinjaCall call)
    {
        var otherwise = call.Next("default") ?? new FloatValue(0);
        if (PythonOrder.TryNumber(value, out var number))
            return new FloatValue(number);
        return value is TextValue text && double.TryParse(text.Text.Text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) ? new FloatValue(number) : otherwise;
    }

    /// <summary>transformers' own: json.dumps with ensure_ascii off.</summary>
    private static TextValue ToJson(JinjaValue value, JinjaCall call)
    {
        var ascii = call.NextTruth("ensure_ascii");
        var indent = call.Next("indent") switch
        {
            null or NoneValue => null,
            IntegerValue { Value: >= 0 and <= 64 } width => new string(' ', (int)width.Value),
            TextValue text => text.Text.Text,
            _ => throw call.Fault("wants an indent of 0 to 64"),
        };
        var layout = new JsonLayout { AsciiOnly = ascii, Indent = indent, ItemSeparator = indent is null ? ", " : "," };
        if (call.Next("separators") is ListValue { Items: [TextValue item, TextValue key] })
            layout = layout with { ItemSeparator = item.Text.Text, KeySeparator = key.Text.Text };
        layout = layout with { SortKeys = call.NextTruth("sort_keys") };
        return call.Budget.Text(PythonJson.Write(value, layout, call.Budget));
    }
}
